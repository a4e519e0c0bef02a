package fuzz

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/greynewell/mist-go/health"
)

// FuzzReadiness holds every answer to being valid JSON with the right code,
// whatever the names, texts, methods and headers are (HEALTH-2, 3, 6, 12).
func FuzzReadiness(f *testing.F) {
	f.Add("tool", "1.0", "db", "connection refused", "GET", "Accept", "text/html", true, true)
	f.Add("a\"b\\", "\x00", "\n", "<script>", "HEAD", "X", "\r\n", false, true)
	f.Add("\xff", "", "\u2028", "ok", "POST", "", "", true, false)
	f.Add("t", "v", "big", strings.Repeat("é", 1000), "OPTIONS", "Origin", "*", true, true)
	f.Fuzz(func(t *testing.T, tool, version, name, text, method, header, value string, ready, fails bool) {
		h := health.New(tool, version)
		h.SetReady(ready)
		h.AddCheck(name, func() error {
			if fails {
				return errors.New(text)
			}
			return nil
		})
		ask := func(method string) *httptest.ResponseRecorder {
			req := httptest.NewRequest(http.MethodGet, "/readyz", nil)
			req.Method = method
			req.Header[header] = []string{value}
			rec := httptest.NewRecorder()
			h.Readiness()(rec, req)
			return rec
		}
		rec := ask(method)

		wantCode, wantStatus := http.StatusOK, "ok"
		switch {
		case method != http.MethodGet && method != http.MethodHead && method != "": // net/http: "" is GET
			wantCode, wantStatus = http.StatusMethodNotAllowed, "method_not_allowed"
		case !ready:
			wantCode, wantStatus = http.StatusServiceUnavailable, "not_ready"
		case fails:
			wantCode, wantStatus = http.StatusServiceUnavailable, "degraded"
		}
		if rec.Code != wantCode {
			t.Fatalf("code %d, want %d", rec.Code, wantCode)
		}
		length := rec.Body.Len()
		if method == http.MethodHead {
			if length != 0 {
				t.Fatalf("a body for HEAD: %q", rec.Body)
			}
			length = ask(http.MethodGet).Body.Len()
		}
		headed(t, rec, length)
		if method == http.MethodHead {
			return
		}
		var body health.Response
		if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
			t.Fatalf("%v in %q", err, rec.Body)
		}
		if body.Status != wantStatus || body.Tool != valid(tool) || body.Version != valid(version) || body.State != "" {
			t.Fatalf("got %+v", body)
		}
		checked(t, body, wantStatus, name, text)
	})
}

// headed compares the headers with what every answer has, and a 405 besides.
func headed(t *testing.T, rec *httptest.ResponseRecorder, length int) {
	t.Helper()
	want := map[string]string{
		"Content-Type":   "application/json",
		"Cache-Control":  "no-store",
		"Content-Length": strconv.Itoa(length),
		"Allow":          "",
	}
	if rec.Code == http.StatusMethodNotAllowed {
		want["Allow"] = "GET, HEAD"
	}
	for name, value := range want {
		if got := rec.Header().Get(name); got != value {
			t.Fatalf("with code %d, %s is %q, want %q", rec.Code, name, got, value)
		}
	}
}

// checked compares what the body says of the one check.
func checked(t *testing.T, body health.Response, status, name, text string) {
	t.Helper()
	got, listed := body.Checks[valid(name)]
	switch status {
	case "ok":
		if got != "ok" || len(body.Checks) != 1 {
			t.Fatalf("checks %q", body.Checks)
		}
	case "degraded":
		if !listed || got == "" || got == "ok" || len(got) > 1024 || !utf8.ValidString(got) {
			t.Fatalf("checks %q for the text %q", body.Checks, text)
		}
		if want := valid(text); want != "" && want != "ok" && len(want) <= 1024 && got != want {
			t.Fatalf("the check says %q, want %q", got, want)
		}
	default:
		if listed {
			t.Fatalf("a check was run: %q", body.Checks)
		}
	}
}

// valid is a string as JSON can carry it.
func valid(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}
