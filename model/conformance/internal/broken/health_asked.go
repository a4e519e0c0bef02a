package broken

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"unicode/utf8"
)

// onProbes has f answer GET and HEAD of every endpoint.
func onProbes(i *impl, f func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	onEndpoints(i, func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				f(w, r, inner)
				return
			}
			inner.ServeHTTP(w, r)
		})
	})
}

// askedCases are wrong about what a request may have besides a path and a method, and
// about what is not ASCII.
func askedCases() []Case {
	return []Case{
		wrong("a client that accepts text gets text", "HEALTH-6", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if accept := r.Header.Get("Accept"); strings.HasPrefix(accept, "text/") {
					w.Header().Set("Content-Type", "text/plain")
					w.Write([]byte("ok"))
					return
				}
				next.ServeHTTP(w, r)
			})
		}),
		wrong("a conditional request is answered 304", "HEALTH-6", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Header.Get("If-None-Match") != "" {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				next.ServeHTTP(w, r)
			})
		}),
		wrong("a request for a range is answered 206", "HEALTH-6", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				a := answer(next, r)
				if r.Header.Get("Range") != "" {
					a.Code = http.StatusPartialContent
				}
				send(w, a)
			})
		}),
		wrong("a path of several parts is answered 404", "HEALTH-6", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if strings.Count(r.URL.Path, "/") > 2 {
					http.NotFound(w, r)
					return
				}
				next.ServeHTTP(w, r)
			})
		}),
		wrong("a request with a query is answered 200", "HEALTH-6", func(i *impl) {
			onProbes(i, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				a := answer(next, r)
				if r.URL.RawQuery != "" {
					a.Code = http.StatusOK
				}
				send(w, a)
			})
		}),
		wrong("methods in lower case are answered", "HEALTH-6", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.EqualFold(r.Method, http.MethodGet) {
						r = r.Clone(r.Context())
						r.Method = http.MethodGet
					}
					inner.ServeHTTP(w, r)
				})
			})
		}),
		wrong("Content-Length counts runes", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				a.Header().Set("Content-Length", strconv.Itoa(utf8.RuneCount(a.Body.Bytes())))
			})
		}),
		wrong("an empty tool or version is left out", "HEALTH-6", func(i *impl) {
			onAnswers(i, replaceIn(`"(tool|version)":"",`, ``))
		}),
		wrong("a tool that is not UTF-8 is written as it is", "HEALTH-12", func(i *impl) {
			health := i.Health
			i.Health = func(tool, version string) funcs {
				h := health(tool, version)
				if !utf8.ValidString(tool) {
					for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
						*endpoint = rewritten(*endpoint, replaceIn(`\x{FFFD}|\\ufffd`, "\xff"))
					}
				}
				return h
			}
		}),
	}
}
