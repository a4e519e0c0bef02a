package broken

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// deliveryVariants tell observers and the log the same, at other times and in other
// forms.
func deliveryVariants() []variant {
	return []variant{
		{"calls observers eight milliseconds late", "STATE RUN", func(i *impl) {
			onObserver(i, func(s conformance.Step, observe func(conformance.Step)) {
				time.Sleep(8 * time.Millisecond)
				observe(s)
			})
		}},
		{"calls observers in batches", "STATE RUN HOOK", func(i *impl) {
			onSettings(i, func(s *settings) {
				if observe := s.Observe; observe != nil {
					b := newBatch(observe)
					s.Observe = func(step conformance.Step) { b.add(step, step.To == "stopped") }
				}
			})
		}},
		{"returns when its log is written, some milliseconds after it stopped", "RUN STATE DRAIN HOOK SIG", func(i *impl) {
			onSettings(i, func(s *settings) {
				observe := s.Observe
				s.Observe = func(step conformance.Step) {
					if observe != nil {
						observe(step)
					}
					if step.To == "stopped" {
						time.Sleep(5 * time.Millisecond)
					}
				}
			})
		}},
		{"begins hooks five milliseconds after the drain timeout", "DRAIN HOOK RUN SIG STATE", beginsHooksLate(5 * time.Millisecond)},
		{"gives the time of a step to the millisecond", "STATE RUN DRAIN HOOK", func(i *impl) {
			onObserver(i, func(s conformance.Step, observe func(conformance.Step)) {
				s.At = s.At.Truncate(time.Millisecond)
				observe(s)
			})
		}},
		{"delivers records in batches, with the time of delivery", "LOG", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger == nil {
					return
				}
				handler := s.Logger.Handler()
				b := newBatch(func(r slog.Record) {
					r.Time = time.Now()
					_ = handler.Handle(context.Background(), r)
				})
				s.Logger = slog.New(recorder{handler, func(r slog.Record, _ func(slog.Record)) { b.add(r.Clone(), false) }})
			})
		}},
		{"rounds durations up to ten milliseconds", "LOG", func(i *impl) {
			for _, key := range []string{"elapsed", "at_most"} {
				onAttr(i, key, func(a slog.Attr) slog.Attr {
					const step = 10 * time.Millisecond
					if d, err := time.ParseDuration(a.Value.String()); err == nil && d < 1000*time.Hour {
						return slog.String(key, ((d + step - 1) / step * step).String())
					}
					return a
				})
			}
		}},
		{"logs a place as a group", "LOG", func(i *impl) {
			onPlace(i, func(file string, line int) slog.Attr {
				return slog.Group("at", slog.String("file", file), slog.Int("line", line))
			})
		}},
		{"logs a place as slog does", "LOG", func(i *impl) {
			onPlace(i, func(file string, line int) slog.Attr {
				return slog.Any("at", &slog.Source{Function: "main.main", File: file, Line: line})
			})
		}},
		{"writes a place as line 12 of file.go", "RUN DRAIN HOOK LOG HEALTH", writesPlaces("line $2 of $1")},
		{"writes a place as file.go:12:1, relative", "RUN DRAIN HOOK LOG", writesPlaces("./checks/$1:$2:1")},
		{"writes a place as a link", "RUN DRAIN HOOK LOG", writesPlaces("file:///src/checks/$1#L$2")},
		{"counts with a comma", "DRAIN", rewritesCounts(func(n int) string {
			if n >= 1000 {
				return fmt.Sprintf("%d,%03d", n/1000, n%1000)
			}
			return strconv.Itoa(n)
		})},
		{"counts as 3x", "DRAIN", rewritesCounts(func(n int) string { return fmt.Sprintf("%dx", n) })},
		{"counts units and requests together", "DRAIN LOG", func(i *impl) {
			rewrite := func(text string) string { return counted.ReplaceAllString(text, "$1 units of work") }
			rewriteTexts(i, rewrite)
		}},
		{"warns of matters of its own", "LOG STATE DRAIN RUN HOOK", func(i *impl) {
			const warning = "the service runs without a supervisor"
			onSettings(i, func(s *settings) {
				var warned atomic.Bool
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						if !warned.Swap(true) {
							contained(func() error { log("WARN", warning); return nil })
						}
						log(level, line)
					}
				}
				if logger := s.Logger; logger != nil {
					s.Logger = slog.New(recorder{logger.Handler(), func(r slog.Record, write func(slog.Record)) {
						if !warned.Swap(true) {
							write(slog.NewRecord(r.Time, slog.LevelWarn, warning, r.PC))
						}
						write(r)
					}})
				}
			})
		}},
		{"logs errors about contexts on another goroutine", "HOOK", func(i *impl) {
			late := func(ctx context.Context, at string) (noRun bool) {
				if isForeign(ctx) {
					time.AfterFunc(time.Millisecond, func() { blameForeign(ctx, at) })
					return true
				}
				return false
			}
			work, mark := i.WorkContext, i.MarkStarted
			i.WorkContext = func(ctx context.Context) context.Context {
				if late(ctx, place(1)) {
					return ctx
				}
				return work(ctx)
			}
			i.MarkStarted = func(ctx context.Context) {
				if !late(ctx, place(1)) {
					mark(ctx)
				}
			}
		}},
		{"takes signals by way of three goroutines", "SIG RUN", func(i *impl) {
			for range 3 {
				onSignals(i, func(deliver func(os.Signal)) func(os.Signal) { return deliver })
			}
		}},
	}
}

