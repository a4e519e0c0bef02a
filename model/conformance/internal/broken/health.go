package broken

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/greynewell/mist-go/model/conformance"
)

type funcs = conformance.HealthFuncs

// onHealth has f change every health handler.
func onHealth(i *impl, f func(h *funcs)) {
	health := i.Health
	i.Health = func(tool, version string) funcs {
		h := health(tool, version)
		f(&h)
		return h
	}
}

func healthCases() []Case {
	return slices.Concat(probeCases(), proberCases(), changeCases(), operatorCases(), hangCases())
}

// probeCases are wrong about what the endpoints answer.
func probeCases() []Case {
	return []Case{
		wrong("liveness runs the checks", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				run, readiness, liveness := runsOfChecks(h), h.Readiness, h.Liveness
				var asked atomic.Int64 // probes of readiness that are under way
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					defer asked.Add(-1)
					readiness.ServeHTTP(w, r)
				})
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if asked.Load() == 0 {
						run()
					}
					liveness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("a service that is not ready is not alive", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var notReady atomic.Bool
				setReady := h.SetReady
				h.SetReady = func(ready bool) { notReady.Store(!ready); setReady(ready) }
				h.Liveness = rewritten(h.Liveness, func(a *httptest.ResponseRecorder) {
					if notReady.Load() && a.Code == http.StatusOK {
						a.Code = http.StatusServiceUnavailable
					}
				})
			})
		}),
		wrong("a failing check is listed and does not fail readiness", "HEALTH-2 HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if strings.Contains(a.Body.String(), `"degraded"`) {
						a.Code = http.StatusOK
					}
				})
			})
		}),
		wrong("without checks the answer has an empty list", "HEALTH-2", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); !strings.Contains(body, `"checks"`) && a.Code == http.StatusOK {
						setBody(a, strings.TrimSuffix(body, "}")+`,"checks":{}}`)
					}
				})
			})
		}),
		wrong("SetReady is ignored", "HEALTH-3 HEALTH-5 HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) { h.SetReady = func(bool) {} })
		}),
		wrong("checks run although the service is not ready", "HEALTH-3", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var notReady atomic.Bool
				run, setReady, readiness := runsOfChecks(h), h.SetReady, h.Readiness
				h.SetReady = func(ready bool) { notReady.Store(!ready); setReady(ready) }
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if notReady.Load() {
						run()
					}
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("readiness stays 200 while draining", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = atOnce(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); strings.Contains(body, `"state":"draining"`) {
						a.Code = http.StatusOK
						setBody(a, strings.Replace(body, "not_ready", "ok", 1))
					}
				})
			})
		}),
		wrong("the answer does not name the state", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) { h.Readiness = atOnce(h.Readiness, replaceIn(`"state":"[a-z]*",`, "")) })
		}),
		wrong("a probe under way when draining begins answers as before", "HEALTH-5", func(i *impl) {
			health := i.Health
			i.Health = func(tool, version string) funcs {
				h, bare := health(tool, version), health(tool, version) // bare has no checks
				setReady, setNotReady, follow, readiness := h.SetReady, h.SetNotReady, h.Follow, h.Readiness
				h.SetNotReady = func(reason string) { setNotReady(reason); bare.SetNotReady(reason) }
				h.SetReady = func(ready bool) { setReady(ready); bare.SetReady(ready) }
				h.Follow = func(ctx context.Context) { follow(ctx); bare.Follow(ctx) }
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					before := answer(bare.Readiness, r)
					after := answer(readiness, r)
					if before.Code == http.StatusOK && strings.Contains(after.Body.String(), `"not_ready"`) {
						after = before
					}
					send(w, after)
				})
				return h
			}
		}),
		wrong("Optional is ignored", "HEALTH-15", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) { s.Optional = false })
		}),
		wrong("a run that another takes the place of has started", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow, startup, calls := h.Follow, h.Startup, atomic.Int64{}
				h.Follow = func(ctx context.Context) { calls.Add(1); follow(ctx) }
				h.Startup = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if calls.Load() > 1 {
						h.Liveness.ServeHTTP(w, r)
						return
					}
					startup.ServeHTTP(w, r)
				})
			})
		}),
		wrong("start-up is readiness", "HEALTH-14 HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) { h.Startup = h.Readiness })
		}),
	}
}

// onCheckSettings has f change the settings of each check that has some.
func onCheckSettings(i *impl, f func(s *conformance.CheckSettings)) {
	onHealth(i, func(h *funcs) {
		add := h.AddCheckContext
		h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
			f(&s)
			add(name, check, s)
		}
		h.AddCheck = func(name string, check func() error) {
			var withContext task
			if check != nil {
				withContext = func(context.Context) error { return check() }
			}
			h.AddCheckContext(name, withContext, conformance.CheckSettings{})
		}
	})
}

// runsOfChecks returns a function that runs each check of AddCheck, whatever
// becomes of it.
func runsOfChecks(h *funcs) (run func()) {
	var checks sync.Map
	addCheck := h.AddCheck
	h.AddCheck = func(name string, check func() error) {
		if check != nil {
			checks.Store(name, check)
		}
		addCheck(name, check)
	}
	return func() {
		checks.Range(func(_, check any) bool {
			contained(check.(func() error))
			return true
		})
	}
}
