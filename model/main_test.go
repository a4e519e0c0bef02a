package model

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// The model is a pure function: nothing that it is asked may leave a
// goroutine behind. It is also cheap, so each property is tried two thousand
// times unless -rapid.checks says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "2000"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
