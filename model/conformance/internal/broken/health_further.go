package broken

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model/conformance"
)

// furtherHealthCases are right for what is asked of a new handler on its own, and wrong
// for one that is old, behind a middleware, or given what its caller uses again.
func furtherHealthCases() []Case {
	return []Case{
		wrong("an observer of checks gets the time at which the handler was made", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				made := time.Now()
				if observe := s.Observe; observe != nil {
					s.Observe = func(check string, err error, _ time.Time) { observe(check, err, made) }
				}
				return nil
			})
		}),
		wrong("the third text of a check that goes on failing is not logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var mu sync.Mutex
				log, others := s.Log, 0
				s.Log = func(level, line string) {
					mu.Lock()
					if !strings.Contains(line, "another error") {
						others = 0
					} else if !strings.Contains(line, "timed out") {
						others++
					}
					third := others > 1
					mu.Unlock()
					if !third {
						log(level, line)
					}
				}
				return nil
			})
		}),
		wrong("each replacement that fails with another text is logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var mu sync.Mutex
				log, texts := s.Log, map[string]string{}
				s.Log = func(level, line string) {
					if !strings.Contains(line, "another error") {
						log(level, line)
					}
				}
				return func(h *funcs) {
					add, remove := h.AddCheckContext, h.RemoveCheck
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						if check == nil {
							add(name, nil, c)
							return
						}
						var once sync.Once
						add(name, func(ctx context.Context) error {
							err := check(ctx)
							once.Do(func() {
								mu.Lock()
								defer mu.Unlock()
								if was, failing := texts[name]; failing && err != nil && err.Error() != was {
									log("WARN", fmt.Sprintf("check fails with another error check=%s error=%v", name, err))
								}
								if delete(texts, name); err != nil {
									texts[name] = err.Error()
								}
							})
							return err
						}, c)
					}
					h.AddCheck = func(name string, check func() error) {
						if check == nil {
							h.AddCheckContext(name, nil, conformance.CheckSettings{})
							return
						}
						h.AddCheckContext(name, func(context.Context) error { return check() }, conformance.CheckSettings{})
					}
					h.RemoveCheck = func(name string) {
						mu.Lock()
						delete(texts, name)
						mu.Unlock()
						remove(name)
					}
				}
			})
		}),
		wrong("readiness of groups keeps the list of its caller", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { of(groups...).ServeHTTP(w, r) })
				}
			})
		}),
		wrong("CheckOf does not see the lifecycle in its context", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.CheckOf
				h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
					return of(valueless{ctx}, groups...)
				}
			})
		}),
		wrong("a Content-Type that a middleware has set stays", "HEALTH-6", stays("Content-Type")),
		wrong("a Cache-Control that a middleware has set stays", "HEALTH-6", stays("Cache-Control")),
		wrong("of names that become equal, one that FailAfter tolerates is shown", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var tolerated sync.Map // text by name, as answers have it
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil || s.FailAfter < 2 || utf8.ValidString(name) {
						add(name, check, s)
						return
					}
					add(name, func(ctx context.Context) error {
						err := check(ctx)
						if err != nil {
							tolerated.Store(strings.ToValidUTF8(name, "\ufffd"), err.Error())
						}
						return err
					}, s)
				}
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					tolerated.Range(func(name, text any) bool {
						replaceIn(regexp.QuoteMeta(`"`+name.(string))+`":"[^"]*"`, `"`+name.(string)+`":"`+text.(string)+`"`)(a)
						return true
					})
				})
			})
		}),
		wrong("a nil panic that recover does not show passes", "HEALTH-8", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						add(name, nil)
						return
					}
					add(name, func() error {
						defer func() {
							if v := recover(); v != nil {
								panic(v)
							}
						}()
						return check()
					})
				}
			})
		}),
		wrong("a check that AddCheck has added has no timeout", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add, addContext := h.AddCheck, h.AddCheckContext
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						add(name, nil)
						return
					}
					addContext(name, func(context.Context) error { return check() }, conformance.CheckSettings{Timeout: 1000 * time.Hour})
				}
			})
		}),
		wrong("a handler that is hours old waits longer than the timeout", "HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				made, readiness := time.Now(), h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					began := time.Now()
					a := answer(readiness, r)
					if began.Sub(made) > time.Hour && time.Since(began) > 50*time.Millisecond && strings.Contains(a.Body.String(), "timed out") {
						time.Sleep(time.Second)
					}
					send(w, a)
				})
			})
		}),
		wrong("a check that hangs after many texts is reported late", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var texts sync.Map // of failures
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if check == nil {
						add(name, nil, s)
						return
					}
					add(name, func(ctx context.Context) error {
						err := check(ctx)
						if err != nil && strings.HasPrefix(err.Error(), "refused in probe") {
							texts.Store(err.Error(), true)
						}
						return err
					}, s)
				}
				readiness := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a, n := answer(readiness, r), 0
					texts.Range(func(any, any) bool { n++; return true })
					if n > 2 && strings.Contains(a.Body.String(), "timed out") {
						time.Sleep(10 * time.Second)
					}
					send(w, a)
				})
			})
		}),
	}
}

// valueless is a context without its values.
type valueless struct{ context.Context }

// Value returns nil.
func (valueless) Value(any) any { return nil }

// stays makes a change that leaves a header as it is set before.
func stays(key string) func(i *impl) {
	return func(i *impl) {
		onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			set, isSet := w.Header()[key]
			a := answer(next, r)
			if isSet {
				a.Header()[key] = set
			}
			send(w, a)
		})
	}
}
