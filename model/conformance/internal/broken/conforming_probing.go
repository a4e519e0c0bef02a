package broken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// probingVariants run checks, log and observe by other means, all of which are right.
func probingVariants() []variant {
	return append(answeringVariants(), []variant{
		{"rounds timeouts and CacheFor up to milliseconds", "HEALTH", func(i *impl) {
			up := func(d *time.Duration) {
				if *d > 0 && *d < 1e6*time.Hour {
					*d = (*d + time.Millisecond - 1).Truncate(time.Millisecond)
				}
			}
			onCheckSettings(i, func(s *conformance.CheckSettings) { up(&s.Timeout); up(&s.CacheFor) })
		}},
		{"takes some milliseconds for each check and each probe", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error { time.Sleep(2 * time.Millisecond); return o.again() })
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				time.Sleep(2 * time.Millisecond)
				next.ServeHTTP(w, r)
			})
		}},
		{"begins each check some milliseconds later", "HEALTH", func(i *impl) {
			onContextChecks(i, func(check task) task {
				if check == nil {
					return nil
				}
				return func(ctx context.Context) error { time.Sleep(2 * time.Millisecond); return check(ctx) }
			})
		}},
		{"gives checks contexts of its own type", "HEALTH", func(i *impl) {
			onContextChecks(i, func(check task) task {
				if check == nil {
					return nil
				}
				return func(ctx context.Context) error {
					return check(&ownContext{Context: context.WithValue(ctx, noteKey[int]{}, 1)})
				}
			})
		}},
		{"wraps what a check returns, with the same text", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.err != nil && isPlainText(o.err) {
					return reworded{o.err, errorText(o.err)}
				}
				return o.again()
			})
		}},
		{"runs a dozen checks at once, and more when those take long", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				slots := make(chan struct{}, 12)
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
					add(name, inSlot(slots, check), c)
				}
			})
		}},
		{"has observers get changes in batches", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				if observe := s.Observe; observe != nil {
					later := batches{every: 500 * time.Millisecond}
					s.Observe = func(check string, err error, at time.Time) {
						later.add(func() { observe(check, err, at) })
					}
				}
				return nil
			})
		}},
		{"gives observers errors of its own type, and times in seconds", "HEALTH", func(i *impl) {
			onObserve(i, func(check string, err error, at time.Time, observe observeFunc) {
				if err != nil {
					err = fmt.Errorf("%w", reworded{errors.New("a check failed"), err.Error()})
				}
				observe(check, err, at.UTC().Truncate(time.Second))
			})
		}},
		{"logs on a goroutine of its own", "HEALTH", func(i *impl) {
			onHealthLog(i, func(write func(level, line string)) func(level, line string) {
				later := new(batches)
				return func(level, line string) { later.add(func() { write(level, line) }) }
			})
		}},
		{"logs changes with more about them", "HEALTH", func(i *impl) {
			onHealthLog(i, func(write func(level, line string)) func(level, line string) {
				return func(level, line string) {
					write(level, "ready=false pid=12 "+line+" at="+time.Now().Format(time.RFC3339Nano))
					write("DEBUG", "more about it: "+line)
				}
			})
		}},
		{"logs each check that is added", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				write := s.Log
				if write == nil {
					return nil
				}
				return func(h *funcs) {
					add, addContext := h.AddCheck, h.AddCheckContext
					h.AddCheck = func(name string, check func() error) { write("INFO", "added "+name); add(name, check) }
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						write("INFO", "added "+name)
						addContext(name, check, c)
					}
				}
			})
		}},
		{"makes one change after another", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var mu sync.Mutex
				add, addContext, remove, set, setNot := h.AddCheck, h.AddCheckContext, h.RemoveCheck, h.SetReady, h.SetNotReady
				h.AddCheck = func(name string, check func() error) { mu.Lock(); defer mu.Unlock(); add(name, check) }
				h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
					mu.Lock()
					defer mu.Unlock()
					addContext(name, check, c)
				}
				h.RemoveCheck = func(name string) { mu.Lock(); defer mu.Unlock(); remove(name) }
				h.SetReady = func(ready bool) { mu.Lock(); defer mu.Unlock(); set(ready) }
				h.SetNotReady = func(reason string) { mu.Lock(); defer mu.Unlock(); setNot(reason) }
			})
		}},
	}...)
}

// answeringVariants answer probes in other ways.
func answeringVariants() []variant {
	return []variant{
		{"writes JSON for people who ask for it", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					rewritten(inner, func(a *httptest.ResponseRecorder) {
						if !r.URL.Query().Has("pretty") && !strings.Contains(r.Header.Get("Accept"), "text/html") {
							return
						}
						var indented bytes.Buffer
						if json.Indent(&indented, a.Body.Bytes(), "", "\t") == nil {
							setBody(a, indented.String())
						}
					}).ServeHTTP(w, r)
				})
			})
		}},
		{"lists checks that it does not run when it is not ready", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); strings.Contains(body, `"not_ready"`) && strings.HasSuffix(body, "}") {
						setBody(a, strings.TrimSuffix(body, "}")+`,"checks":{"all":"not run"}}`)
					}
				})
			})
		}},
		{"names a charset for browsers", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					rewritten(inner, func(a *httptest.ResponseRecorder) {
						if strings.HasPrefix(r.Header.Get("Accept"), "text/") {
							a.Header().Set("Content-Type", "application/json;charset=utf-8")
						}
					}).ServeHTTP(w, r)
				})
			})
		}},
		{"says with each answer what is allowed, and when to come again", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				a.Header()["Allow"] = []string{"GET", "HEAD"}
				a.Header().Set("Retry-After", "5")
				a.Header().Set("Vary", "Accept")
				a.Header().Set("Connection", "keep-alive")
			})
		}},
		{"says of whatever reads like ok what it was", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if isPlainText(o.err) && strings.EqualFold(strings.TrimSpace(errorText(o.err)), "ok") {
					return fmt.Errorf("the check returned an error that says %q", errorText(o.err))
				}
				return o.again()
			})
		}},
		{"answers one probe of liveness after another", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var mu sync.Mutex
				inner := h.Liveness
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := httptest.NewRecorder()
					func() {
						mu.Lock()
						defer mu.Unlock()
						inner.ServeHTTP(a, r)
					}()
					send(w, a)
				})
			})
		}},
	}
}

// inSlot is a check that waits for a slot, but not for long.
func inSlot(slots chan struct{}, check task) task {
	if check == nil {
		return nil
	}
	return func(ctx context.Context) error {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-time.After(5 * time.Millisecond):
		}
		return check(ctx)
	}
}

// onHealthLog has f return what writes the lines of a health handler.
func onHealthLog(i *impl, f func(write func(level, line string)) func(level, line string)) {
	onHealthWith(i, func(s *healthSettings) func(h *funcs) {
		if s.Log != nil {
			s.Log = f(s.Log)
		}
		return nil
	})
}

// batches calls functions in order, on goroutines of its own, and some time later.
type batches struct {
	every time.Duration
	mu    sync.Mutex
	calls []func()
	busy  bool
}

// add has f be called.
func (b *batches) add(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, f)
	if !b.busy {
		b.busy = true
		time.AfterFunc(b.every, b.flush)
	}
}

// flush calls what there is to call until nothing is left.
func (b *batches) flush() {
	for {
		b.mu.Lock()
		calls := b.calls
		b.calls, b.busy = nil, len(calls) > 0
		b.mu.Unlock()
		if len(calls) == 0 {
			return
		}
		for _, f := range calls {
			contained(func() error { f(); return nil })
		}
	}
}
