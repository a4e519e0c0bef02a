package broken

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
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

// onObservedSettings has f change the settings of each check of HealthWith.
func onObservedSettings(i *impl, f func(s *conformance.CheckSettings)) {
	onHealthWith(i, func(*healthSettings) func(h *funcs) {
		return func(h *funcs) {
			add := h.AddCheckContext
			h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
				f(&s)
				add(name, check, s)
			}
		}
	})
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
		wrong("an observer of checks gets a zero time", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				if observe := s.Observe; observe != nil {
					s.Observe = func(check string, err error, _ time.Time) { observe(check, err, time.Time{}) }
				}
				return nil
			})
		}),
		wrong("a reason of one letter is not shown", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set := h.SetNotReady
				h.SetNotReady = func(reason string) {
					if len(reason) == 1 {
						reason = ""
					}
					set(reason)
				}
			})
		}),
		wrong("readiness of no groups runs every check", "HEALTH-17", func(i *impl) {
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
