package broken

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

func answerCases() []Case {
	return []Case{
		wrong("the answer is said to be text", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) { a.Header().Set("Content-Type", "text/plain") })
		}),
		wrong("the answer may be stored", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) { a.Header().Del("Cache-Control") })
		}),
		wrong("any method will do", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					inner := *endpoint
					*endpoint = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Method != http.MethodHead {
							r = r.Clone(r.Context())
							r.Method = http.MethodGet
						}
						inner.ServeHTTP(w, r)
					})
				}
			})
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
		wrong("quotes are not escaped", "HEALTH-12", func(i *impl) {
			onAnswers(i, replaceIn(`\\"`, `"`))
		}),
		wrong("the keys are in no order", "HEALTH-12", func(i *impl) {
			onAnswers(i, replaceIn(`"checks":\{("[^"]*":"[^"]*"),(.*)\}\}`, `"checks":{$2,$1}}`))
		}),
		wrong("the probe that is under way locks the handler", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				lock := make(chan struct{}, 1)
				addCheck, readiness := h.AddCheck, h.Readiness
				h.AddCheck = func(name string, check func() error) {
					lock <- struct{}{}
					defer func() { <-lock }()
					addCheck(name, check)
				}
				var probes atomic.Int64
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if probes.Add(1) == 1 {
						lock <- struct{}{}
					}
					defer func() {
						if probes.Add(-1) == 0 {
							<-lock
						}
					}()
					readiness.ServeHTTP(w, r)
				})
			})
		}),
	}
}

// onAnswers has f change the answers of every endpoint.
func onAnswers(i *impl, f func(a *httptest.ResponseRecorder)) {
	onHealth(i, func(h *funcs) {
		for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
			*endpoint = rewritten(*endpoint, f)
		}
	})
}
