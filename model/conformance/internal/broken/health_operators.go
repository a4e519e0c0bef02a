package broken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

type healthSettings = conformance.HealthSettings

// onHealthWith has f change the settings of every handler that is given some,
// and then the handler by what f returns.
func onHealthWith(i *impl, f func(s *healthSettings) func(h *funcs)) {
	with := i.HealthWith
	i.HealthWith = func(tool, version string, s healthSettings) funcs {
		change := f(&s)
		h := with(tool, version, s)
		if change != nil {
			change(&h)
		}
		return h
	}
}

// changeCases are wrong about what is logged and observed of checks.
func changeCases() []Case {
	return []Case{
		wrong("a check that hangs is logged only while a probe waits", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var probes atomic.Int64
				log := s.Log
				s.Log = func(level, line string) {
					if probes.Load() > 0 || !strings.Contains(line, "timed out") {
						log(level, line)
					}
				}
				return func(h *funcs) {
					readiness := h.Readiness
					h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						probes.Add(1)
						defer probes.Add(-1)
						readiness.ServeHTTP(w, r)
					})
				}
			})
		}),
		wrong("a check that comes back late passes again", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						add(name, func(ctx context.Context) error {
							err := check(ctx)
							if err == nil && ctx.Err() != nil {
								log("INFO", "check passes again check="+name)
							}
							return err
						}, c)
					}
				}
			})
		}),
		wrong("another text of a failing check is not logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				s.Log = func(level, line string) {
					if !strings.Contains(line, "another error") {
						log(level, line)
					}
				}
				return nil
			})
		}),
		wrong("every failing run is logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				s.Log = func(string, string) {}
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						add(name, func(ctx context.Context) error {
							err := check(ctx)
							if err != nil {
								log("WARN", fmt.Sprint("check fails check=", name, " error=", err))
							}
							return err
						}, c)
					}
				}
			})
		}),
		wrong("a check that passes again is not observed", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				observe := s.Observe
				s.Observe = func(check string, err error, at time.Time) {
					if err != nil {
						observe(check, err, at)
					}
				}
				return nil
			})
		}),
		wrong("the observer gets another text than readiness shows", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				observe := s.Observe
				s.Observe = func(check string, err error, at time.Time) {
					if err != nil {
						err = errors.New("the check fails")
					}
					observe(check, err, at)
				}
				return nil
			})
		}),
		wrong("a probe waits for the observer", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var observing sync.WaitGroup
				observe := s.Observe
				s.Observe = func(check string, err error, at time.Time) {
					observing.Add(1)
					defer observing.Done()
					observe(check, err, at)
				}
				return func(h *funcs) {
					readiness := h.Readiness
					h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						a := answer(readiness, r)
						time.Sleep(time.Microsecond) // for the observer to begin
						done := make(chan struct{})
						go func() { observing.Wait(); close(done) }()
						select {
						case <-done:
						case <-time.After(time.Second):
						}
						send(w, a)
					})
				}
			})
		}),
		wrong("a check that replaces a failing one begins anew", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(*healthSettings) func(*funcs) {
				return func(h *funcs) {
					add, remove := h.AddCheck, h.RemoveCheck
					h.AddCheck = func(name string, check func() error) { remove(name); add(name, check) }
				}
			})
		}),
		wrong("the removal of a check is logged as a pass", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				return func(h *funcs) {
					remove := h.RemoveCheck
					h.RemoveCheck = func(name string) { remove(name); log("INFO", "check passes again check="+name) }
				}
			})
		}),
	}
}

// operatorCases are wrong about what operators can set: groups, thresholds,
// refreshing ahead, a reason.
func operatorCases() []Case {
	return []Case{
		wrong("an unknown group runs every check", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				known, add, of, readiness := map[string]bool{}, h.AddCheckContext, h.ReadinessOf, h.Readiness
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					for _, g := range s.Groups {
						known[g] = true
					}
					add(name, check, s)
				}
				h.ReadinessOf = func(groups ...string) http.Handler {
					for _, g := range groups {
						if known[g] {
							return of(groups...)
						}
					}
					if len(groups) > 0 {
						return readiness
					}
					return of()
				}
			})
		}),
		wrong("only the first group that is asked for counts", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler { return of(groups[:min(1, len(groups))]...) }
			})
		}),
		wrong("no group given runs every check", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of, readiness := h.ReadinessOf, h.Readiness
				h.ReadinessOf = func(groups ...string) http.Handler {
					if len(groups) == 0 {
						return readiness
					}
					return of(groups...)
				}
			})
		}),
		wrong("a check in several groups runs once for each", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					for n, g := range s.Groups {
						one := s
						one.Groups = []string{g}
						add(name+strings.Repeat("'", n), check, one)
					}
					if len(s.Groups) == 0 {
						add(name, check, s)
					}
				}
			})
		}),
		wrong("FailAfter is ignored", "HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) { s.FailAfter = 0 })
		}),
		wrong("FailAfter lets one more failure pass", "HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.FailAfter > 0 {
					s.FailAfter++
				}
			})
		}),
		wrong("FailAfter counts failures that are not in a row", "HEALTH-18", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					n, failures := s.FailAfter, 0
					s.FailAfter = 0
					if n == 0 {
						add(name, check, s)
						return
					}
					s.Optional = true // as long as it passes
					add(name, func(ctx context.Context) error {
						err := check(ctx)
						if err != nil {
							failures++
						}
						return err
					}, s)
					add(name+" at last", func(context.Context) error { return nil }, conformance.CheckSettings{})
					readiness := h.Readiness
					h.Readiness = rewritten(readiness, func(a *httptest.ResponseRecorder) {
						replaceIn(`,"[^"]* at last":"ok"`, "")(a)
						if failures >= n && !strings.Contains(a.Body.String(), `"`+name+`":"ok"`) {
							a.Code = http.StatusServiceUnavailable
							replaceIn(`"status":"ok"`, `"status":"degraded"`)(a)
						}
					})
				}
			})
		}),
		wrong("RefreshAhead is ignored", "HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) { s.RefreshAhead = false })
		}),
		wrong("RefreshAhead begins a run in the first half too", "HEALTH-18", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add, readiness := h.AddCheckContext, h.Readiness
				var extra func()
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if s.RefreshAhead {
						extra = func() { _ = check(context.Background()) }
					}
					add(name, check, s)
				}
				var asked atomic.Int64
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if extra != nil && asked.Add(1) == 2 {
						go extra()
					}
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("the reason is not shown", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) { h.SetNotReady = func(string) { h.SetReady(false) } })
		}),
		wrong("the reason stays when the service is ready", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				reason, setNotReady := "", h.SetNotReady
				h.SetNotReady = func(why string) { reason = why; setNotReady(why) }
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if reason != "" && !strings.Contains(a.Body.String(), `"reason"`) {
						setBody(a, strings.Replace(a.Body.String(), `"tool"`, `"reason":"`+reason+`","tool"`, 1))
					}
				})
			})
		}),
		wrong("SetNotReady does not make the service not ready", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) { h.SetNotReady = func(string) {} })
		}),
	}
}

// proberCases are wrong about what probers get of a run, in the ways that show
// only with a second prober, a second time, or many checks.
func proberCases() []Case {
	return []Case{
		wrong("a probe that joins a run late waits beyond its timeout", "HEALTH-9", func(i *impl) {
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
