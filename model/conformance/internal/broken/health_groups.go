package broken

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/greynewell/mist-go/model/conformance"
)

// groupCases are wrong about what readiness of groups answers.
func groupCases() []Case {
	return []Case{
		wrong("readiness of groups answers every method", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler { return anyMethod(of(groups...)) }
			})
		}),
		wrong("readiness of groups stays 200 while draining", "HEALTH-17", func(i *impl) {
			onGroups(i, func(a *httptest.ResponseRecorder) {
				if body := a.Body.String(); strings.Contains(body, `"state":"draining"`) {
					a.Code = http.StatusOK
					setBody(a, strings.Replace(body, "not_ready", "ok", 1))
				}
			})
		}),
		wrong("readiness of groups does not show the reason", "HEALTH-17", func(i *impl) {
			onGroups(i, replaceIn(`"reason":"[^"]*",`, ""))
		}),
		wrong("readiness of groups has no Cache-Control", "HEALTH-17", func(i *impl) {
			onGroups(i, func(a *httptest.ResponseRecorder) { a.Header().Del("Cache-Control") })
		}),
		wrong("the uptime of readiness of groups is zero", "HEALTH-17", func(i *impl) {
			onGroups(i, replaceIn(`"uptime":"[^"]*"`, `"uptime":"0s"`))
		}),
		wrong("the groups of an optional check are ignored", "HEALTH-17", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.Optional {
					s.Groups = nil
				}
			})
		}),
		wrong("readiness of groups ignores the lifecycle in the request's context", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler {
					return withRequest(of(groups...), func(context.Context) context.Context { return context.Background() })
				}
			})
		}),
	}
}

// onGroups has f change each answer of readiness of groups.
func onGroups(i *impl, f func(a *httptest.ResponseRecorder)) {
	onHealth(i, func(h *funcs) {
		of := h.ReadinessOf
		h.ReadinessOf = func(groups ...string) http.Handler { return rewritten(of(groups...), f) }
	})
}
