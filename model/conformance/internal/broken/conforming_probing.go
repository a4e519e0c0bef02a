package broken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// probingVariants run checks, log and observe by other means, all of which are right.
func probingVariants() []variant {
	return append(answeringVariants(), []variant{
		{"rounds timeouts and CacheFor up to milliseconds", "HEALTH", func(i *impl) {
			up := func(d time.Duration) time.Duration {
				if d <= 0 || d > 1e6*time.Hour {
					return d
				}
				return (d + time.Millisecond - 1).Truncate(time.Millisecond)
			}
			beyondScenarios(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					s.Timeout, s.CacheFor = up(s.Timeout), up(s.CacheFor)
					add(name, check, s)
				}
			})
		}},
		{"takes some milliseconds for each check and each probe", "HEALTH", func(i *impl) {
			beyondScenarios(i, func(h *funcs) {
				eachCheck(h, func(check func() error) error {
					time.Sleep(2 * time.Millisecond)
					defer time.Sleep(2 * time.Millisecond)
					return check()
				})
				for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					inner := *endpoint
					*endpoint = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						time.Sleep(2 * time.Millisecond)
						inner.ServeHTTP(w, r)
					})
				}
			})
		}},
		{"runs each check on a goroutine of its own", "HEALTH", func(i *impl) {
			onEveryHealth(i, func(h *funcs) {
				eachCheck(h, func(check func() error) error { return contained(check).again() })
			})
		}},
		{"gives checks contexts of its own type", "HEALTH", func(i *impl) {
			onContextChecks(i, func(check task) task {
				if check == nil {
					return nil
				}
				return func(ctx context.Context) error {
					return check(&ownContext{Context: context.WithValue(ctx, noteKey[int]{}, 1)})
				}
			})
		}},
		{"wraps what a check returns, with the same text", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.err != nil && isPlainText(o.err) {
					return reworded{o.err, errorText(o.err)}
				}
				return o.again()
			})
		}},
		{"runs a dozen checks at once, and more when those take long", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				slots := make(chan struct{}, 12)
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
					add(name, inSlot(slots, check), c)
				}
			})
		}},
		{"has observers get changes in batches", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				if observe := s.Observe; observe != nil {
					later := batches{every: 500 * time.Millisecond}
					s.Observe = func(check string, err error, at time.Time) {
						later.add(func() { observe(check, err, at) })
					}
				}
				return nil
			})
		}},
		{"gives observers errors of its own type, and times in seconds", "HEALTH", func(i *impl) {
			onObserve(i, func(check string, err error, at time.Time, observe observeFunc) {
				if err != nil {
					err = fmt.Errorf("%w", reworded{errors.New("a check failed"), err.Error()})
				}
				observe(check, err, at.UTC().Truncate(time.Second))
			})
		}},
		{"logs on a goroutine of its own", "HEALTH", func(i *impl) {
			onHealthLog(i, func(write func(level, line string)) func(level, line string) {
				later := new(batches)
				return func(level, line string) { later.add(func() { write(level, line) }) }
			})
		}},
		{"logs changes with more about them", "HEALTH", func(i *impl) {
			onHealthLog(i, func(write func(level, line string)) func(level, line string) {
				return func(level, line string) {
					write(level, "ready=false pid=12 "+line+" at="+time.Now().Format(time.RFC3339Nano))
					write("DEBUG", "more about it: "+line)
				}
			})
		}},
		{"logs each check that is added", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				write := s.Log
				if write == nil {
					return nil
				}
				return func(h *funcs) {
					add, addContext := h.AddCheck, h.AddCheckContext
					h.AddCheck = func(name string, check func() error) { write("INFO", "added "+name); add(name, check) }
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						write("INFO", "added "+name)
						addContext(name, check, c)
					}
				}
			})
		}},
		{"makes one change after another", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var mu sync.Mutex
				add, addContext, remove, set, setNot := h.AddCheck, h.AddCheckContext, h.RemoveCheck, h.SetReady, h.SetNotReady
				h.AddCheck = func(name string, check func() error) { mu.Lock(); defer mu.Unlock(); add(name, check) }
				h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
					mu.Lock()
					defer mu.Unlock()
					addContext(name, check, c)
				}
				h.RemoveCheck = func(name string) { mu.Lock(); defer mu.Unlock(); remove(name) }
				h.SetReady = func(ready bool) { mu.Lock(); defer mu.Unlock(); set(ready) }
				h.SetNotReady = func(reason string) { mu.Lock(); defer mu.Unlock(); setNot(reason) }
			})
		}},
	}...)
}

// onEveryHealth has f change every health handler, with settings or without.
func onEveryHealth(i *impl, f func(h *funcs)) {
	onHealth(i, f)
	onHealthWith(i, func(*healthSettings) func(h *funcs) { return f })
}

// beyondScenarios has f change the health handlers of direct checks: what is seen of a
// scenario has exact instants.
func beyondScenarios(i *impl, f func(h *funcs)) {
	health := i.Health
	onHealthWith(i, func(*healthSettings) func(h *funcs) { return f })
	i.Health = func(tool, version string) funcs {
		h := health(tool, version)
		if tool != "tool" {
			f(&h)
		}
		return h
	}
}

// eachCheck has every check be called by call.
func eachCheck(h *funcs, call func(check func() error) error) {
	add, addContext := h.AddCheck, h.AddCheckContext
	h.AddCheck = func(name string, check func() error) {
		if inner := check; inner != nil {
			check = func() error { return call(inner) }
		}
		add(name, check)
	}
	h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
		if inner := check; inner != nil {
			check = func(ctx context.Context) error { return call(func() error { return inner(ctx) }) }
		}
		addContext(name, check, c)
	}
}

// inSlot is a check that waits for a slot, but not for long.
func inSlot(slots chan struct{}, check task) task {
	if check == nil {
		return nil
	}
	return func(ctx context.Context) error {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-time.After(5 * time.Millisecond):
		}
		return check(ctx)
	}
}

// onHealthLog has f return what writes the lines of a health handler.
func onHealthLog(i *impl, f func(write func(level, line string)) func(level, line string)) {
	onHealthWith(i, func(s *healthSettings) func(h *funcs) {
		if s.Log != nil {
			s.Log = f(s.Log)
		}
		return nil
	})
}

// batches calls functions in order, on goroutines of its own, and some time later.
type batches struct {
	every time.Duration
	mu    sync.Mutex
	calls []func()
	busy  bool
}

// add has f be called.
func (b *batches) add(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, f)
	if !b.busy {
		b.busy = true
		time.AfterFunc(b.every, b.flush)
	}
}

// flush calls what there is to call until nothing is left.
func (b *batches) flush() {
	for {
		b.mu.Lock()
		calls := b.calls
		b.calls, b.busy = nil, len(calls) > 0
		b.mu.Unlock()
		if len(calls) == 0 {
			return
		}
		for _, f := range calls {
			contained(func() error { f(); return nil })
		}
	}
}
