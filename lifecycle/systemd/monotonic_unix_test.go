//go:build unix

package systemd_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// monotonicUsec is the time that systemd takes when it sends SIGHUP.
func monotonicUsec(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano() / 1000
}
