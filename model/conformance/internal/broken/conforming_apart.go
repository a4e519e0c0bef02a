package broken

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

var theUptime = regexp.MustCompile(`"uptime":"([^"]*)"`)

// apartVariants differ where the contract says nothing: in how an answer is written, and in
// the goroutines of a handler, say.
func apartVariants() []variant {
	return []variant{
		{"does not call WriteHeader for a 200, and writes byte by byte", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(inner, r)
					for name, values := range a.Header() {
						w.Header()[name] = values
					}
					if a.Code != http.StatusOK {
						w.WriteHeader(a.Code)
					}
					for _, b := range a.Body.Bytes() {
						_, _ = w.Write([]byte{b})
					}
				})
			})
		}},
		{"has a goroutine of a handler end a moment after each probe", "HEALTH RUN", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return rewritten(inner, func(*httptest.ResponseRecorder) { go time.Sleep(20 * time.Millisecond) })
			})
		}},
		{"has a worker for each handler with checks, for as long as the process lives", "HEALTH RUN", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var once sync.Once
				work := make(chan func())
				worker := func() {
					for f := range work {
						f()
					}
				}
				add, addContext := h.AddCheck, h.AddCheckContext
				h.AddCheck = func(name string, check func() error) {
					once.Do(func() { go worker() })
					work <- func() {}
					add(name, check)
				}
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					once.Do(func() { go worker() })
					addContext(name, check, s)
				}
			})
		}},
		{"has the uptime of the process", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				setBody(a, theUptime.ReplaceAllStringFunc(a.Body.String(), func(text string) string {
					up, _ := time.ParseDuration(theUptime.FindStringSubmatch(text)[1])
					return fmt.Sprintf(`"uptime":"%v"`, up+3*time.Hour+17*time.Second)
				}))
			})
		}},
		{"says with each transition how long the run has lasted", "LOG", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger != nil {
					began := time.Now()
					s.Logger = slog.New(recorder{s.Logger.Handler(), func(r slog.Record, write func(slog.Record)) {
						write(changedAttrs(r, func(a slog.Attr) slog.Attr {
							if a.Key == "elapsed" && attr(r, "to") != "" {
								return slog.String("elapsed", r.Time.Sub(began).String())
							}
							return a
						}))
					}})
				}
			})
		}},
		{"has an empty attribute in each record", "LOG", func(i *impl) {
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				r.AddAttrs(slog.Attr{}, slog.Group("", slog.Bool("library", true)))
				write(r)
			})
		}},
	}
}
