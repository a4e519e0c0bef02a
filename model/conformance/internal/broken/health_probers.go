package broken

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// proberCases are wrong about what probers get of a run, in the ways that show
// only with a second prober, a second time, or many checks.
func proberCases() []Case {
	return []Case{
		wrong("a probe that joins a run late waits beyond its timeout", "HEALTH-9 HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var under atomic.Int64
				readiness := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					late := under.Add(1) > 1
					defer under.Add(-1)
					rewritten(readiness, func(a *httptest.ResponseRecorder) {
						if late && strings.Contains(a.Body.String(), "timed out") {
							replaceIn(`timed out[^"]*`, "ok")(a)
							replaceIn("degraded", "ok")(a)
							a.Code = http.StatusOK
						}
					}).ServeHTTP(w, r)
				})
			})
		}),
		wrong("the shortest timeout of a check counts for those that follow", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				shortest, add := time.Duration(0), h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if s.Timeout > 0 && (shortest == 0 || s.Timeout < shortest) {
						shortest = s.Timeout
					}
					s.Timeout = shortest
					add(name, check, s)
				}
			})
		}),
		wrong("only the first 16 checks decide", "HEALTH-2", func(i *impl) {
			onHealth(i, func(h *funcs) {
				n, add := 0, h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if n++; n <= 16 || check == nil {
						add(name, check)
						return
					}
					h.AddCheckContext(name, func(context.Context) error { return check() }, conformance.CheckSettings{Optional: true})
				}
			})
		}),
		wrong("a text is cut at byte 1024", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						add(name, nil)
						return
					}
					add(name, func() error {
						o := contained(check)
						if o.err != nil && !o.panicked && !o.exited {
							if text := contained(func() error { return errors.New(o.err.Error()) }); text.err != nil && len(text.err.Error()) > 1024 {
								return errors.New(text.err.Error()[:1022])
							}
						}
						return o.again()
					})
				}
			})
		}),
		wrong("HEAD answers what the last GET did", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var last atomic.Int64
				last.Store(http.StatusOK)
				readiness := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(readiness, r)
					switch r.Method {
					case http.MethodGet:
						last.Store(int64(a.Code))
					case http.MethodHead:
						a.Code = int(last.Load())
					}
					send(w, a)
				})
			})
		}),
		wrong("answers share header values", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				kind := []string{"application/json"}
				for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					*endpoint = rewritten(*endpoint, func(a *httptest.ResponseRecorder) { a.Header()["Content-Type"] = kind })
				}
			})
		}),
		wrong("a check that is replaced while it runs stays", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var running sync.Map
				add, addContext := h.AddCheck, h.AddCheckContext
				h.AddCheck = func(name string, check func() error) {
					if _, runs := running.Load(name); !runs {
						add(name, check)
					}
				}
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if _, runs := running.Load(name); runs {
						return
					}
					if check == nil {
						addContext(name, nil, s)
						return
					}
					addContext(name, func(ctx context.Context) error {
						running.Store(name, true)
						defer running.Delete(name)
						return check(ctx)
					}, s)
				}
			})
		}),
		wrong("a probe under way still waits for a check that is removed", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var running sync.Map
				addContext, remove := h.AddCheckContext, h.RemoveCheck
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil {
						addContext(name, nil, s)
						return
					}
					addContext(name, func(ctx context.Context) error {
						running.Store(name, true)
						defer running.Delete(name)
						return check(ctx)
					}, s)
				}
				h.RemoveCheck = func(name string) {
					if _, runs := running.Load(name); runs {
						time.AfterFunc(time.Second, func() { remove(name) })
						return
					}
					remove(name)
				}
			})
		}),
		wrong("a required check waits behind a hundred optional ones", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var optional atomic.Int64
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if s.Optional {
						optional.Add(1)
					}
					if check == nil || s.Optional {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						if optional.Load() > 100 {
							time.Sleep(300 * time.Millisecond)
						}
						return check(ctx)
					}, s)
				}
			})
		}),
		wrong("a slow optional check is waited for", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				readiness, add := h.Readiness, h.AddCheckContext
				var ended atomic.Pointer[chan struct{}] // of the optional run that began last
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil || !s.Optional {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						done := make(chan struct{})
						ended.Store(&done)
						defer close(done)
						return check(ctx)
					}, s)
				}
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(readiness, r)
					if strings.Contains(a.Body.String(), "still running") {
						select {
						case <-*ended.Load():
						case <-time.After(3 * time.Second):
						}
					}
					send(w, a)
				})
			})
		}),
		wrong("start-up begins anew when another run is followed", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Startup = rewritten(h.Startup, func(a *httptest.ResponseRecorder) {
					if strings.Contains(a.Body.String(), `"state":"starting"`) && a.Code == http.StatusOK {
						a.Code = http.StatusServiceUnavailable
						replaceIn(`"status":"ok"`, `"status":"not_ready"`)(a)
					}
				})
			})
		}),
	}
}
