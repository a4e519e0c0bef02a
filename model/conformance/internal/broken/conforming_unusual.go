package broken

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance"
)

// unusualVariants say the same as this module does, in ways that few would choose.
func unusualVariants() []variant {
	return []variant{
		{"gives no time of its steps", "STATE RUN", func(i *impl) {
			onSettings(i, func(s *settings) {
				if observe := s.Observe; observe != nil {
					s.Observe = func(step conformance.Step) {
						step.At = time.Time{}
						observe(step)
					}
				}
			})
		}},
		{"shows the stack of a panic in its error", "RUN DRAIN HOOK", func(i *impl) {
			onEachError(i, func(err error) error {
				if p := (*lifecycle.PanicError)(nil); holdsItself(err, 0) == nil && errors.As(err, &p) {
					return reworded{err, fmt.Sprintf("%v\n\n%s", err, debug.Stack())}
				}
				return err
			})
		}},
		{"numbers its records", "LOG STATE DRAIN HOOK", func(i *impl) {
			var n atomic.Int64
			onLines(i, func(line string) string { return fmt.Sprintf("%s number=%d", line, n.Add(1)) })
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				r = r.Clone()
				r.AddAttrs(slog.Int64("number", n.Add(1)), slog.Group("process", slog.Int("pid", 4711)))
				write(r)
			})
		}},
		{"writes durations in milliseconds", "LOG", func(i *impl) {
			for _, key := range []string{"elapsed", "at_most"} {
				onAttr(i, key, func(a slog.Attr) slog.Attr {
					if d, err := time.ParseDuration(a.Value.String()); err == nil {
						return slog.String(key, fmt.Sprintf("%.3fms", float64(d)/1e6))
					}
					return a
				})
			}
		}},
		{"writes the time of records in another zone, to the microsecond", "LOG", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				r.Time = r.Time.Round(0).In(time.FixedZone("elsewhere", -7200)).Truncate(time.Microsecond)
				write(r)
			})
		}},
		{"wraps the cause of a stop", "RUN DRAIN SIG", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
				wrap := func() {
					if cause := context.Cause(ctx); cause == context.Canceled {
						cancel(nil)
					} else {
						cancel(fmt.Errorf("the service stops: %w", cause))
					}
				}
				if ctx.Err() != nil {
					wrap()
				}
				context.AfterFunc(ctx, wrap)
				return main(below)
			})
		}},
		{"names what is busy in another order", "DRAIN", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) {
				e.Groups, e.Tasks = slices.Clone(e.Groups), slices.Clone(e.Tasks)
				slices.Reverse(e.Groups)
				slices.Reverse(e.Tasks)
			})
		}},
		{"speaks of interrupts after every stop", "LOG", hinted("an interrupt (Ctrl-C) ends the phase, and a further one the next")},
		{"takes its time over every other call of MarkStarted", "RUN", func(i *impl) {
			var n atomic.Int64
			mark := i.MarkStarted
			i.MarkStarted = func(ctx context.Context) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if mark(ctx); n.Add(1)%2 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		}},
		{"asks WithCleanError several times", "RUN", func(i *impl) {
			onSettings(i, func(s *settings) {
				if is := s.CleanError; is != nil {
					s.CleanError = func(err error) bool { _ = is(err); return is(err) }
				}
			})
		}},
	}
}
