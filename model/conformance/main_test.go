package conformance_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/greynewell/mist-go/internal/race"
)

func TestMain(m *testing.M) {
	// The children wait for signals and timeouts half of their time.
	flag.Parse()
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	os.Exit(m.Run())
}

// notUnderRace skips a test of what is said about an implementation: that does not
// depend on the race detector, which watches this module's own in TestConformance.
func notUnderRace(t *testing.T) {
	t.Helper()
	if race.Enabled {
		t.Skip("the verdict is the same without the race detector, in a fifth of the time")
	}
}
