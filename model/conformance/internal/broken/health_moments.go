package broken

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/model/conformance"
)

// probing has probes of readiness be counted while they are under way.
func probing(h *funcs) *atomic.Int64 {
	n, readiness := new(atomic.Int64), h.Readiness
	h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		defer n.Add(-1)
		readiness.ServeHTTP(w, r)
	})
	return n
}

// healthMomentCases are wrong about what happens while something else is under way, or
// before it has.
func healthMomentCases() []Case {
	return []Case{
		wrong("liveness waits while 500 probes of readiness are under way", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				n, liveness := probing(h), h.Liveness
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					for n.Load() > 500 {
						time.Sleep(time.Millisecond)
					}
					liveness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("liveness fails for a client that has gone", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				liveness := h.Liveness
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Context().Err() == nil {
						liveness.ServeHTTP(w, r)
						return
					}
					failing(liveness, func() bool { return true }).ServeHTTP(w, r)
				})
			})
		}),
		wrong("Follow does nothing while a run is followed that is not over", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var mu sync.Mutex
				var last fsm.Source
				follow := h.Follow
				h.Follow = func(ctx context.Context) {
					mu.Lock()
					defer mu.Unlock()
					s, ok := fsm.FromContext(ctx)
					if ok && last != nil && last.State() < fsm.Stopped {
						return
					}
					if ok {
						last = s
					}
					follow(ctx)
				}
			})
		}),
		wrong("SetReady(false) is not seen while only optional checks are under way", "HEALTH-5", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var required, optional, unseen atomic.Int64
				counted := func(check func(), n *atomic.Int64) {
					n.Add(1)
					defer n.Add(-1)
					check()
				}
				add, addContext, set := h.AddCheck, h.AddCheckContext, h.SetReady
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						add(name, nil)
						return
					}
					add(name, func() (err error) { counted(func() { err = check() }, &required); return err })
				}
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					n := &required
					if s.Optional {
						n = &optional
					}
					if check == nil {
						addContext(name, nil, s)
						return
					}
					addContext(name, func(ctx context.Context) (err error) { counted(func() { err = check(ctx) }, n); return err }, s)
				}
				h.SetReady = func(ready bool) {
					if !ready && required.Load() == 0 && optional.Load() > 0 {
						unseen.Add(1)
					}
					set(ready)
				}
				readiness := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					before := unseen.Load()
					rewritten(readiness, func(a *httptest.ResponseRecorder) {
						if unseen.Load() != before && strings.Contains(a.Body.String(), `"checks"`) {
							a.Code = http.StatusOK
							replaceIn(`"status":"not_ready"`, `"status":"ok"`)(a)
						}
					}).ServeHTTP(w, r)
				})
			})
		}),
		wrong("the caller of CheckOf who goes away ends the runs that it began", "HEALTH-11", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var asker atomic.Pointer[context.Context]
				of, add := h.CheckOf, h.AddCheckContext
				h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
					asker.Store(&ctx)
					defer asker.Store(nil)
					return of(ctx, groups...)
				}
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						if by := asker.Load(); by != nil {
							var cancel context.CancelFunc
							ctx, cancel = context.WithCancel(ctx)
							defer cancel()
							defer context.AfterFunc(*by, cancel)()
						}
						return check(ctx)
					}, s)
				}
			})
		}),
		wrong("a check that is added while others probe is there once another is added", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				n, add := probing(h), h.AddCheck
				var mu sync.Mutex
				held := func() {}
				h.AddCheck = func(name string, check func() error) {
					runtime.Gosched()
					mu.Lock()
					defer mu.Unlock()
					held()
					if held = func() {}; n.Load() < 2 {
						add(name, check)
					} else {
						held = func() { add(name, check) }
					}
				}
			})
		}),
		wrong("a check that replaces a replacement that has not run is new", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(*healthSettings) func(h *funcs) {
				var ran sync.Map // by name, whether the check of that name has run
				return func(h *funcs) {
					add, remove := h.AddCheck, h.RemoveCheck
					h.AddCheck = func(name string, check func() error) {
						if check == nil {
							add(name, nil)
							return
						}
						if has, known := ran.Swap(name, new(atomic.Bool)); known && !has.(*atomic.Bool).Load() {
							remove(name)
						}
						has, _ := ran.Load(name)
						add(name, func() error { has.(*atomic.Bool).Store(true); return check() })
					}
				}
			})
		}),
		wrong("among all checks only one change of text a minute is logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				var mu sync.Mutex
				var last time.Time
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						mu.Lock()
						another := strings.Contains(line, "with another error") && !strings.Contains(line, "timed out")
						tooSoon := another && !last.IsZero() && time.Since(last) < 50*time.Second
						if another && !tooSoon {
							last = time.Now()
						}
						mu.Unlock()
						if !tooSoon {
							log(level, line)
						}
					}
				}
				return nil
			})
		}),
		wrong("the reason is shown only while a run that is followed is running", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); strings.Contains(body, `"state":`) && !strings.Contains(body, `"state":"running"`) {
						replaceIn(`"reason":"[^"]*",`, "")(a)
					}
				})
			})
		}),
	}
}
