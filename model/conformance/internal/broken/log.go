package broken

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// recorder is a slog.Handler that has each record changed: f is given it, and
// what it hands to write is what is written.
type recorder struct {
	slog.Handler
	f func(r slog.Record, write func(slog.Record))
}

// Handle writes what f makes of a record.
func (h recorder) Handle(ctx context.Context, r slog.Record) (err error) {
	h.f(r, func(r slog.Record) {
		if h.Enabled(ctx, r.Level) { // which f may have changed
			err = h.Handler.Handle(ctx, r)
		}
	})
	return err
}

// unasked is a slog.Handler that is given every record, enabled or not.
type unasked struct{ slog.Handler }

// Enabled is always true.
func (unasked) Enabled(context.Context, slog.Level) bool { return true }

// contextless is a slog.Handler that is given no context.
type contextless struct{ slog.Handler }

// Handle passes a record on.
func (h contextless) Handle(_ context.Context, r slog.Record) error {
	var none context.Context
	return h.Handler.Handle(none, r)
}

// onRecord has f change what is written to the logger of each run that is given
// one.
func onRecord(i *impl, f func(r slog.Record, write func(slog.Record))) {
	onSettings(i, func(s *settings) {
		if s.Logger != nil {
			s.Logger = slog.New(recorder{s.Logger.Handler(), f})
		}
	})
}

// changedAttrs returns a record whose attributes f has changed. One that f makes
// empty is left out.
func changedAttrs(r slog.Record, f func(a slog.Attr) slog.Attr) slog.Record {
	changed := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a = f(a); !a.Equal(slog.Attr{}) {
			changed.AddAttrs(a)
		}
		return true
	})
	return changed
}

// onAttr is onRecord for the attributes of a name.
func onAttr(i *impl, key string, f func(a slog.Attr) slog.Attr) {
	onRecord(i, func(r slog.Record, write func(slog.Record)) {
		write(changedAttrs(r, func(a slog.Attr) slog.Attr {
			if a.Key == key {
				return f(a)
			}
			return a
		}))
	})
}

// attr returns the text of an attribute of a record.
func attr(r slog.Record, key string) (text string) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			text = a.Value.String()
		}
		return text == ""
	})
	return text
}

func without(slog.Attr) slog.Attr { return slog.Attr{} }

func logCases() []Case {
	return []Case{
		wrong("a duration in the log is a number", "LOG-1", func(i *impl) {
			onAttr(i, "elapsed", func(a slog.Attr) slog.Attr {
				d, _ := time.ParseDuration(a.Value.String())
				return slog.Duration(a.Key, d)
			})
		}),
		wrong("only the limit of draining is a number", "LOG-1", func(i *impl) {
			onAttr(i, "at_most", func(a slog.Attr) slog.Attr {
				d, _ := time.ParseDuration(a.Value.String())
				return slog.Int64(a.Key, int64(d))
			})
		}),
		wrong("a logger gets records that it is not enabled for", "LOG-1", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger != nil {
					s.Logger = slog.New(unasked{s.Logger.Handler()})
				}
			})
		}),
		wrong("a logger's handler is given no context", "LOG-1 LOG-2", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger != nil {
					s.Logger = slog.New(contextless{s.Logger.Handler()})
				}
			})
		}),
		wrong("the log does not name the call site of Stop", "LOG-1", func(i *impl) { onAttr(i, "at", without) }),
		wrong("the log does not say why the service stops", "LOG-1", func(i *impl) { onAttr(i, "cause", without) }),
		wrong("what is waited for is counted after the cancel", "LOG-1", func(i *impl) {
			onAttr(i, "waits_for", func(a slog.Attr) slog.Attr { return slog.String(a.Key, "main") })
		}),
		wrong("records have no source", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				r.PC = 0
				write(r)
			})
		}),
		wrong("records of what is refused have no time", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if r.Level >= slog.LevelError {
					r.Time = time.Time{}
				}
				write(r)
			})
		}),
		wrong("the source of every record is the call of Run", "LOG-1", func(i *impl) {
			var run atomic.Uintptr
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if attr(r, "event") == "started" {
					run.Store(r.PC)
				}
				r.PC = run.Load()
				write(r)
			})
		}),
		wrong("a transition has two records", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if write(r); attr(r, "to") == "hooks" {
					write(r)
				}
			})
		}),
		wrong("a transition has no record", "LOG-1", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				if attr(r, "to") != "stopped" {
					write(r)
				}
			})
		}),
		wrong("an interrupt is logged like any signal", "LOG-2", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				write(changedAttrs(r, func(a slog.Attr) slog.Attr {
					if a.Key != "cause" && strings.Contains(a.Value.String(), "interrupt") {
						return slog.Attr{}
					}
					return a
				}))
			})
		}),
		wrong("an attribute of the record of an interrupt has no value", "LOG-2", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				write(changedAttrs(r, func(a slog.Attr) slog.Attr {
					if a.Key != "cause" && strings.Contains(a.Value.String(), "interrupt") {
						return slog.String(a.Key, "")
					}
					return a
				}))
			})
		}),
		wrong("there is no warning about a long start", "LOG-2", func(i *impl) { whileStarting(i, func(int) bool { return false }) }),
		wrong("there is one warning about a long start", "LOG-2", func(i *impl) { whileStarting(i, func(n int) bool { return n == 1 }) }),
		wrong("there is a warning about every start after a minute", "LOG-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				log := s.Logger
				if main == nil || log == nil || s.ManualStart {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					warning := time.AfterFunc(time.Minute, func() { log.Warn("main runs on", "at", "main") })
					context.AfterFunc(ctx, func() { warning.Stop() })
					return main(ctx)
				}, s)
			})
		}),
	}
}

// whileStarting keeps of the warnings of each run those whose number is so.
func whileStarting(i *impl, so func(n int) bool) {
	onRun(i, func(main task, s settings, run runner) error {
		if s.Logger != nil && s.ManualStart {
			var n atomic.Int64
			s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
				if r.Level != slog.LevelWarn || so(int(n.Add(1))) {
					write(r)
				}
			}})
		}
		return run(main, s)
	})
}
