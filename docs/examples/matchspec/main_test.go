package main

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/docs/child"
)

var programs child.Programs

func TestMain(m *testing.M) {
	// The children are waited for most of the time.
	flag.Parse()
	_ = flag.Set("test.parallel", "8")
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		programs.Remove()
		os.Exit(code)
	}))
}
