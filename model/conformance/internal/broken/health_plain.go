package broken

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// plainHealthCases are wrong where nothing but the functions of every implementation is
// there to show it.
func plainHealthCases() []Case {
	return []Case{
		wrongPlain("the length of a body that is not ASCII is counted in characters", "HEALTH-6", func(i *impl) {
			onPlainAnswers(i, func(a *httptest.ResponseRecorder) {
				a.Header().Set("Content-Length", strconv.Itoa(utf8.RuneCount(a.Body.Bytes())))
			})
		}),
		wrongPlain("keys are in no order if a check fails", "HEALTH-12", func(i *impl) {
			onPlainAnswers(i, func(a *httptest.ResponseRecorder) {
				body := a.Body.String()
				before, rest, found := strings.Cut(body, `"checks":{`)
				list, after, ends := strings.Cut(rest, "}")
				if !found || !ends || a.Code == http.StatusOK || strings.ContainsAny(list, `\,`) && strings.Contains(list, `\`) {
					return
				}
				items := strings.Split(list, ",")
				slices.Reverse(items)
				setBody(a, before+`"checks":{`+strings.Join(items, ",")+"}"+after)
			})
		}),
		wrongPlain("a check that has failed is not replaced", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var failed sync.Map
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if _, known := failed.Load(name); known || check == nil {
						return
					}
					add(name, func() error {
						err := check()
						if err != nil {
							failed.Store(name, err)
						}
						return err
					})
				}
			})
		}),
		wrongPlain("a nil function leaves the check of that name as it is", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var known sync.Map
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if _, again := known.LoadOrStore(name, true); !again || check != nil {
						add(name, check)
					}
				}
			})
		}),
		wrongPlain("names of checks are the same in upper and lower case", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var names sync.Map
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					first, _ := names.LoadOrStore(strings.ToLower(name), name)
					add(first.(string), check)
				}
			})
		}),
		wrongPlain("HEAD runs the checks of a service that is not ready", "HEALTH-3", func(i *impl) {
			onHealth(i, func(h *funcs) {
				run := runsOfChecks(h)
				next := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(next, r)
					if r.Method == http.MethodHead && a.Code != http.StatusOK {
						run()
					}
					send(w, a)
				})
			})
		}),
		wrongPlain("liveness waits for the text of a check's error", "HEALTH-1 HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				texts, next := textsUnderLock(h), h.Liveness
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					texts.Lock()
					defer texts.Unlock()
					next.ServeHTTP(w, r)
				})
			})
		}).mayBreak("HEALTH-8"), // where that panics
		wrongPlain("SetReady waits for the text of a check's error", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.SetReady = underLock(textsUnderLock(h), h.SetReady)
			})
		}).mayBreak("HEALTH-8"),
		wrongPlain("each hundredth probe of liveness runs the checks", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				run, next := runsOfChecks(h), h.Liveness
				var probes atomic.Int64
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if probes.Add(1)%100 == 0 {
						run()
					}
					next.ServeHTTP(w, r)
				})
			})
		}),
		wrongPlain("HEAD does not read SetReady again", "HEALTH-5", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var unready atomic.Bool
				set, next := h.SetReady, h.Readiness
				h.SetReady = func(ready bool) {
					unready.Store(!ready)
					set(ready)
				}
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					was := unready.Load()
					a := answer(next, r)
					if r.Method == http.MethodHead && !was && unready.Load() {
						a.Code = http.StatusOK
					}
					send(w, a)
				})
			})
		}),
		wrongPlain("HTTP/1.0 gets a type of its own", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				next := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(next, r)
					if !r.ProtoAtLeast(1, 1) {
						a.Header().Set("Cache-Control", "private")
					}
					send(w, a)
				})
			})
		}),
		wrongPlain("the uptime of liveness counts from its first probe", "HEALTH-7", func(i *impl) {
			onHealth(i, func(h *funcs) {
				made := time.Now()
				var first atomic.Pointer[time.Time]
				h.Liveness = rewritten(h.Liveness, func(a *httptest.ResponseRecorder) {
					first.CompareAndSwap(nil, now())
					was, is := time.Since(made).Truncate(time.Second), time.Since(*first.Load()).Truncate(time.Second)
					setBody(a, strings.Replace(a.Body.String(), `"uptime":"`+was.String()+`"`, `"uptime":"`+is.String()+`"`, 1))
				})
			})
		}),
		wrongPlain("keys are in no order beyond a thousand checks", "HEALTH-12", func(i *impl) {
			onPlainAnswers(i, func(a *httptest.ResponseRecorder) {
				before, rest, found := strings.Cut(a.Body.String(), `"checks":{`)
				list, after, ends := strings.Cut(rest, "}")
				if items := strings.Split(list, ","); found && ends && len(items) > 1000 {
					slices.Reverse(items)
					setBody(a, before+`"checks":{`+strings.Join(items, ",")+"}"+after)
				}
			})
		}),
		wrongPlain("a body of more than a megabyte is cut", "HEALTH-12", func(i *impl) {
			onPlainAnswers(i, func(a *httptest.ResponseRecorder) {
				if a.Body.Len() > 1<<20 {
					a.Body.Truncate(1 << 20)
				}
			})
		}).mayBreak("HEALTH-2 HEALTH-6"), // which list every check, and say how long the body is
		wrongPlain("probes of readiness wait for each other", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				one, next := make(chan struct{}, 1), h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					one <- struct{}{}
					defer func() { <-one }()
					next.ServeHTTP(w, r)
				})
			})
		}),
		wrongPlain("liveness fails once a check has panicked", "HEALTH-1", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var panicked atomic.Bool
				add, alive := h.AddCheck, h.Liveness
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						add(name, nil)
						return
					}
					add(name, func() error {
						finished := false
						defer func() {
							if !finished {
								panicked.Store(true)
							}
						}()
						err := check()
						finished = true
						return err
					})
				}
				h.Liveness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if panicked.Load() {
						http.Error(w, errors.New("a check has panicked").Error(), http.StatusServiceUnavailable)
						return
					}
					alive.ServeHTTP(w, r)
				})
			})
		}).mayBreak("HEALTH-6"), // which is of every answer
	}
}

// textsUnderLock has the errors of checks asked for their texts under the lock that it
// returns.
func textsUnderLock(h *funcs) *sync.Mutex {
	texts, add := new(sync.Mutex), h.AddCheck
	h.AddCheck = func(name string, check func() error) {
		if check == nil {
			add(name, nil)
			return
		}
		add(name, func() error {
			err := check()
			if err != nil {
				texts.Lock()
				defer texts.Unlock()
				_ = err.Error()
			}
			return err
		})
	}
	return texts
}

// onPlainAnswers has f change each answer to GET of readiness.
func onPlainAnswers(i *impl, f func(a *httptest.ResponseRecorder)) {
	onHealth(i, func(h *funcs) {
		next := h.Readiness
		h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				next.ServeHTTP(w, r)
				return
			}
			rewritten(next, f).ServeHTTP(w, r)
		})
	})
}
