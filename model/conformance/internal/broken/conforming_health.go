package broken

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/greynewell/mist-go/model/conformance"
)

// healthVariants differ in what an answer has beyond what it must have, and in
// how it is written.
func healthVariants() []variant {
	header := func(name string, values ...string) func(i *impl) {
		return func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) { a.Header()[name] = slices.Clone(values) })
		}
	}
	return []variant{
		{"answers no-store, no-cache", "HEALTH", header("Cache-Control", "no-store, no-cache")},
		{"answers private and No-Store in two headers", "HEALTH", header("Cache-Control", "private, max-age=0", "No-Store")},
		{"answers with a charset", "HEALTH", header("Content-Type", "application/json; charset=utf-8")},
		{"answers with more headers", "HEALTH", header("X-Content-Type-Options", "nosniff")},
		{"says in two headers what is allowed", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				if a.Code == http.StatusMethodNotAllowed {
					a.Header()["Allow"] = []string{"HEAD", "GET"}
				}
			})
		}},
		{"leaves the body of HEAD to net/http", "HEALTH", func(i *impl) { onEndpoints(i, withHeadBody) }},
		{"leaves the length of an answer to net/http", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return withHeadBody(rewritten(inner, func(a *httptest.ResponseRecorder) {
					if a.Body.Len() < 2000 { // of those it knows the length
						a.Header().Del("Content-Length")
					}
				}))
			})
		}},
		{"writes JSON for people, with more in it", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				fields := map[string]any{}
				if json.Unmarshal(a.Body.Bytes(), &fields) == nil {
					fields["host"], fields["requests"], fields["build"] = "node-1", 17, map[string]any{"checks": []string{"vet"}}
					body, _ := json.MarshalIndent(fields, "", "  ")
					setBody(a, string(body)+"\n")
				}
			})
		}},
		{"writes JSON without escapes for HTML", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				var body bytes.Buffer
				e := json.NewEncoder(&body)
				e.SetEscapeHTML(false)
				fields := map[string]any{}
				if json.Unmarshal(a.Body.Bytes(), &fields) == nil && e.Encode(fields) == nil {
					setBody(a, body.String())
				}
			})
		}},
		{"rounds the uptime", "HEALTH", func(i *impl) {
			uptime := regexp.MustCompile(`"uptime":"[^"]*"`)
			onHealth(i, func(h *funcs) {
				began := time.Now()
				for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					*endpoint = rewritten(*endpoint, func(a *httptest.ResponseRecorder) {
						setBody(a, uptime.ReplaceAllString(a.Body.String(), `"uptime":"`+time.Since(began).Round(time.Second).String()+`"`))
					})
				}
			})
		}},
		{"handles copies of requests", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler { return copier{inner} })
		}},
		{"says in other words that a check has no function", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) {
					if check == nil {
						check = func() error { return errors.New("the check has no function") }
					}
					add(name, check)
				}
			})
		}},
		{"says in other words why a check has failed", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				other := strings.NewReplacer("timed out", "was too slow", "panicked", "broke down", "the check", "it", "still running", "not done")
				setBody(a, other.Replace(a.Body.String()))
			})
		}},
		{"cuts a long text at half a kilobyte", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				fields := map[string]any{}
				_ = json.Unmarshal(a.Body.Bytes(), &fields)
				checks, _ := fields["checks"].(map[string]any)
				for name, text := range checks {
					if text := text.(string); len(text) > 1000 && strings.HasSuffix(text, "…") {
						checks[name] = strings.ToValidUTF8(text[:500], "") + "... (cut)"
						body, _ := json.Marshal(fields)
						setBody(a, string(body))
					}
				}
			})
		}},
		{"logs each run of a check at Debug", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				log := s.Log
				if log == nil {
					return nil
				}
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check task, c conformance.CheckSettings) {
						add(name, func(ctx context.Context) error { log("DEBUG", "run of "+name); return check(ctx) }, c)
					}
				}
			})
		}},
		{"observes a change a moment later", "HEALTH", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(*funcs) {
				if observe := s.Observe; observe != nil {
					s.Observe = func(check string, err error, at time.Time) {
						time.Sleep(10 * time.Millisecond)
						observe(check, err, at)
					}
				}
				return nil
			})
		}},
		{"has an empty list of checks when it is not ready", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); strings.Contains(body, `"not_ready"`) {
						setBody(a, strings.TrimSuffix(body, "}")+`,"checks":{}}`)
					}
				})
			})
		}},
		{"escapes all that is not ASCII", "HEALTH", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				setBody(a, notASCII.ReplaceAllStringFunc(a.Body.String(), func(text string) (escaped string) {
					for _, unit := range utf16.Encode([]rune(text)) {
						escaped += fmt.Sprintf(`\u%04x`, unit)
					}
					return escaped
				}))
			})
		}},
		{"liveness says more", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Liveness = rewritten(h.Liveness, replaceIn(`^\{`, `{"state":"running","goroutines":12,"checks":{},`))
			})
		}},
		{"gives a reason after SetReady(false) too", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set := h.SetReady
				h.SetReady = func(ready bool) {
					if set(ready); !ready {
						h.SetNotReady("SetReady(false)")
					}
				}
			})
		}},
		{"writes a body in two parts", "HEALTH", func(i *impl) {
			onEndpoints(i, func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					a := answer(inner, r)
					maps.Copy(w.Header(), a.Header())
					w.WriteHeader(a.Code)
					body := a.Body.Bytes()
					w.Write(body[:len(body)/2])
					w.Write(body[len(body)/2:])
				})
			})
		}},
		{"says of a panic where it was", "HEALTH", func(i *impl) {
			onCheck(i, func(_ context.Context, o outcome) error {
				if o.panicked {
					return fmt.Errorf("panic in a check:\n\tmain.go:12 %s", strings.Repeat("x", 300))
				}
				return o.again()
			})
		}},
		{"start-up says more", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Startup = rewritten(h.Startup, replaceIn(`^\{`, `{"since":"1999-12-31","checks":{"migrations":"ok"},`))
			})
		}},
	}
}

// onEndpoints has f wrap every endpoint.
func onEndpoints(i *impl, f func(inner http.Handler) http.Handler) {
	onHealth(i, func(h *funcs) {
		for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
			*endpoint = f(*endpoint)
		}
	})
}

// withHeadBody answers HEAD as GET: net/http does not send the body.
func withHeadBody(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.Clone(r.Context())
			r.Method = http.MethodGet
		}
		inner.ServeHTTP(w, r)
	})
}

// copier is a handler that is no function.
type copier struct{ inner http.Handler }

// ServeHTTP handles a copy of the request.
func (c copier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "copier")
	c.inner.ServeHTTP(w, r.Clone(r.Context()))
}

var notASCII = regexp.MustCompile(`[^\x00-\x7f]+`)
