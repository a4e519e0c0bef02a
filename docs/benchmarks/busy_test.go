package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// cut is a life whose work never ends, but spins on every core, twice over. It
// is ended by a forcing signal, or by its drain timeout of half a second, and
// returns how much later its first hook began.
func cut(force bool) (late time.Duration, err error) {
	var over atomic.Bool
	defer over.Store(true)
	signals := make(chan os.Signal, 2)
	var ended, hook time.Time
	err = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { hook = time.Now(); return nil })
		for range 2 {
			group := lifecycle.DrainGroup(ctx)
			for range runtime.GOMAXPROCS(0) {
				group.Go(func() {
					for !over.Load() {
					}
				})
			}
		}
		signals <- os.Interrupt
		<-ctx.Done()
		ended = time.Now().Add(500 * time.Millisecond)
		time.Sleep(time.Until(ended))
		if force {
			ended = time.Now()
			signals <- os.Interrupt
		}
		return nil
	}, append(quiet, lifecycle.WithSignalSource(signals), lifecycle.WithDrainTimeout(limit(force)))...)
	if !errors.Is(err, lifecycle.ErrForced) && !errors.Is(err, lifecycle.ErrDrainTimeout) {
		return 0, fmt.Errorf("Run returned %w", err)
	}
	return hook.Sub(ended), nil
}

func limit(force bool) time.Duration {
	if force {
		return time.Hour
	}
	return 500 * time.Millisecond
}

// BenchmarkBusy is how long after the end of Draining the first hook begins,
// at the worst, beside 2 × GOMAXPROCS goroutines that spin.
func BenchmarkBusy(b *testing.B) {
	for name, force := range map[string]bool{"forced": true, "timeout": false} {
		b.Run(name, func(b *testing.B) {
			worst := time.Duration(0)
			for range b.N {
				late, err := cut(force)
				if err != nil {
					b.Fatal(err)
				}
				worst = max(worst, late)
			}
			b.ReportMetric(float64(worst)/float64(time.Millisecond), "ms-late")
		})
	}
}

// BenchmarkSnapshot is what a snapshot takes beside so many tasks.
func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{10_000, 300_000} {
		b.Run(fmt.Sprintf("tasks=%d", n), func(b *testing.B) {
			ctx := running(b)
			release := make(chan struct{})
			defer close(release)
			var begun sync.WaitGroup
			for range n {
				begun.Add(1)
				lifecycle.Go(ctx, func(context.Context) error { begun.Done(); <-release; return nil })
			}
			begun.Wait()
			source, _ := fsm.FromContext(ctx)
			snapshots := source.(interface{ Snapshot() lifecycle.Snapshot })
			runtime.GC() // the goroutines are not what is measured
			b.ResetTimer()
			for range b.N {
				if s := snapshots.Snapshot(); s.TaskCount != n {
					b.Fatalf("%d tasks", s.TaskCount)
				}
			}
		})
	}
}

func TestALifeThatIsCutEndsAsItShould(t *testing.T) {
	if _, err := cut(true); err != nil {
		t.Error(err)
	}
}
