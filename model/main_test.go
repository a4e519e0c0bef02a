package model

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/internal/race"
)

// The model is a pure function: nothing that it is asked may leave a
// goroutine behind. It is also cheap, so each property is tried two thousand
// times, under the race detector a hundred times, unless -rapid.checks says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given && !race.Enabled {
		if err := flag.Set("rapid.checks", "2000"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// notUnderRace skips a test that takes long: the race detector has nothing to find
// where there is one goroutine.
func notUnderRace(t *testing.T) {
	t.Helper()
	if race.Enabled {
		t.Skip("there is one goroutine")
	}
}
