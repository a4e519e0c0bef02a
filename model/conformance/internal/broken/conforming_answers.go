package broken

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

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
