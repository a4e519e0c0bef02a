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

// hangCases are wrong about checks that exceed their timeouts, and about what
// SetReady and CheckOf say.
func hangCases() []Case {
	return []Case{
		wrong("a timeout that FailAfter tolerates is not logged", "HEALTH-16", func(i *impl) {
			onTolerated(i, func(func(), int) {})
		}),
		wrong("a timeout that FailAfter tolerates is not logged again after a pass", "HEALTH-16", func(i *impl) {
			onTolerated(i, func(log func(), n int) {
				if n == 1 {
					log()
				}
			})
		}),
		wrong("a timeout that FailAfter tolerates is logged twice", "HEALTH-16", func(i *impl) {
			onTolerated(i, func(log func(), _ int) { log(); log() })
		}),
		wrong("every timeout that FailAfter tolerates is logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						if c.FailAfter == 0 {
							add(name, check, c)
							return
						}
						add(name, func(ctx context.Context) error {
							defer context.AfterFunc(ctx, func() {
								if errors.Is(ctx.Err(), context.DeadlineExceeded) {
									log("WARN", "check timed out check="+name)
								}
							})()
							return check(ctx)
						}, c)
					}
				}
			})
		}),
		wrong("a timeout that FailAfter tolerates is a change", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				s.Log = func(level, line string) {
					log(level, line)
					if strings.Contains(line, tolerated) && s.Observe != nil {
						s.Observe("db-primary", errors.New("timed out"), time.Now())
					}
				}
				return nil
			})
		}),
		wrong("a timeout that follows another text within a minute is logged a minute late", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				s.Log = func(level, line string) {
					if strings.Contains(line, "another error") && strings.Contains(line, "timed out") {
						time.AfterFunc(time.Minute, func() { log(level, line) })
						return
					}
					log(level, line)
				}
				return nil
			})
		}),
		wrong("checks with a short timeout wait for one of 128 workers", "HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				places, add := make(chan struct{}, 128), h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil || s.Timeout == 0 || s.Timeout >= time.Second {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						select {
						case places <- struct{}{}:
						case <-ctx.Done():
							return ctx.Err()
						}
						defer func() { <-places }()
						return check(ctx)
					}, s)
				}
			})
		}),
		wrongPlain("SetReady is not read again when the checks are done", "HEALTH-5", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var notReady atomic.Bool
				setReady, readiness := h.SetReady, h.Readiness
				h.SetReady = func(ready bool) { notReady.Store(!ready); setReady(ready) }
				late := rewritten(readiness, func(a *httptest.ResponseRecorder) {
					if strings.Contains(a.Body.String(), `"not_ready"`) {
						a.Code = http.StatusOK
						replaceIn(`"not_ready"`, `"ok"`)(a)
					}
				})
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if notReady.Load() || r.Method != http.MethodGet {
						readiness.ServeHTTP(w, r)
						return
					}
					late.ServeHTTP(w, r)
				})
			})
		}),
		wrong("a check replaces one whose name reads like its own", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) { add(strings.ToValidUTF8(name, "\ufffd"), check) }
			})
		}),
		wrong("a key that is not UTF-8 comes last", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				const name = `("[^"]*(?:\\ufffd|\x{FFFD})[^"]*":"ok"),`
				h.Readiness = rewritten(h.Readiness, replaceIn(`"checks":\{([^}]*?)`+name+`([^}]*)\}`, `"checks":{$1$3,$2}`))
			})
		}),
		wrong("CheckOf ignores SetReady", "HEALTH-17", func(i *impl) {
			onCheckOf(i, func(status string, checks map[string]string, ready bool) (string, map[string]string, bool) {
				if status == "not_ready" {
					return "ok", checks, true
				}
				return status, checks, ready
			})
		}),
		wrong("CheckOf is always ready", "HEALTH-17", func(i *impl) {
			onCheckOf(i, func(status string, checks map[string]string, _ bool) (string, map[string]string, bool) {
				return status, checks, true
			})
		}),
		wrong("CheckOf lists no checks", "HEALTH-17", func(i *impl) {
			onCheckOf(i, func(status string, _ map[string]string, ready bool) (string, map[string]string, bool) {
				return status, nil, ready
			})
		}),
		wrong("CheckOf without groups runs every check", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.CheckOf
				h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
					if len(groups) == 0 {
						groups = []string{"read", "write"}
					}
					return of(ctx, groups...)
				}
			})
		}),
	}
}

// tolerated is what the log says of a timeout that FailAfter tolerates.
const tolerated = "until FailAfter is reached"

// onTolerated has f decide whether the n-th line about a timeout that FailAfter
// tolerates is logged.
func onTolerated(i *impl, f func(log func(), n int)) {
	onHealthWith(i, func(s *healthSettings) func(*funcs) {
		var mu sync.Mutex
		n, log := 0, s.Log
		s.Log = func(level, line string) {
			if !strings.Contains(line, tolerated) {
				log(level, line)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			n++
			f(func() { log(level, line) }, n)
		}
		return nil
	})
}

// onCheckOf has f change what CheckOf says.
func onCheckOf(i *impl, f func(status string, checks map[string]string, ready bool) (string, map[string]string, bool)) {
	onHealth(i, func(h *funcs) {
		of := h.CheckOf
		h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
			return f(of(ctx, groups...))
		}
	})
}
