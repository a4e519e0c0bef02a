package broken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

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
