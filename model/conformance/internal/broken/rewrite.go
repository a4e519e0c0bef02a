package broken

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"time"
)

// answer returns what a handler answers.
func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	h.ServeHTTP(a, r)
	return a
}

// send sends an answer on.
func send(w http.ResponseWriter, a *httptest.ResponseRecorder) {
	for name, values := range a.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Code)
	w.Write(a.Body.Bytes())
}

// rewritten has f change each answer of a handler before it is sent.
func rewritten(h http.Handler, f func(a *httptest.ResponseRecorder)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := r.Method == http.MethodHead
		if head {
			r = r.Clone(r.Context())
			r.Method = http.MethodGet // for its length
		}
		a := answer(h, r)
		f(a)
		if head && a.Header().Get("Content-Length") != "" { // else net/http says it, of the body
			a.Body.Reset()
		}
		send(w, a)
	})
}

// atOnce is rewritten for the answers that take no time.
func atOnce(h http.Handler, f func(a *httptest.ResponseRecorder)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rewritten(h, func(a *httptest.ResponseRecorder) {
			if time.Since(began) < time.Millisecond {
				f(a)
			}
		}).ServeHTTP(w, r)
	})
}

// setBody replaces the body, and its length.
func setBody(a *httptest.ResponseRecorder, body string) {
	a.Body.Reset()
	a.Body.WriteString(body)
	a.Header().Set("Content-Length", strconv.Itoa(len(body)))
}

// replaceIn returns a change of the body.
func replaceIn(pattern, with string) func(a *httptest.ResponseRecorder) {
	re := regexp.MustCompile(pattern)
	return func(a *httptest.ResponseRecorder) { setBody(a, re.ReplaceAllString(a.Body.String(), with)) }
}
