package lifecycle_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/lifecycle"
)

// Whatever the functions do and when, the hook begins when all three have returned,
// or after the wait for the cut; no error is lost or reported twice.
func TestServeFuncRandomized(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Each duration has a low bit of its own, so that no two sums are equal.
		draw := func(name string, bit int) time.Duration {
			ms := rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 200), rapid.IntRange(1, 30_000)).Draw(rt, name)
			return time.Duration(ms)*time.Millisecond + 1<<bit
		}
		stop, early := draw("stop", 0), draw("serve's early end", 1)
		serving, stopping, closing := draw("serve", 2), draw("shutdown", 3), draw("closeNow", 4)
		drain, shut := draw("drain timeout", 5), draw("shutdown timeout", 6)
		fails := rapid.Bool().Draw(rt, "fails")
		isEarly := early < stop
		cancel := min(stop, early)

		// What has to come of it.
		cut := cancel + drain
		ended := max(cancel, cancel+stopping)
		if !isEarly {
			ended = max(ended, cancel+serving)
		}
		isCut := ended > cut
		if isCut {
			ended = max(ended, cut+closing)
		}
		hookAt := ended
		if patience := min(100*time.Millisecond, shut/10); isCut {
			hookAt = min(ended, cut+patience)
		}

		rapid.SyncTest(rt, func(rt *rapid.T) {
			began := time.Now()
			var hook time.Duration
			var closed atomic.Int64
			err := lifecycle.Run(func(ctx context.Context) error {
				lifecycle.OnShutdown(ctx, func() error { hook = time.Since(began); return nil })
				time.AfterFunc(stop, func() { lifecycle.Stop(ctx, nil) })
				return lifecycle.ServeFunc(ctx, func() error {
					select {
					case <-time.After(early):
					case <-ctx.Done():
						time.Sleep(serving)
					}
					if fails {
						return errBoom
					}
					return nil
				}, func(context.Context) error { time.Sleep(stopping); return nil }, func() error {
					closed.Store(int64(time.Since(began)))
					time.Sleep(closing)
					return nil
				})
			}, lifecycle.WithSignals(), lifecycle.WithDrainTimeout(drain), lifecycle.WithShutdownTimeout(shut), lifecycle.WithReturnGrace(0))
			if hook != hookAt {
				rt.Errorf("the hook began at %v, want %v", hook, hookAt)
			}
			if isCut != errors.Is(err, lifecycle.ErrDrainTimeout) || isCut != (time.Duration(closed.Load()) == cut) || !isCut && closed.Load() != 0 {
				rt.Errorf("cut %v: Run returned %v, closeNow was called at %v", isCut, err, time.Duration(closed.Load()))
			}
			known := isEarly || cancel+serving < hookAt // else serve was abandoned
			if n := leaves(err, errBoom); known && n != map[bool]int{true: 1}[fails] {
				rt.Errorf("serve fails %v, %d times in %v", fails, n, err)
			}
			time.Sleep(2 * time.Minute) // what was abandoned
			synctest.Wait()
		})
	})
}
