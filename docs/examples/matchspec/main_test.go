package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/docs/child"
)

var programs child.Programs

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		programs.Remove()
		os.Exit(code)
	}))
}
