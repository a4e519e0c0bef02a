package checks

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// named returns the check that every function of this package returns: it
// fails when ctx is done already, and puts what was tried before the error and,
// where the error does not tell, the end of ctx after it.
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

// over is why ctx is done. A connection that has its deadline may notice it a
// moment before ctx does.
func over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// bad returns the check for an argument that makes no sense.
func bad(format string, args ...any) func(ctx context.Context) error {
	err := fmt.Errorf("checks: "+format, args...)
	return func(context.Context) error { return err }
}

// size is n bytes as a person reads them, and as they are.
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
