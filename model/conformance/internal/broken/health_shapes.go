package broken

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/model/conformance"
)

// answerShapeCases are right for what a test usually asks, and wrong for requests, texts, ends
// and settings of another shape.
func answerShapeCases() []Case {
	return []Case{
		wrong("liveness reads the request's body", "HEALTH-1", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Body != nil {
					_, _ = io.ReadAll(r.Body)
				}
				next.ServeHTTP(w, r)
			})
		}),
		wrong("HTTP/1.0 is not answered", "HEALTH-6", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.ProtoMajor == 1 && r.ProtoMinor == 0 {
					w.WriteHeader(http.StatusHTTPVersionNotSupported)
					return
				}
				next.ServeHTTP(w, r)
			})
		}),
		wrong("a body over 64 KiB is cut", "HEALTH-12", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if body := a.Body.String(); len(body) > 64<<10 {
					setBody(a, body[:64<<10])
				}
			})
		}),
		wrong("an optional check whose name is not UTF-8 passes", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					if s.Optional && check != nil && !utf8.ValidString(name) {
						check = func(context.Context) error { return nil }
					}
					add(name, check, s)
				}
			})
		}),
		wrong("a check that replaces another is run twice", "HEALTH-13", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var before sync.Map
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if _, ok := before.Swap(name, true); ok && check != nil {
						once := check
						check = func() error { return errors.Join(once(), once()) }
					}
					add(name, check)
				}
			})
		}),
		wrong("a check that panics with an empty text has none", "HEALTH-12", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked && o.value == "" {
					return errors.New("no-text")
				}
				return o.again()
			})
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				setBody(a, strings.ReplaceAll(a.Body.String(), `"no-text"`, `""`))
			})
		}),
		wrong("the answer has checks though no check is left", "HEALTH-2", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var removed atomic.Bool
				remove := h.RemoveCheck
				h.RemoveCheck = func(name string) { removed.Store(true); remove(name) }
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); removed.Load() && a.Code == http.StatusOK && !strings.Contains(body, `"checks"`) {
						setBody(a, strings.TrimSuffix(body, "}")+`,"checks":{}}`)
					}
				})
			})
		}),
		wrong("a check that fails with a text that begins with ok passes", "HEALTH-12", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if isPlainText(o.err) && len(errorText(o.err)) > 2 && strings.HasPrefix(strings.ToLower(errorText(o.err)), "ok") {
					return nil
				}
				return o.again()
			})
		}),
		wrong("each panic takes a slot for good", "HEALTH-8", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var lost atomic.Int64
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					add(name, losing(&lost, check), s)
				}
				h.AddCheck = func(name string, check func() error) {
					var withContext task
					if check != nil {
						withContext = func(context.Context) error { return check() }
					}
					h.AddCheckContext(name, withContext, conformance.CheckSettings{})
				}
			})
		}),
		wrong("a late result makes a cached one void", "HEALTH-9", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheckContext
				h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
					add(name, voided(h, add, name, check, s), s)
				}
			})
		}),
		wrong("the longest CacheFor keeps nothing", "HEALTH-9", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.CacheFor == math.MaxInt64 {
					s.CacheFor = 0
				}
			})
		}),
		wrong("a timeout over a second is in whole seconds", "HEALTH-9", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.Timeout > time.Second && s.Timeout < time.Minute {
					s.Timeout = s.Timeout.Truncate(time.Second)
				}
			})
		}),
		wrong("an observer gets the check's name in lower case", "HEALTH-16", func(i *impl) {
			onObserve(i, func(check string, err error, at time.Time, observe observeFunc) {
				observe(strings.ToLower(check), err, at)
			})
		}),
		wrong("an observer gets a long text as the check returned it", "HEALTH-16", func(i *impl) {
			onObserve(i, func(check string, err error, at time.Time, observe observeFunc) {
				if err != nil && len(err.Error()) > 1000 {
					err = errors.New(strings.TrimSuffix(err.Error(), "…"))
				}
				observe(check, err, at)
			})
		}),
		wrong("a slow observer misses changes", "HEALTH-16", func(i *impl) {
			var mu sync.Mutex
			busy := false
			onObserve(i, func(check string, err error, at time.Time, observe observeFunc) {
				mu.Lock()
				late := busy
				busy = true
				mu.Unlock()
				if late {
					return
				}
				go func() {
					observe(check, err, at)
					mu.Lock()
					defer mu.Unlock()
					busy = false
				}()
			})
		}),
		wrong("start-up ignores the run in the request's context", "HEALTH-15", func(i *impl) {
			onHealth(i, func(h *funcs) {
				inner := h.Startup
				h.Startup = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					inner.ServeHTTP(w, r.WithContext(context.Background()))
				})
			})
		}),
		wrong("the run in the request's context is looked at once", "HEALTH-5", func(i *impl) {
			onHealth(i, func(h *funcs) {
				inner := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if source, ok := fsm.FromContext(r.Context()); ok {
						r = r.WithContext(fsm.NewContext(r.Context(), frozen{source, source.State()}))
					}
					inner.ServeHTTP(w, r)
				})
			})
		}),
	}
}

// losing is a check that takes longer once more than 250 runs have panicked.
func losing(lost *atomic.Int64, check task) task {
	if check == nil {
		return nil
	}
	return func(ctx context.Context) error {
		if lost.Load() > 250 {
			time.Sleep(80 * time.Millisecond)
		}
		o := contained(func() error { return check(ctx) })
		if o.panicked {
			lost.Add(1)
		}
		return o.again()
	}
}

// frozen is a source whose state does not change.
type frozen struct {
	fsm.Source
	state fsm.State
}

// State returns the state that it was in.
func (f frozen) State() fsm.State { return f.state }

// isPlainText reports whether an error is one of errors.New.
func isPlainText(err error) bool { return reflect.TypeOf(err) == reflect.TypeOf(errors.New("")) }

// errorText is the text of an error, "" if its Error panics.
func errorText(err error) (text string) {
	defer func() { _ = recover() }()
	return err.Error()
}

// voided is a check whose late result has it added again, without what is cached.
func voided(h *funcs, add func(string, func(context.Context) error, conformance.CheckSettings), name string, check func(context.Context) error, s conformance.CheckSettings) func(context.Context) error {
	if check == nil || s.CacheFor == 0 {
		return check
	}
	return func(ctx context.Context) error {
		err := check(ctx)
		if ctx.Err() != nil {
			add(name, voided(h, add, name, check, s), s)
		}
		return err
	}
}

type observeFunc = func(check string, err error, at time.Time)

// onObserve has f called with each change, and with what would have been.
func onObserve(i *impl, f func(check string, err error, at time.Time, observe observeFunc)) {
	onHealthWith(i, func(s *healthSettings) func(h *funcs) {
		if observe := s.Observe; observe != nil {
			s.Observe = func(check string, err error, at time.Time) { f(check, err, at, observe) }
		}
		return nil
	})
}
