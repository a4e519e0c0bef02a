package broken

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model/conformance"
)

// rareHealthCases are right for the texts, values, settings and turns that are usual.
func rareHealthCases() []Case {
	return []Case{
		wrong("a check that returns a nil pointer that is an error passes", "HEALTH-2", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if v := reflect.ValueOf(o.err); o.err != nil && v.Kind() == reflect.Pointer && v.IsNil() {
					return nil
				}
				return o.again()
			})
		}),
		wrong("a panic with a value that panics with itself when printed ends the process", "HEALTH-8", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					printed := make(chan struct{})
					go func() {
						defer close(printed)
						_ = fmt.Sprint(o.value)
					}()
					<-printed
				}
				return o.again()
			})
		}),
		wrong("a text of 1 KiB is cut", "HEALTH-12", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if isPlainText(o.err) && len(errorText(o.err)) == 1<<10 {
					return errors.New(errorText(o.err) + "x")
				}
				return o.again()
			})
		}),
		wrong("a long text without the first byte of a rune is lost", "HEALTH-12", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				text := ""
				if isPlainText(o.err) {
					text = errorText(o.err)
				}
				if len(text) > 1<<10 && !strings.ContainsFunc(text, func(r rune) bool { return r != utf8.RuneError }) && !utf8.RuneStart(text[0]) {
					panic("index out of range")
				}
				return o.again()
			})
		}),
		wrong("the memory of a body is used for the next before it is written", "HEALTH-14", func(i *impl) {
			var bodies sync.Pool
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(inner, r)
					body, _ := bodies.Get().(*[]byte)
					if body == nil {
						body = new([]byte)
					}
					*body = append((*body)[:0], a.Body.Bytes()...)
					b := *body
					bodies.Put(body)
					a.Body = bytes.NewBuffer(b)
					send(w, a)
				})
			})
		}),
		wrong("start-up of no run is not found", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Startup = rewritten(h.Startup, func(a *httptest.ResponseRecorder) {
					if a.Code == http.StatusOK && !strings.Contains(a.Body.String(), `"state"`) {
						a.Code = http.StatusNotFound
					}
				})
			})
		}),
		wrong("a text that comes too soon after another is never logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var mu sync.Mutex
				log, came, last := s.Log, map[string]time.Time{}, map[string]string{} // by the text, by the name
				s.Log = func(level, line string) {
					mu.Lock()
					tooSoon := false
					for text, at := range came {
						tooSoon = tooSoon || strings.Contains(line, "with another error") && text != "" && strings.Contains(line, text) && time.Since(at) > time.Second
					}
					mu.Unlock()
					if !tooSoon {
						log(level, line)
					}
				}
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						if check == nil {
							add(name, nil, c)
							return
						}
						add(name, func(ctx context.Context) error {
							err := check(ctx)
							mu.Lock()
							defer mu.Unlock()
							if text := errorText(err); text != last[name] {
								came[text], last[name] = time.Now(), text
							}
							return err
						}, c)
					}
				}
			})
		}),
		wrong("with FailAfter the text is that of the first run", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var mu sync.Mutex
				first := map[string]string{} // by the name of a check that has not passed since
				observe := s.Observe
				if observe == nil {
					return nil
				}
				s.Observe = func(check string, err error, at time.Time) {
					mu.Lock()
					if text := first[check]; err != nil && text != "" && !strings.Contains(err.Error(), "timed out") {
						err = errors.New(text)
					}
					mu.Unlock()
					observe(check, err, at)
				}
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						if check == nil || c.FailAfter < 2 {
							add(name, check, c)
							return
						}
						add(name, func(ctx context.Context) error {
							err := check(ctx)
							mu.Lock()
							defer mu.Unlock()
							if err == nil {
								delete(first, name)
							} else if first[name] == "" {
								first[name] = errorText(err)
							}
							return err
						}, c)
					}
				}
			})
		}),
		wrong("after a hundred changes an observer gets each on a goroutine of its own", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				var calls atomic.Int64
				if observe := s.Observe; observe != nil {
					s.Observe = func(check string, err error, at time.Time) {
						if calls.Add(1) > 100 {
							go observe(check, err, at)
							return
						}
						observe(check, err, at)
					}
				}
				return nil
			})
		}),
		wrong("the answer has checks though the group has no check", "HEALTH-17", func(i *impl) {
			onGroups(i, func(a *httptest.ResponseRecorder) {
				if body := a.Body.String(); !strings.Contains(body, `"checks"`) && a.Code == http.StatusOK {
					setBody(a, strings.TrimSuffix(body, "}")+`,"checks":{}}`)
				}
			})
		}),
		wrong("readiness of a group that has checks leaves out those added later", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var mu sync.Mutex
				names := map[any]bool{}
				add, of := h.AddCheckContext, h.ReadinessOf
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					mu.Lock()
					names[name] = true
					mu.Unlock()
					add(name, check, s)
				}
				h.ReadinessOf = func(groups ...string) http.Handler {
					mu.Lock()
					defer mu.Unlock()
					if len(names) == 0 {
						return of(groups...)
					}
					then := maps.Clone(names)
					return rewritten(of(groups...), func(a *httptest.ResponseRecorder) { keepChecks(a, then) })
				}
			})
		}),
		wrong("CheckOf is not ready when an optional check fails", "HEALTH-17", checkOfNeeds(func(s conformance.CheckSettings) bool { return s.Optional })),
		wrong("CheckOf is not ready while FailAfter tolerates a failure", "HEALTH-17", checkOfNeeds(func(s conformance.CheckSettings) bool { return s.FailAfter > 1 })),
	}
}

// checkOfNeeds makes a change that has CheckOf need such checks to say ok.
func checkOfNeeds(such func(s conformance.CheckSettings) bool) func(i *impl) {
	return func(i *impl) {
		onHealth(i, func(h *funcs) {
			var needed sync.Map
			add, of := h.AddCheckContext, h.CheckOf
			h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
				if such(s) {
					needed.Store(name, true)
				}
				add(name, check, s)
			}
			h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
				status, checks, ready := of(ctx, groups...)
				for name, text := range checks {
					_, needs := needed.Load(name)
					ready = ready && (text == "ok" || !needs)
				}
				return status, checks, ready
			}
		})
	}
}
