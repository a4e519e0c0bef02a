package broken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// probeVariants answer probes and run checks in other ways, all of which are right.
func probeVariants() []variant {
	return []variant{
		{"names the panic in other words", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					return errors.New("the check went wrong; see the log")
				}
				return o.again()
			})
		}},
		{"says of a text that misleads what it was", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if isPlainText(o.err) && (errorText(o.err) == "" || errorText(o.err) == "ok") {
					return fmt.Errorf("the check returned an error that says %q", errorText(o.err))
				}
				return o.again()
			})
		}},
		{"has a blank after each colon, and a line end", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if body := a.Body.String(); strings.HasPrefix(body, `{"status":`) {
					setBody(a, strings.Replace(body, `{"status":`, `{"status": `, 1)+"\n")
				}
			})
		}},
		{"allows OPTIONS in words and refuses it", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return rewritten(inner, func(a *httptest.ResponseRecorder) {
					if a.Code == http.StatusMethodNotAllowed {
						a.Header().Set("Allow", "HEAD, GET, HEAD")
						a.Header().Set("X-Content-Type-Options", "nosniff")
					}
				})
			})
		}},
		{"has observers called on one goroutine a moment later", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				if observe := s.Observe; observe != nil {
					s.Observe = func(check string, err error, at time.Time) {
						time.Sleep(100 * time.Microsecond)
						observe(check, err, at)
					}
				}
				return nil
			})
		}},
		{"has no Retry-After, but a reason, when not ready", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return rewritten(inner, func(a *httptest.ResponseRecorder) {
					if a.Code == http.StatusServiceUnavailable {
						a.Header().Set("X-Reason", "see the body")
					}
				})
			})
		}},
	}
}
