package broken

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// lateDrainCases are wrong in the warnings and records at the end of Draining and of the
// return grace.
func lateDrainCases() []Case {
	return []Case{
		wrongPlain("at most two groups that are made while draining are waited for", "DRAIN-3", func(i *impl) {
			type madeKey struct{}
			beforeMain(i, func(ctx context.Context, main task) error {
				return main(context.WithValue(ctx, madeKey{}, new(atomic.Int64)))
			})
			group := i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				made, ok := ctx.Value(madeKey{}).(*atomic.Int64)
				if ok && ctx.Err() != nil && made.Add(1) > 2 {
					return new(sync.WaitGroup)
				}
				return group(ctx)
			}
		}).mayBreak("DRAIN-2"), // nothing is left that the drain timeout could cut
		wrong("requests are not counted in the error when a signal forces", "DRAIN-2", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					if errors.Is(err, lifecycle.ErrForced) && strings.Contains(err.Error(), "request") {
						all[n] = forcedText{requestCount.ReplaceAllString(err.Error(), "requests")}
					}
				}
				return all
			})
		}),
		wrong("there is no warning when the grace is over", "DRAIN-4", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if !strings.Contains(line, "no longer waited for") {
					log(level, line)
				}
			})
		}),
		wrong("the warning when the grace is over does not name the remedy", "DRAIN-4", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if strings.Contains(line, "no longer waited for") {
					line = "main is no longer waited for"
				}
				log(level, line)
			})
		}),
		wrong("with manual start a parent that has ended is noticed after main has begun", "RUN-12", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || !s.ManualStart || isPlay(s) || s.Parent == nil || s.Parent.Err() == nil {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					live, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
					time.AfterFunc(time.Millisecond, func() { cancel(context.Cause(ctx)) })
					return main(live)
				}, s)
			})
		}),
		wrong("a logger is asked what it is enabled for as main ends", "STATE-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Logger == nil {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					err := main(ctx)
					s.Logger.Enabled(ctx, slog.LevelDebug)
					return err
				}, s)
			})
		}),
		wrong("the timeout of an abandoned late hook is a number", "LOG-1", func(i *impl) {
			onAttr(i, "timeout", asNumber)
		}),
		wrong("how long a start has lasted is a number", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				write(changedAttrs(r, func(a slog.Attr) slog.Attr {
					if a.Key == "elapsed" && attr(r, "to") == "" {
						return asNumber(a)
					}
					return a
				}))
			})
		}),
		wrong("the source of the record of a failed hook is the call of Run", "LOG-1", func(i *impl) {
			onSource(i, func(r slog.Record, run uintptr) uintptr {
				if strings.HasSuffix(r.Message, "hook failed") {
					return run
				}
				return r.PC
			})
		}),
	}
}

func asNumber(a slog.Attr) slog.Attr {
	d, _ := time.ParseDuration(a.Value.String())
	return slog.Duration(a.Key, d)
}

// forcedText is a forced end with another text.
type forcedText struct{ text string }

// Error returns that.
func (e forcedText) Error() string { return e.text }

// Unwrap returns what it is.
func (forcedText) Unwrap() error { return lifecycle.ErrForced }

var requestCount = regexp.MustCompile(`[0-9]+ requests?`)
