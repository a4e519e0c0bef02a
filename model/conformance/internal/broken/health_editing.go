package broken

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// editCases are wrong about how checks come and go.
func editCases() []Case {
	return []Case{
		wrong("a nil check is listed and does not fail readiness", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add, addContext := h.AddCheck, h.AddCheckContext
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						addContext(name, nil, conformance.CheckSettings{Optional: true})
						return
					}
					add(name, check)
				}
			})
		}),
		wrong("a nil check that takes a context passes", "HEALTH-13", func(i *impl) {
			onContextChecks(i, func(check task) task {
				if check == nil {
					return func(context.Context) error { return nil }
				}
				return check
			})
		}),
		wrong("RemoveCheck does nothing", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) { h.RemoveCheck = func(string) {} })
		}),
		wrong("RemoveCheck removes them all", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var names sync.Map
				add, remove := h.AddCheck, h.RemoveCheck
				h.AddCheck = func(name string, check func() error) { names.Store(name, true); add(name, check) }
				h.RemoveCheck = func(string) {
					names.Range(func(name, _ any) bool { remove(name.(string)); return true })
				}
			})
		}),
		wrong("a check that was removed still runs", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var checks, removed sync.Map
				add, remove, readiness := h.AddCheck, h.RemoveCheck, h.Readiness
				h.AddCheck = func(name string, check func() error) { checks.Store(name, check); add(name, check) }
				h.RemoveCheck = func(name string) {
					if check, ok := checks.Load(name); ok {
						removed.Store(name, check)
					}
					remove(name)
				}
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					removed.Range(func(_, check any) bool { contained(check.(func() error)); return true })
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("RemoveCheck waits for the probe that is under way", "HEALTH-13 HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone, remove := betweenProbes(h), h.RemoveCheck
				h.RemoveCheck = func(name string) { alone(func() { remove(name) }) }
			})
		}),
		wrong("AddCheckContext waits for the probe that is under way", "HEALTH-13 HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone, add := betweenProbes(h), h.AddCheckContext
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					alone(func() { add(name, check, s) })
				}
			})
		}),
		wrong("Follow waits for the probe that is under way", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone, follow := betweenProbes(h), h.Follow
				h.Follow = func(ctx context.Context) { alone(func() { follow(ctx) }) }
			})
		}),
		wrong("start-up waits for the probe that is under way", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone, startup := betweenProbes(h), h.Startup
				h.Startup = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					alone(func() { startup.ServeHTTP(w, r) })
				})
			})
		}),
		wrong("a panic of a check that takes a context ends the process", "HEALTH-8", func(i *impl) {
			onContextChecks(i, func(check task) task {
				if check == nil {
					return nil
				}
				return func(ctx context.Context) error {
					o := contained(func() error { return check(ctx) })
					if o.panicked {
						go panic(o.value)
						select {}
					}
					return o.again()
				}
			})
		}),
		wrong("the timeout of a queued check counts from its start", "HEALTH-10", wholeTurns),
	}
}

// onContextChecks has f change each check that takes a context.
func onContextChecks(i *impl, f func(check task) task) {
	onHealth(i, func(h *funcs) {
		add := h.AddCheckContext
		h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
			add(name, f(check), s)
		}
	})
}

// betweenProbes returns what calls a function when no probe of readiness is
// under way, and has none begin meanwhile.
func betweenProbes(h *funcs) (alone func(f func())) {
	lock := make(chan struct{}, 1)
	var probes atomic.Int64
	readiness := h.Readiness
	h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if probes.Add(1) == 1 {
			lock <- struct{}{}
		}
		defer func() {
			if probes.Add(-1) == 0 {
				<-lock
			}
		}()
		readiness.ServeHTTP(w, r)
	})
	return func(f func()) {
		lock <- struct{}{}
		defer func() { <-lock }()
		f()
	}
}

// wholeTurns has a probe wait for the check that began last as if its timeout
// had begun then too. Few checks never wait for their turn.
func wholeTurns(i *impl) {
	const timeout, few = 3 * time.Second, 64
	onHealth(i, func(h *funcs) {
		var checks, last atomic.Int64 // how many there are; when one began last
		add, readiness := h.AddCheckContext, h.Readiness
		h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
			checks.Add(1)
			if check == nil {
				add(name, nil, s)
				return
			}
			add(name, func(ctx context.Context) error {
				last.Store(time.Now().UnixNano())
				return check(ctx)
			}, s)
		}
		h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			a := answer(readiness, r)
			if checks.Load() > few && time.Since(began) >= timeout {
				time.Sleep(time.Until(time.Unix(0, last.Load()).Add(timeout)))
			}
			send(w, a)
		})
	})
}
