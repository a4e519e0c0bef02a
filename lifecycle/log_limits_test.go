package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// STATE-4: what a logger does while it writes a record is logged once, but not what
// it does while it writes that.
func TestCallsOfALoggerAreLoggedOnce(t *testing.T) {
	for name, after := range map[string]bool{"while the log has its own goroutine": false, "after Run": true} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				var run atomic.Pointer[context.Context]
				var refused atomic.Int32
				log := &recursiveLogger{library: func(err error) {
					if strings.Contains(err.Error(), "refused") {
						refused.Add(1)
						_, _ = lifecycle.Track(*run.Load())
					}
				}}
				track := func(ctx context.Context) {
					run.Store(&ctx)
					_, _ = lifecycle.Track(ctx)
				}
				var ended context.Context
				_ = lifecycle.Run(func(ctx context.Context) error {
					ended = ctx
					lifecycle.OnShutdown(ctx, func() error {
						if !after {
							track(ctx)
							sleep(1)
						}
						return nil
					})
					return nil
				}, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(log)))
				if after {
					track(ended)
				}
				if n := refused.Load(); n != 2 {
					t.Errorf("%d records, want one for the call and one for that of the logger", n)
				}
			})
		})
	}
}

// STATE-4: of one call site the first hundred records, and then fewer and fewer.
func TestRecordsOfOneCallSiteAreLimited(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				for range 300 {
					_, _ = lifecycle.Track(ctx)
				}
				lifecycle.Go(ctx, goexit) // another call site
				return nil
			})
			return nil
		})
		var all, numbered []string
		for line := range strings.SplitSeq(w.log.String(), "\n") {
			if strings.Contains(line, "tracked work refused") {
				all = append(all, line)
			}
			if _, number, found := strings.Cut(line, "records_of_this_place="); found {
				numbered = append(numbered, number)
			}
		}
		if len(all) != 102 || fmt.Sprint(numbered) != "[128 256]" {
			t.Errorf("%d records, of which %v have numbers; want 100, and the 128th and the 256th", len(all), numbered)
		}
		w.expectLog("ERROR", "task refused")
	})
}

// STATE-4: a logger that fails loses the record, and no other.
func TestLoggerThatFailsWritesTheNextRecord(t *testing.T) {
	for name, fail := range map[string]func(){
		"panics":       func() { panic("boom") },
		"calls Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				log := &recursiveLogger{library: func(err error) {
					w.note("%v", err)
					if strings.Contains(err.Error(), "draining") {
						fail()
					}
				}}
				err := lifecycle.Run(func(ctx context.Context) error { return nil }, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(log)))
				if err != nil {
					t.Errorf("Run returned %v", err)
				}
				w.expect("0s lifecycle: running", "0s lifecycle: draining", "0s lifecycle: hooks", "0s lifecycle: stopped")
			})
		})
	}
}

// levels is a handler that is enabled for errors alone.
type levels struct{ *logRecorder }

func (levels) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func TestOnlyLevelsThatAreEnabledAreWritten(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := lifecycle.Run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { return errBoom })
			return nil
		}, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(levels{w.log})))
		if !errors.Is(err, errBoom) {
			t.Errorf("Run returned %v", err)
		}
		w.expectLog("ERROR", "hook failed")
		w.expectNoLog("INFO")
	})
}

// The log's handler gets the values of the run's context.
func TestTheLoggerGetsTheValuesOfTheContext(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		log := &contextLog{}
		_ = lifecycle.Run(func(context.Context) error { return nil }, lifecycle.WithSignalSource(w.signals), lifecycle.WithLogger(slog.New(log)),
			lifecycle.WithContext(context.WithValue(context.Background(), worldKey{}, "value")))
		if fmt.Sprint(log.values) != "[value value value value]" {
			t.Errorf("the contexts have %v", log.values)
		}
	})
}

// contextLog keeps a value of each record's context.
type contextLog struct {
	logRecorder
	values []any
}

func (l *contextLog) Handle(ctx context.Context, _ slog.Record) error {
	l.values = append(l.values, ctx.Value(worldKey{}))
	return nil
}
