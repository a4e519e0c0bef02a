package health_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
)

func probes(h *health.Handler) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"liveness": h.Liveness(), "readiness": h.Readiness(), "startup": h.Startup(),
	}
}

// HEALTH-1: liveness is 200 whatever else fails, and exactly the documented body.
func TestLivenessDoesNotDependOnChecksOrState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := false
		h := newHandler()
		h.AddCheck("db", func() error { ran = true; return errors.New("down") })
		h.SetReady(false)
		got := ask(t, h.Liveness()).expect(t, 200, "ok")
		if want := `{"status":"ok","tool":"matchspec","version":"1.4.0","uptime":"0s"}`; got.raw != want {
			t.Errorf("body\n got %s\nwant %s", got.raw, want)
		}
		if ran {
			t.Error("liveness ran a check")
		}
	})
}

// HEALTH-1: liveness waits for nothing, while checks hang and probes wait.
func TestLivenessAnswersWhileChecksHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release := newHandler(), make(chan struct{})
		for i := range 200 {
			h.AddCheck(strconv.Itoa(i), func() error { <-release; return nil })
		}
		for range 50 {
			go ask(t, h.Readiness())
		}
		synctest.Wait()
		start := time.Now()
		ask(t, h.Liveness()).expect(t, 200, "ok")
		if took := time.Since(start); took != 0 {
			t.Errorf("liveness took %v", took)
		}
		close(release)
	})
}

// HEALTH-6
func TestHEADIsGETWithoutABody(t *testing.T) {
	h := newHandler()
	h.AddCheck("db", func() error { return errors.New("down") })
	for name, handler := range probes(h) {
		get, head := httptest.NewRecorder(), httptest.NewRecorder()
		handler(get, httptest.NewRequest("GET", "/", nil))
		handler(head, httptest.NewRequest("HEAD", "/", nil))
		if get.Code != head.Code || head.Body.Len() != 0 || fmt.Sprint(get.Header()) != fmt.Sprint(head.Header()) {
			t.Errorf("%s: GET %d %v, HEAD %d %v with %d bytes",
				name, get.Code, get.Header(), head.Code, head.Header(), head.Body.Len())
		}
	}
}

// HEALTH-6
func TestOtherMethodsAre405WithAllow(t *testing.T) {
	h := newHandler()
	h.AddCheck("db", func() error { t.Error("a check was run"); return nil })
	for name, handler := range probes(h) {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"} {
			rec := httptest.NewRecorder()
			handler(rec, httptest.NewRequest(method, "/", nil))
			a := examine(t, rec).expect(t, 405, "method_not_allowed")
			if got := a.header.Get("Allow"); got != "GET, HEAD" {
				t.Errorf("%s %s: Allow is %q", method, name, got)
			}
			if a.body.Tool != "matchspec" || a.body.Version != "1.4.0" || a.body.Uptime == "" {
				t.Errorf("%s %s: %s", method, name, a.raw)
			}
		}
	}
}

// HEALTH-7
func TestUptimeIsWholeSecondsSinceNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, start := newHandler(), time.Now()
		for _, at := range []time.Duration{
			0, time.Second - 1, time.Second, 59 * time.Second, time.Minute, 59*time.Minute + 59*time.Second,
			time.Hour, 3*time.Hour + 42*time.Minute + 18*time.Second + 999*time.Millisecond, 10000 * time.Hour,
		} {
			time.Sleep(at - time.Since(start))
			for name, handler := range probes(h) {
				if got, want := ask(t, handler).body.Uptime, at.Truncate(time.Second).String(); got != want {
					t.Errorf("%s after %v: uptime %q, want %q", name, at, got, want)
				}
			}
		}
	})
}

// brokenWriter is a client that takes n bytes and leaves.
type brokenWriter struct {
	header http.Header
	n      int
}

func (w *brokenWriter) Header() http.Header { return w.header }
func (w *brokenWriter) WriteHeader(int)     {}
func (w *brokenWriter) Write(b []byte) (int, error) {
	return min(w.n, len(b)), io.ErrClosedPipe
}

func TestPartialWriteDoesNotAffectOtherAnswers(t *testing.T) {
	h := newHandler()
	h.AddCheck("db", pass)
	for n := range 20 {
		for name, handler := range probes(h) {
			handler(&brokenWriter{http.Header{}, n}, httptest.NewRequest("GET", "/", nil))
			if got := ask(t, handler); got.code != 200 {
				t.Errorf("%s: %d %s", name, got.code, got.raw)
			}
		}
	}
}

// Answers share no header value: what a middleware does to those of one, in
// place too and while others are being written, changes no other.
func TestMiddlewareChangesOnlyItsOwnHeaders(t *testing.T) {
	h := newHandler()
	for range 200 { // more than are made ahead
		var recs []*httptest.ResponseRecorder
		for range 3 {
			rec := httptest.NewRecorder()
			h.Liveness()(rec, httptest.NewRequest("GET", "/", nil))
			recs = append(recs, rec)
		}
		for key := range recs[1].Header() {
			values := append(recs[1].Header()[key], "spoilt") // may write behind the first
			values[0] = "spoilt"
			recs[1].Header()[key][0] = "spoilt"
		}
		examine(t, recs[0])
		examine(t, recs[2])
	}
}

func TestConcurrentMiddlewareDoesNotRaceOnHeaders(t *testing.T) {
	h := newHandler()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				rec := httptest.NewRecorder()
				h.Readiness()(rec, httptest.NewRequest("GET", "/", nil))
				examine(t, rec)
				for _, values := range rec.Header() {
					values[0] = "spoilt"
				}
			}
		})
	}
	all.Wait()
}

// The kubelet: a new connection each time, one second, at most 10 KiB, and
// 200 to 399 is a pass.
func TestKubeletProbe(t *testing.T) {
	h := newHandler(health.WithCheckTimeout(500 * time.Millisecond))
	mux := http.NewServeMux()
	mux.Handle("/healthz", h.Liveness())
	mux.HandleFunc("/readyz", h.Readiness())
	srv := httptest.NewServer(mux)
	defer srv.Close()
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	kubelet := &http.Client{Timeout: time.Second, Transport: transport}
	probe := func(path string) (bool, string) {
		res, err := kubelet.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(io.LimitReader(res.Body, 10<<10))
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode >= 200 && res.StatusCode < 400, string(body)
	}
	expect := func(path string, want bool, part string) {
		t.Helper()
		if got, body := probe(path); got != want || !strings.Contains(body, part) {
			t.Errorf("%s: passed %v, want %v, with %s in\n%s", path, got, want, part, body)
		}
	}
	expect("/healthz", true, `"status":"ok"`)
	expect("/readyz", true, `"status":"ok"`)
	h.AddCheck("db", func() error { return errors.New(strings.Repeat("x", 1<<20)) })
	expect("/readyz", false, `"status":"degraded"`)
	release := make(chan struct{})
	h.AddCheck("db", func() error { <-release; return nil })
	expect("/readyz", false, `"db":"timed out after 500ms"`)
	expect("/healthz", true, `"status":"ok"`)
	close(release)
	h.AddCheck("db", pass)
	expect("/readyz", true, `"db":"ok"`)
}
