package systemd_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes this test binary the process under test.
const childVariable = "SYSTEMD_TEST_CHILD"

var child func() int

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}