// batch hands things on in order, some milliseconds later.
type batch[T any] struct {
	deliver func(T)
	turn    chan struct{} // who has it delivers
	queue   chan T
}

func newBatch[T any](deliver func(T)) *batch[T] {
	return &batch[T]{deliver, make(chan struct{}, 1), make(chan T, 4096)}
}

// add hands one on later, or all of them now.
func (b *batch[T]) add(one T, now bool) {
	b.queue <- one
	if now {
		b.flush()
		return
	}
	time.AfterFunc(7*time.Millisecond, b.flush)
}

func (b *batch[T]) flush() {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	for len(b.queue) > 0 {
		one := <-b.queue
		contained(func() error { b.deliver(one); return nil })
	}
}

// onPlace has f write the place of each record that has one.
func onPlace(i *impl, f func(file string, line int) slog.Attr) {
	onAttr(i, "at", func(a slog.Attr) slog.Attr {
		file, number, _ := strings.Cut(a.Value.String(), ".go:")
		line, err := strconv.Atoi(number)
		if err != nil {
			return a
		}
		return f(file+".go", line)
	})
}

var counted = regexp.MustCompile(`\b([0-9]+) (tracked units?|requests?)`)

// rewritesCounts writes how much is out in another way.
func rewritesCounts(f func(n int) string) func(i *impl) {
	return func(i *impl) {
		rewriteTexts(i, func(text string) string {
			return counted.ReplaceAllStringFunc(text, func(found string) string {
				number, what, _ := strings.Cut(found, " ")
				n, _ := strconv.Atoi(number)
				return f(n) + " " + what
			})
		})
	}
}

// rewriteTexts has f rewrite what errors and the log say.
func rewriteTexts(i *impl, f func(text string) string) {
	onErrors(i, func(all []error) []error {
		for n, err := range all {
			if was := fmt.Sprint(err); f(was) != was {
				all[n] = reworded{err, f(was)}
			}
		}
		return all
	})
	onLines(i, f)
}

// beginsHooksLate has the first hook begin so long after a drain timeout or a forcing
// signal, or a moment after where a server is cut first, which may take as long.
func beginsHooksLate(by time.Duration) func(i *impl) {
	return func(i *impl) {
		serves := notes[atomic.Int64](i)
		onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
			serves(ctx).Add(1)
			return serve(ctx, srv, ln)
		})
		begun := notes[atomic.Bool](i)
		work := i.WorkContext
		onHook(i, func(ctx context.Context, hook task, _ bool) task {
			return func(own context.Context) error {
				if cut := context.Cause(work(ctx)); cut != context.Canceled && i.State(ctx) == "hooks" && !begun(ctx).Swap(true) {
					if serves(ctx).Load() > 0 {
						time.Sleep(min(by, 5*time.Millisecond))
					} else {
						time.Sleep(by)
					}
				}
				return hook(own)
			}
		})
	}
}
