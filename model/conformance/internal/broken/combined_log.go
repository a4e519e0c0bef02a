package broken

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// logCombinedCases are wrong about the records of what is rare.
func logCombinedCases() []Case {
	return []Case{
		wrong("at_most leaves out the drain delay", "LOG-1", func(i *impl) {
			onDelayed(i, func(r slog.Record, delay time.Duration) slog.Record {
				return changedAttrs(r, func(a slog.Attr) slog.Attr {
					if d, err := time.ParseDuration(a.Value.String()); a.Key == "at_most" && err == nil && attr(r, "to") == "draining" {
						return slog.String(a.Key, (d - delay).String())
					}
					return a
				})
			})
		}),
		wrong("with a drain delay the log does not name the call site of Stop", "LOG-1", func(i *impl) {
			onDelayed(i, func(r slog.Record, _ time.Duration) slog.Record { return withoutAttr(r, "at") })
		}),
		wrong("an interrupt in a drain delay is logged like any signal", "LOG-2", func(i *impl) {
			onDelayed(i, func(r slog.Record, _ time.Duration) slog.Record { return withoutAttr(r, "hint") })
		}),
		wrong("what is waited for does not count groups", "LOG-1", func(i *impl) { uncounted(i, "group") }),
		wrong("what is waited for does not count requests", "LOG-1", func(i *impl) { uncounted(i, "request") }),
		wrong("what is waited for leaves out one of a kind", "LOG-1", func(i *impl) { uncounted(i, "1 ") }),
		wrong("at_most overflows", "LOG-1", func(i *impl) {
			onAttr(i, "at_most", func(a slog.Attr) slog.Attr {
				if _, err := time.ParseDuration(a.Value.String()); err != nil {
					return slog.String(a.Key, (-time.Second).String())
				}
				return a
			})
		}),
		wrong("the log does not say why main has failed", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if attr(r, "event") == "main_exited" {
					r = withoutAttr(r, "cause")
				}
				write(r)
			})
		}),
		wrong("the record of a timeout has an event of its own", "LOG-1", func(i *impl) {
			onAttr(i, "event", func(a slog.Attr) slog.Attr {
				if strings.HasSuffix(a.Value.String(), "timed_out") {
					return slog.String(a.Key, "timeout")
				}
				return a
			})
		}),
		wrong("the record of a stop while starting says that it was running", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if attr(r, "to") == "draining" {
					r = changedAttrs(r, func(a slog.Attr) slog.Attr {
						if a.Key == "from" {
							return slog.String(a.Key, "running")
						}
						return a
					})
				}
				write(r)
			})
		}),
		wrong("warnings about a long start go on after a stop", "LOG-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				log := s.Logger
				if main == nil || log == nil || !s.ManualStart {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					context.AfterFunc(ctx, func() {
						time.Sleep(time.Minute)
						log.Warn("still starting", "at", "main")
					})
					return main(ctx)
				}, s)
			})
		}),
	}
}

// onDelayed has f change the records of the runs that have a drain delay.
func onDelayed(i *impl, f func(r slog.Record, delay time.Duration) slog.Record) {
	onSettings(i, func(s *settings) {
		if delay := s.Delay; delay > 0 && s.Logger != nil {
			s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) { write(f(r, delay)) }})
		}
	})
}

// withoutAttr returns a record without an attribute.
func withoutAttr(r slog.Record, key string) slog.Record {
	return changedAttrs(r, func(a slog.Attr) slog.Attr {
		if a.Key == key {
			return slog.Attr{}
		}
		return a
	})
}

// uncounted leaves a kind of work out of what is waited for.
func uncounted(i *impl, kind string) {
	onAttr(i, "waits_for", func(a slog.Attr) slog.Attr {
		var kept []string
		for part := range strings.SplitSeq(a.Value.String(), ", ") {
			if !strings.Contains(" "+part, " "+kind) {
				kept = append(kept, part)
			}
		}
		return slog.String(a.Key, strings.Join(kept, ", "))
	})
}
