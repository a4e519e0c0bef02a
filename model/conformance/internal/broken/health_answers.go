package broken

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func answerCases() []Case {
	return []Case{
		wrong("Content-Type is text", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) { a.Header().Set("Content-Type", "text/plain") })
		}),
		wrong("Cache-Control is missing", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) { a.Header().Del("Cache-Control") })
		}),
		wrong("Cache-Control is missing unless the answer is 200", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if a.Code != http.StatusOK {
					a.Header().Del("Cache-Control")
				}
			})
		}),
		wrong("Content-Length is missing unless the answer is 200", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if a.Code != http.StatusOK {
					a.Header().Del("Content-Length")
				}
			})
		}),
		wrong("HEAD is always 200", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				readiness := h.Readiness
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(readiness, r)
					if r.Method == http.MethodHead {
						a.Code = http.StatusOK
					}
					send(w, a)
				})
			})
		}),
		wrong("every method is answered", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					*endpoint = anyMethod(*endpoint)
				}
			})
		}),
		wrong("start-up answers every method", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) { h.Startup = anyMethod(h.Startup) })
		}),
		wrong("the uptime has fractions", "HEALTH-7", func(i *impl) {
			onAnswers(i, replaceIn(`("uptime":"[^"]*)s"`, `${1}.5s"`))
		}),
		wrong("the uptime goes back each minute", "HEALTH-7", func(i *impl) {
			uptime := regexp.MustCompile(`"uptime":"([^"]*)"`)
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				found := uptime.FindStringSubmatch(a.Body.String())
				if found == nil {
					return
				}
				up, _ := time.ParseDuration(found[1])
				setBody(a, strings.Replace(a.Body.String(), found[0], `"uptime":"`+(up%time.Minute).String()+`"`, 1))
			})
		}),
		wrong("the uptime of readiness with checks is zero", "HEALTH-7", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, replaceIn(`"uptime":"[^"]*"(,"checks")`, `"uptime":"0s"$1`))
			})
		}),
		wrong("the uptime is zero unless the answer is 200", "HEALTH-7", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if a.Code != http.StatusOK {
					replaceIn(`"uptime":"[^"]*"`, `"uptime":"0s"`)(a)
				}
			})
		}),
		wrong("the uptime of start-up is zero", "HEALTH-7", func(i *impl) {
			onHealth(i, func(h *funcs) { h.Startup = rewritten(h.Startup, replaceIn(`"uptime":"[^"]*"`, `"uptime":"0s"`)) })
		}),
		wrong("the length of a body over 1 KiB is that of its buffer", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if n, _ := strconv.Atoi(a.Header().Get("Content-Length")); n > 1<<10 {
					a.Header().Set("Content-Length", "1024")
				}
			})
		}),
		wrong("the keys are not sorted once a check is added later", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var asked, later atomic.Bool
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) { later.Store(asked.Load()); add(name, check) }
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					asked.Store(true)
					if later.Load() {
						setBody(a, withFirstLast.ReplaceAllString(a.Body.String(), `"checks":{$2,$1}`))
					}
				})
			})
		}),
		wrong("quotes are not escaped", "HEALTH-12", func(i *impl) {
			onAnswers(i, replaceIn(`\\"`, `"`))
		}),
		wrong("the keys are not sorted", "HEALTH-12", func(i *impl) {
			onAnswers(i, replaceIn(`"checks":\{("[^"]*":"[^"]*"),(.*)\}\}`, `"checks":{$2,$1}}`))
		}),
		wrong("the probe that is under way locks the handler", "HEALTH-13 HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone, addCheck := betweenProbes(h), h.AddCheck
				h.AddCheck = func(name string, check func() error) { alone(func() { addCheck(name, check) }) }
			})
		}),
	}
}

// anyMethod takes every method but HEAD for GET.
func anyMethod(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			r = r.Clone(r.Context())
			r.Method = http.MethodGet
		}
		h.ServeHTTP(w, r)
	})
}

// onAnswers has f change the answers of every endpoint.
func onAnswers(i *impl, f func(a *httptest.ResponseRecorder)) {
	onHealth(i, func(h *funcs) {
		for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
			*endpoint = rewritten(*endpoint, f)
		}
	})
}

// withFirstLast finds checks of which the first is to be the last.
var withFirstLast = regexp.MustCompile(`"checks":\{("[a-z]":"ok"),("[^{}]*")\}`)
