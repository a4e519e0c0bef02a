package checks

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// named wraps a check: it fails if ctx is already done, prefixes errors with what was
// tried, and appends the error of ctx if the error does not include that.
func named(what string, check func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if done := over(ctx); done != nil {
			return fmt.Errorf("checks: %s: %w", what, done)
		}
		err := check(ctx)
		if err == nil {
			return nil
		}
		if done := over(ctx); done != nil && !errors.Is(err, done) {
			return fmt.Errorf("checks: %s: %w (%w)", what, err, done)
		}
		return fmt.Errorf("checks: %s: %w", what, err)
	}
}

// over returns why ctx is done, or nil. A connection with the same deadline may notice
// that a moment before ctx does.
func over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// bad returns the check for an invalid argument, which always fails.
func bad(format string, args ...any) func(ctx context.Context) error {
	err := fmt.Errorf("checks: "+format, args...)
	return func(context.Context) error { return err }
}

// size formats n bytes with a unit and exactly.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 {
		value /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB (%d bytes)", value, units[unit], n)
}
