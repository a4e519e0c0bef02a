package plain_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/plain"
)

// broken is an error that cannot be printed.
type broken struct{}

func (broken) Error() string { panic("no text") }

// ask probes a handler and returns the code and the body.
func ask(h http.Handler, method string) (code int, body map[string]any, header http.Header) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, "/", nil))
	json.Unmarshal(rec.Body.Bytes(), &body)
	return rec.Code, body, rec.Header()
}

func TestReadiness(t *testing.T) {
	pass := func() error { return nil }
	for name, tc := range map[string]struct {
		set    func(h *plain.Handler)
		code   int
		status string
		checks map[string]any
	}{
		"no checks":            {func(h *plain.Handler) {}, 200, "ok", nil},
		"all pass":             {func(h *plain.Handler) { h.AddCheck("a", pass) }, 200, "ok", map[string]any{"a": "ok"}},
		"SetReady(false)":      {func(h *plain.Handler) { h.SetReady(false); h.AddCheck("a", nil) }, 503, "not_ready", nil},
		"SetReady(true) again": {func(h *plain.Handler) { h.SetReady(false); h.SetReady(true) }, 200, "ok", nil},
		"one fails, one panics, one exits": {func(h *plain.Handler) {
			h.AddCheck("exits", func() error { runtime.Goexit(); return nil })
			h.AddCheck("fails", func() error { return errors.New(`away "now"`) })
			h.AddCheck("panics", func() error { panic("no") })
			h.AddCheck("passes", pass)
		}, 503, "degraded", map[string]any{"exits": plain.ErrGoexit.Error(), "fails": `away "now"`, "panics": "plain: panic: no", "passes": "ok"}},
		"an error without a text": {func(h *plain.Handler) {
			h.AddCheck("a", func() error { return broken{} })
		}, 503, "degraded", map[string]any{"a": "plain: panic: no text"}},
		"a check is replaced": {func(h *plain.Handler) {
			h.AddCheck("a", nil)
			h.AddCheck("a", pass)
		}, 200, "ok", map[string]any{"a": "ok"}},
		"one of several checks is replaced": {func(h *plain.Handler) {
			h.AddCheck("a", nil)
			h.AddCheck("b", pass)
			h.AddCheck("a", pass)
		}, 200, "ok", map[string]any{"a": "ok", "b": "ok"}},
		"a check fails": {func(h *plain.Handler) {
			h.AddCheck("a", func() error { return errors.New("away") })
		}, 503, "degraded", map[string]any{"a": "away"}},
		"not ready before the checks and ready after them": {func(h *plain.Handler) {
			h.SetReady(false)
			h.AddCheck("a", func() error { h.SetReady(true); return nil })
		}, 503, "not_ready", nil},
		"a check adds another": {func(h *plain.Handler) {
			h.AddCheck("a", func() error { h.AddCheck("b", pass); return nil })
		}, 200, "ok", map[string]any{"a": "ok"}},
		"not ready any more when the checks are done": {func(h *plain.Handler) {
			h.AddCheck("a", func() error { h.SetReady(false); return nil })
		}, 503, "not_ready", nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := plain.New("tool", "1.0")
			tc.set(h)
			code, body, _ := ask(h.Readiness(), http.MethodGet)
			checks, _ := body["checks"].(map[string]any)
			if code != tc.code || body["status"] != tc.status || !reflect.DeepEqual(checks, tc.checks) {
				t.Errorf("the answer is %d %v", code, body)
			}
		})
	}
}

func TestLivenessSaysHowLongTheProcessIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plain.New("tool", "1.0")
		h.SetReady(false)
		h.AddCheck("a", func() error { t.Error("the check ran"); return nil })
		time.Sleep(3*time.Hour + 42*time.Minute + 19*time.Second + 1)
		code, body, header := ask(h.Liveness(), http.MethodGet)
		want := map[string]any{"status": "ok", "tool": "tool", "version": "1.0", "uptime": "3h42m19s"}
		if code != 200 || !reflect.DeepEqual(body, want) || header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("the answer is %d %v %v", code, body, header)
		}
		if code, body, header = ask(h.Liveness(), http.MethodHead); code != 200 || header.Get("Content-Type") != "application/json" {
			t.Errorf("the answer to HEAD is %d %v %v", code, body, header)
		}
		if code, body, header = ask(h.Liveness(), http.MethodPost); code != 405 || body["tool"] != "tool" || body["status"] != "method_not_allowed" || header.Get("Allow") == "" {
			t.Errorf("the answer to POST is %d %v %v", code, body, header)
		}
	})
}
