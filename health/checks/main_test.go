package checks_test

import (
	"context"
	"errors"
	"io"
	"log"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type check = func(ctx context.Context) error

func expectPass(t *testing.T, c check) {
	t.Helper()
	if err := c(t.Context()); err != nil {
		t.Errorf("want a pass, got %q", err)
	}
}

// expectFailure holds the error to every part of its text.
func expectFailure(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("want an error with %q, got a pass", parts)
	}
	for _, part := range append(parts, "checks: ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("want %q in the error, got %q", part, err)
		}
	}
}

func expectIs(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("want an error that is %q, got %q", target, err)
	}
}

func receive(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(30 * time.Second):
		t.Fatal("waited 30 s for nothing")
	}
}

// quiet is for the servers of tests, which log what clients do to them.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
