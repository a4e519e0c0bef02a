package broken

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// runVariants differ in the goroutines that they use, in what they take their
// time for, and in their defaults.
func runVariants() []variant {
	return []variant{
		{"takes a moment for everything", "RUN DRAIN HOOK HEALTH", slow},
		{"starts goroutines that end", "RUN DRAIN HOOK", busy},
		{"runs main and hooks on locked threads", "RUN HOOK", locked},
		{"has contexts of its own type", "RUN DRAIN HOOK", ownContexts},
		{"calls each observer on a goroutine of its own", "STATE", func(i *impl) {
			onSettings(i, func(s *settings) {
				if observe := s.Observe; observe != nil {
					s.Observe = func(step conformance.Step) {
						contained(func() error { observe(step); return nil })
					}
				}
			})
		}},
		{"gives the time of a step by another clock", "STATE", func(i *impl) {
			onSettings(i, func(s *settings) {
				if observe := s.Observe; observe != nil {
					s.Observe = func(step conformance.Step) {
						step.At = step.At.Round(0).In(time.FixedZone("elsewhere", 3600))
						observe(step)
					}
				}
			})
		}},
		{"begins to call main after a moment", "RUN SIG", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error { linger(); return run(main, s) })
		}},
		{"returns after a moment", "RUN STATE", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error { defer breathe(); return run(main, s) })
		}},
		{"takes signals on a goroutine of its own", "SIG RUN", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) { return deliver })
		}},
		{"has other default timeouts", "RUN DRAIN HOOK", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Drain == 0 {
					s.Drain = 30 * time.Second
				}
				if s.Shutdown == 0 {
					s.Shutdown = 20 * time.Second
				}
			})
		}},
		{"has a machine whose refusals are wrapped, in its own spelling", "STATE", func(i *impl) {
			machine := i.Machine
			i.Machine = func() conformance.Machine {
				m := machine()
				fire := m.Fire
				m.Fire = func(event string) (bool, error) {
					state := m.State()
					refused, err := fire(event)
					if err != nil {
						err = fmt.Errorf("machine: %w", reworded{err, fmt.Sprintf("no way from %s by %s", strings.ToUpper(state), camel(event))})
					}
					return refused, err
				}
				return m
			}
		}},
	}
}

// camel writes an event as a type's name is: StopRequested.
func camel(event string) (name string) {
	for word := range strings.SplitSeq(event, "_") {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

// linger lets everything else go first. It takes time, but no virtual time.
func linger() {
	for range 50 {
		runtime.Gosched()
	}
}

// breathe is linger for a few turns, which is little enough on busy processors too
// (DRAIN-2).
func breathe() {
	for range 3 {
		runtime.Gosched()
	}
}

func slow(i *impl) {
	onHook(i, func(_ context.Context, hook task, _ bool) task {
		breathe()
		return func(own context.Context) error { breathe(); defer breathe(); return hook(own) }
	})
	onMain(i, func(ctx context.Context, main task) error { breathe(); defer breathe(); return main(ctx) })
	onHealth(i, func(h *funcs) {
		for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
			inner := *endpoint
			*endpoint = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { breathe(); inner.ServeHTTP(w, r) })
		}
	})
}

func busy(i *impl) {
	onMain(i, func(ctx context.Context, main task) error {
		for range 10 {
			go func() { <-ctx.Done() }()
		}
		return main(ctx)
	})
	onHook(i, func(_ context.Context, hook task, _ bool) task {
		return func(own context.Context) error { return contained(func() error { return hook(own) }).again() }
	})
}

func locked(i *impl) {
	lock := func(f task) task {
		return func(ctx context.Context) error {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			return f(ctx)
		}
	}
	onMain(i, func(ctx context.Context, main task) error { return lock(main)(ctx) })
	onHook(i, func(_ context.Context, hook task, _ bool) task { return lock(hook) })
}

// ownContext is a context that the context package does not know.
type ownContext struct {
	context.Context
	mu sync.Mutex
}

// Err is that of the context within.
func (c *ownContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Context.Err()
}

func ownContexts(i *impl) {
	onMain(i, func(ctx context.Context, main task) error { return main(&ownContext{Context: ctx}) })
	onHook(i, func(_ context.Context, hook task, _ bool) task {
		return func(own context.Context) error { return hook(&ownContext{Context: own}) }
	})
}

// graceVariants wait for main for another time than 5s, and take no setting for
// it.
func graceVariants() (all []variant) {
	for _, given := range []struct {
		name  string
		grace time.Duration
	}{
		{"does not wait for main", -1},
		{"waits for main for two seconds", 2 * time.Second},
		{"waits for main for half the drain timeout", 1000 * time.Hour},
	} {
		all = append(all, variant{given.name, "DRAIN HOOK", func(i *impl) {
			if i.Grace != 0 {
				return // of several that are combined, one counts
			}
			i.Takes.Grace, i.Grace = false, given.grace
			onSettings(i, func(s *settings) { s.Grace, s.NoGrace = max(given.grace, 0), given.grace < 0 })
		}})
	}
	return all
}
