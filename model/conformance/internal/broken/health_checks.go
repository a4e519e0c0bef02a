package broken

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

func checkCases() []Case {
	return []Case{
		wrong("a panic of a check ends the process", "HEALTH-12 HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					go panic(o.value)
					select {}
				}
				return o.again()
			})
		}),
		wrong("a check that panics has passed", "HEALTH-12 HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					return nil
				}
				return o.again()
			})
		}),
		wrong("a check that calls Goexit has passed", "HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				o.exited = false
				return o.again()
			})
		}),
		wrong("a panic in the error's Error ends the process", "HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.err != nil {
					read := make(chan struct{})
					go func() { _ = o.err.Error(); close(read) }()
					<-read
				}
				return o.again()
			})
		}),
		wrong("a check that hangs hangs the probe", "HEALTH-9 HEALTH-10", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) { s.Timeout = 1e6 * time.Hour })
		}),
		wrong("the result of a check is kept for an hour", "HEALTH-9 HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) { s.CacheFor = time.Hour })
		}),
		wrong("every probe begins its own runs", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				var extra sync.Map
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					if check != nil {
						extra.Store(name, check)
					}
					add(name, check, s)
				}
				readiness := h.Readiness
				var probes atomic.Int64
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if probes.Add(1) > 1 {
						extra.Range(func(_, check any) bool {
							go contained(func() error { return check.(task)(r.Context()) })
							return true
						})
					}
					defer probes.Add(-1)
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("checks run one after another", "HEALTH-9 HEALTH-10 HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				turn := make(chan struct{}, 1)
				inTurn := func(check func() error) error {
					turn <- struct{}{}
					defer func() { <-turn }()
					return check()
				}
				addCheck, addCheckContext := h.AddCheck, h.AddCheckContext
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						addCheck(name, nil)
						return
					}
					addCheck(name, func() error { return inTurn(check) })
				}
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					addCheckContext(name, func(ctx context.Context) error {
						return inTurn(func() error { return check(ctx) })
					}, s)
				}
			})
		}),
		wrong("a client that goes away fails the check", "HEALTH-11", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var first atomic.Pointer[http.Request] // of the probes under way
				readiness, add := h.Readiness, h.AddCheckContext
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					first.CompareAndSwap(nil, r)
					defer first.CompareAndSwap(r, nil)
					readiness.ServeHTTP(w, r)
				})
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil {
						add(name, nil, s)
						return
					}
					add(name, func(ctx context.Context) error {
						r := first.Load()
						if err := check(ctx); err != nil || r == nil {
							return err
						}
						return r.Context().Err()
					}, s)
				}
			})
		}),
		wrong("a check that was replaced still runs", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var replaced sync.Map
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if before, ok := replaced.Swap(name, check); ok && check != nil && before.(func() error) != nil {
						add(name, func() error { return errors.Join(before.(func() error)(), check()) })
						return
					}
					add(name, check)
				}
			})
		}),
		wrong("a nil check panics", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						panic("the check is nil")
					}
					add(name, check)
				}
			})
		}),
		wrong("a nil check passes", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						check = func() error { return nil }
					}
					add(name, check)
				}
			})
		}),
	}
}

// onCheck has f decide what becomes of a check that has ended.
func onCheck(i *impl, f func(ctx context.Context, o outcome) error) {
	onHealth(i, func(h *funcs) {
		addCheck, addCheckContext := h.AddCheck, h.AddCheckContext
		h.AddCheck = func(name string, check func() error) {
			if check == nil {
				addCheck(name, nil)
				return
			}
			addCheck(name, func() error { return f(context.Background(), contained(check)) })
		}
		h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
			if check == nil {
				addCheckContext(name, nil, s)
				return
			}
			addCheckContext(name, func(ctx context.Context) error {
				return f(ctx, contained(func() error { return check(ctx) }))
			}, s)
		}
	})
}
