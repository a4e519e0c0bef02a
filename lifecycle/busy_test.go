package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// Busy processors keep no phase from ending (DRAIN-2). The bound is generous enough
// for a busy machine; a benchmark measures the time.
func TestBusyProcessorsDoNotDelayTheEndOfDraining(t *testing.T) {
	for name, force := range map[string]bool{"forced": true, "drain timeout": false} {
		t.Run(name, func(t *testing.T) {
			var stop atomic.Bool
			defer stop.Store(true)
			signals := make(chan os.Signal, 2)
			var ended, hook time.Time
			opts := []lifecycle.Option{lifecycle.WithSignalSource(signals), lifecycle.WithLogger(quiet)}
			if !force {
				opts = append(opts, lifecycle.WithDrainTimeout(300*time.Millisecond))
			}
			err := lifecycle.Run(func(ctx context.Context) error {
				lifecycle.OnShutdown(ctx, func() error { hook = time.Now(); return nil })
				for range 2 {
					group := lifecycle.DrainGroup(ctx)
					for range 2 * runtime.GOMAXPROCS(0) {
						group.Go(func() {
							for !stop.Load() {
							}
						})
					}
				}
				signals <- os.Interrupt
				<-ctx.Done()
				ended = time.Now().Add(300 * time.Millisecond)
				time.Sleep(time.Until(ended))
				if force {
					ended = time.Now()
					signals <- os.Interrupt
				}
				return nil
			}, opts...)
			want := lifecycle.ErrDrainTimeout
			if force {
				want = lifecycle.ErrForced
			}
			if late := hook.Sub(ended); !errors.Is(err, want) || late > 5*time.Second {
				t.Errorf("the first hook began %v after the end of Draining; Run returned %v", late, err)
			}
		})
	}
}
