package broken

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// userErrorCases are wrong about what checks return and panic with, and about checks that
// come and go.
func userErrorCases() []Case {
	return []Case{
		wrong("a check that returns context.Canceled passes", "HEALTH-2", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if errors.Is(o.err, context.Canceled) {
					return nil
				}
				return o.again()
			})
		}),
		wrong("context.DeadlineExceeded is taken for the timeout", "HEALTH-2", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if errors.Is(o.err, context.DeadlineExceeded) {
					return errors.New("timed out")
				}
				return o.again()
			})
		}),
		wrong("a check that panics with http.ErrAbortHandler passes", "HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked && o.value == http.ErrAbortHandler {
					return nil
				}
				return o.again()
			})
		}),
		wrong("a panic with an error that panics ends the process", "HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if err, ok := o.value.(error); ok && o.panicked {
					ended := make(chan string)
					go func() { ended <- err.Error() }()
					return errors.New(<-ended)
				}
				return o.again()
			})
		}),
		wrong("the text of an error is taken while the probe waits", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var all sync.Map
				add, readiness := h.AddCheckContext, h.Readiness
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					if check == nil {
						add(name, nil, s)
						return
					}
					add(name, func(ctx context.Context) error {
						err := check(ctx)
						if err != nil {
							all.Store(name, err)
						}
						return err
					}, s)
				}
				h.Readiness = rewritten(readiness, func(*httptest.ResponseRecorder) {
					all.Range(func(name, err any) bool {
						all.Delete(name)
						contained(func() error { _ = err.(error).Error(); return nil })
						return true
					})
				})
			})
		}),
		wrong("a probe beside another gets the answer before", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				readiness := h.Readiness
				var asked atomic.Int64
				var last atomic.Pointer[httptest.ResponseRecorder]
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					beside := asked.Add(1) > 1
					defer asked.Add(-1)
					a := last.Load()
					if a == nil || !beside || r.Method != http.MethodGet {
						if a = answer(readiness, r); r.Method == http.MethodGet {
							last.Store(a)
						}
					}
					maps.Copy(w.Header(), a.Header().Clone())
					w.WriteHeader(a.Code)
					w.Write(a.Body.Bytes())
				})
			})
		}),
		wrong("the text of an error is taken for a format", "HEALTH-12", func(i *impl) {
			onAnswers(i, replaceIn(`%d`, `%!d(MISSING)`))
		}),
		wrong("Optional is ignored with a group", "HEALTH-15", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if len(s.Groups) == 1 {
					s.Optional = false
				}
			})
		}),
		wrong("a check that was removed and added again fails unobserved", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				observe := s.Observe
				if observe == nil {
					return nil
				}
				var mu sync.Mutex
				failing, removed := map[string]bool{}, map[string]bool{}
				s.Observe = func(check string, err error, at time.Time) {
					mu.Lock()
					known := err != nil && failing[check] && removed[check]
					failing[check], removed[check] = err != nil, false
					mu.Unlock()
					if !known {
						observe(check, err, at)
					}
				}
				return func(h *funcs) {
					remove := h.RemoveCheck
					h.RemoveCheck = func(name string) {
						mu.Lock()
						removed[name] = true
						mu.Unlock()
						remove(name)
					}
				}
			})
		}),
		wrong("readiness of a group leaves out checks that are added later", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var known sync.Map
				add, of := h.AddCheckContext, h.ReadinessOf
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					known.Store(name, true)
					add(name, check, s)
				}
				h.ReadinessOf = func(groups ...string) http.Handler {
					then := map[any]bool{}
					known.Range(func(name, _ any) bool { then[name] = true; return true })
					return rewritten(of(groups...), func(a *httptest.ResponseRecorder) { keepChecks(a, then) })
				}
			})
		}),
		wrong("the case of a group does not count", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler {
					lower := strings.Split(strings.ToLower(strings.Join(groups, "\n")), "\n")
					return of(lower[:len(groups)]...)
				}
			})
		}),
	}
}

// keepChecks leaves only those checks in an answer, and what follows from them.
func keepChecks(a *httptest.ResponseRecorder, known map[any]bool) {
	fields := map[string]any{}
	_ = json.Unmarshal(a.Body.Bytes(), &fields)
	checks, _ := fields["checks"].(map[string]any)
	all := len(checks)
	maps.DeleteFunc(checks, func(name string, _ any) bool { return !known[name] })
	if len(checks) == all {
		return
	}
	if len(checks) == 0 {
		a.Code, fields["status"] = http.StatusOK, "ok"
		delete(fields, "checks")
	}
	body, _ := json.Marshal(fields)
	setBody(a, string(body))
}
