package broken

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/greynewell/mist-go/fsm"
)

// following returns a function that returns the lifecycle last given to Follow, nil if
// there is none.
func following(h *funcs) func() fsm.Source {
	type source struct{ fsm.Source }
	var last atomic.Pointer[source]
	follow := h.Follow
	h.Follow = func(ctx context.Context) {
		if s, ok := fsm.FromContext(ctx); ok {
			last.Store(&source{s})
		}
		follow(ctx)
	}
	return func() fsm.Source {
		if s := last.Load(); s != nil {
			return s.Source
		}
		return nil
	}
}

// failing answers 503 instead of 200 when so says so.
func failing(h http.Handler, so func() bool) http.Handler {
	return rewritten(h, func(a *httptest.ResponseRecorder) {
		if a.Code == http.StatusOK && so() {
			a.Code = http.StatusServiceUnavailable
			replaceIn(`"status":"ok"`, `"status":"not_ready"`)(a)
		}
	})
}

// stateOfRunCases are wrong about what SetReady, Follow and the state of a run mean for
// each other, and for the other endpoints.
func stateOfRunCases() []Case {
	return []Case{
		wrong("liveness fails when the run is over", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				followed := following(h)
				h.Liveness = failing(h.Liveness, func() bool { s := followed(); return s != nil && s.State() == fsm.Stopped })
			})
		}),
		wrong("SetReady counts its calls", "HEALTH-3", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set := h.SetReady
				var off atomic.Int64
				h.SetReady = func(ready bool) {
					if !ready {
						off.Add(1)
						set(false)
					} else if off.Add(-1) <= 0 {
						off.Store(0)
						set(true)
					}
				}
			})
		}),
		wrong("Follow makes a service ready", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow, set := h.Follow, h.SetReady
				h.Follow = func(ctx context.Context) {
					if follow(ctx); ctx.Value(playKey{}) == nil {
						set(true)
					}
				}
			})
		}),
		wrong("a run that is followed twice is not followed", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				followed, readiness := following(h), h.Readiness
				follow := h.Follow
				var not atomic.Bool
				h.Follow = func(ctx context.Context) {
					before := followed()
					follow(ctx)
					not.Store(before != nil && before == followed())
				}
				h.Readiness = rewritten(readiness, func(a *httptest.ResponseRecorder) {
					if not.Load() && strings.Contains(a.Body.String(), `"state"`) {
						a.Code = http.StatusOK
					}
				})
			})
		}),
		wrong("SetReady(false) is forgotten when the run has started", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				followed, set, readiness := following(h), h.SetReady, h.Readiness
				var early atomic.Bool
				h.SetReady = func(ready bool) {
					s := followed()
					early.Store(!ready && s != nil && s.State() == fsm.Starting)
					set(ready)
				}
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if s := followed(); s != nil && s.State() == fsm.Running && early.Swap(false) {
						set(true)
					}
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("start-up fails when a run was stopped before it was running", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				followed := following(h)
				var ran atomic.Bool
				h.Startup = failing(h.Startup, func() bool {
					s := followed()
					if s == nil || s.State() == fsm.Running {
						ran.Store(true)
					}
					return !ran.Load()
				})
			})
		}),
		wrong("start-up fails after SetReady(false)", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set := h.SetReady
				var off atomic.Bool
				h.SetReady = func(ready bool) { off.Store(!ready); set(ready) }
				h.Startup = failing(h.Startup, off.Load)
			})
		}),
		wrong("start-up fails when readiness has failed", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var degraded atomic.Bool
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					degraded.Store(strings.Contains(a.Body.String(), `"degraded"`))
				})
				h.Startup = failing(h.Startup, degraded.Load)
			})
		}),
		wrong("the reason stays after SetReady(false)", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set, setNot := h.SetReady, h.SetNotReady
				var last atomic.Pointer[string]
				h.SetNotReady = func(reason string) { last.Store(&reason); setNot(reason) }
				h.SetReady = func(ready bool) {
					if reason := last.Load(); !ready && reason != nil {
						setNot(*reason)
						return
					}
					last.Store(nil)
					set(ready)
				}
			})
		}),
	}
}
