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

// combinedCases are wrong about checks with several settings at once.
func combinedCases() []Case {
	return []Case{
		wrong("a cached result outlives the check that is replaced", "HEALTH-13", func(i *impl) {
			type result struct {
				err error
				at  time.Time
			}
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				var last sync.Map
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil || s.CacheFor == 0 || s.RefreshAhead {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						if v, ok := last.Load(name); ok && time.Since(v.(result).at) < s.CacheFor {
							return v.(result).err
						}
						err := check(ctx)
						last.Store(name, result{err, time.Now()})
						return err
					}, s)
				}
			})
		}),
		wrong("Optional is ignored with FailAfter", "HEALTH-15", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.FailAfter > 0 {
					s.Optional = false
				}
			})
		}),
		wrong("only a result that passes is cached", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					keep := s.CacheFor
					if check == nil || keep == 0 || s.RefreshAhead {
						add(name, check, s)
						return
					}
					s.CacheFor = 0
					var passed time.Time
					add(name, func(ctx context.Context) error {
						if !passed.IsZero() && time.Since(passed) < keep {
							return nil
						}
						err := check(ctx)
						if err == nil {
							passed = time.Now()
						}
						return err
					}, s)
				}
			})
		}),
		wrong("CacheFor is ignored for an optional check", "HEALTH-9 HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.Optional {
					s.CacheFor = 0
				}
			})
		}),
		wrong("a timeout does not count for FailAfter", "HEALTH-18", func(i *impl) {
			onHealth(i, func(h *funcs) {
				tolerant := false
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					tolerant = tolerant || s.FailAfter > 1
					add(name, check, s)
				}
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if tolerant && a.Code == http.StatusServiceUnavailable && strings.Contains(a.Body.String(), "timed out") {
						a.Code = http.StatusOK
						replaceIn(`"status":"degraded"`, `"status":"ok"`)(a)
					}
				})
			})
		}),
		wrong("FailAfter is ignored with RefreshAhead", "HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.RefreshAhead {
					s.FailAfter = 0
				}
			})
		}),
		wrong("Optional is ignored with RefreshAhead", "HEALTH-15", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.RefreshAhead {
					s.Optional = false
				}
			})
		}),
		wrong("an optional check begins to fail with a run more than FailAfter says", "HEALTH-16", func(i *impl) {
			onObservedSettings(i, func(s *conformance.CheckSettings) {
				if s.Optional && s.FailAfter > 0 {
					s.FailAfter++
				}
			})
		}),
		wrong("with RefreshAhead a check has the default timeout", "HEALTH-16", func(i *impl) {
			onObservedSettings(i, func(s *conformance.CheckSettings) {
				if s.RefreshAhead {
					s.Timeout = 0
				}
			})
		}),
		wrong("the timeout of an optional check counts from its start", "HEALTH-10", func(i *impl) {
			onHealthWith(i, func(*healthSettings) func(h *funcs) {
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
						if timeout := s.Timeout; s.Optional && timeout > 0 && check != nil {
							s.Timeout = time.Hour
							inner := check
							check = func(ctx context.Context) error {
								ctx, cancel := context.WithTimeout(ctx, timeout)
								defer cancel()
								ended := make(chan error, 1)
								go func() { ended <- inner(ctx) }()
								select {
								case err := <-ended:
									return err
								case <-ctx.Done():
									return fmt.Errorf("timed out after %v", timeout)
								}
							}
						}
						add(name, check, s)
					}
				}
			})
		}).mayBreak("HEALTH-16"),
		wrong("RefreshAhead is ignored for an optional check", "HEALTH-18", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.Optional {
					s.RefreshAhead = false
				}
			})
		}),
		wrong("a check that replaces an optional one is optional", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				opt := map[string]bool{}
				var mu sync.Mutex
				add, addc, remove := h.AddCheck, h.AddCheckContext, h.RemoveCheck
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					mu.Lock()
					opt[name] = opt[name] || s.Optional
					s.Optional = opt[name]
					mu.Unlock()
					addc(name, check, s)
				}
				h.AddCheck = func(name string, check func() error) {
					mu.Lock()
					o := opt[name]
					mu.Unlock()
					if o && check != nil {
						addc(name, func(context.Context) error { return check() }, conformance.CheckSettings{Optional: true})
						return
					}
					add(name, check)
				}
				h.RemoveCheck = func(name string) { mu.Lock(); delete(opt, name); mu.Unlock(); remove(name) }
			})
		}),
		wrong("a check keeps the groups of the one that it replaces", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var groups sync.Map
				addc := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if g, ok := groups.LoadOrStore(name, s.Groups); ok {
						s.Groups = g.([]string)
					}
					addc(name, check, s)
				}
			})
		}),
	}
}

// againCases are wrong about checks the second time, or when several change at once.
func againCases() []Case {
	return []Case{
		wrong("of two reasons in a row the first is shown", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set, ready := h.SetNotReady, h.SetReady
				asked, reason, readiness := true, "", h.Readiness
				h.SetNotReady = func(why string) {
					if asked || reason == "" {
						reason = why
					}
					asked = false
					set(reason)
				}
				h.SetReady = func(b bool) { asked, reason = true, ""; ready(b) }
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = true; readiness.ServeHTTP(w, r) })
			})
		}),
		wrong("of several checks that change at once only one is observed", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				observe := s.Observe
				var mu sync.Mutex
				var last time.Time
				var whose string
				s.Observe = func(check string, err error, at time.Time) {
					mu.Lock()
					same := !last.IsZero() && at.Sub(last).Abs() < time.Millisecond && check != whose
					last, whose = at, check
					mu.Unlock()
					if !same {
						observe(check, err, at)
					}
				}
				return nil
			})
		}),
		wrong("the second time a check passes again is not logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				n := map[string]int{}
				s.Log = func(level, line string) {
					if strings.Contains(line, "passes again") {
						if n[line]++; n[line] > 1 {
							return
						}
					}
					log(level, line)
				}
				return nil
			})
		}),
		wrong("only the first call of Follow counts", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow := h.Follow
				done := false
				h.Follow = func(ctx context.Context) {
					if i.State(ctx) == "" {
						follow(ctx)
						return
					}
					if !done {
						done = true
						follow(ctx)
					}
				}
			})
		}),
		wrong("after fifty panics no check runs any more", "HEALTH-8", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var panics atomic.Int64
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						add(name, nil)
						return
					}
					add(name, func() error {
						if panics.Load() > 50 {
							return errors.New("no worker is left")
						}
						o := contained(check)
						if o.panicked || o.exited {
							panics.Add(1)
						}
						return o.again()
					})
				}
			})
		}),
	}
}
