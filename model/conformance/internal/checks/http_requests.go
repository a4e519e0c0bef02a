package checks

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// expectCounted demands that hooks do not begin before an instant, which is
// when the last request was over.
func (v *service) expectCounted(what string, until time.Duration) {
	v.c.expect(v.hooksAt() >= until, "%s: hooks begin at %s, want %s", what, scenarios.Show(v.hooksAt()), scenarios.Show(until))
}

// expectSeen demands that they begin as soon as it is done (DRAIN-5).
func (v *service) expectSeen(what string, at time.Duration) {
	v.c.expect(v.hooksAt() <= at+slack, "%s is over at %s, and hooks begin at %s", what, scenarios.Show(at), scenarios.Show(v.hooksAt()))
}

// expectNoLeak demands that they begin soon after it: what is counted for good
// costs the drain timeout.
func (v *service) expectNoLeak(what string, after time.Duration) {
	v.c.expect(v.hooksAt() < after+time.Second, "%s: hooks begin at %s, want %s", what, scenarios.Show(v.hooksAt()), scenarios.Show(after))
}

// HandlerCounts checks HTTP-4: hooks wait for a handler that has written nothing, or all.
func HandlerCounts(c *Checker) {
	for what, handle := range map[string]handleFunc{
		"a handler that has written nothing yet": func(v *service, _ http.ResponseWriter, _ *http.Request) {
			time.Sleep(3 * time.Second)
			v.note("handled")
		},
		"a handler that has written everything": func(v *service, w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "done")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(3 * time.Second)
			v.note("handled")
		},
		"a handler that has hijacked its connection": func(v *service, w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				defer conn.Close()
			}
			time.Sleep(3 * time.Second)
			v.note("handled")
		},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, "PURGE"} {
			c.serving(c.ServeBare, subject.Settings{}, handle, func(v *service) {
				req, _ := http.NewRequest(method, "http://service/", nil)
				go func() {
					if resp, err := v.client.Do(req); err == nil {
						_ = resp.Body.Close()
					}
				}()
				time.Sleep(time.Millisecond)
				v.end()
				v.expectCounted(method+", "+what, v.at("handled"))
				v.expectSeen(method+", "+what, v.at("handled"))
			})
		}
	}
}

// RequestWhileDraining checks HTTP-4: a request that comes while draining.
func RequestWhileDraining(c *Checker) {
	c.serving(c.ServeBare, subject.Settings{}, lasting, func(v *service) {
		v.begin("2s")
		v.stop()
		time.Sleep(time.Second)
		second := v.begin("3s")
		v.end()
		e := <-second
		c.expect(e.ok(), "a request that comes while draining: %v", e)
		v.expectCounted("a request that came while draining", e.at)
		v.expectSeen("a request that came while draining", e.at)
	})
}

// RequestAfterDraining checks HTTP-4: a request after draining.
func RequestAfterDraining(c *Checker) {
	c.bubble(func() {
		var calls atomic.Int64
		var counted http.Handler
		refused := func(when string) {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodGet} {
				before, rec := calls.Load(), httptest.NewRecorder()
				counted.ServeHTTP(rec, httptest.NewRequest(method, "/", nil))
				after := rec.Header().Get("Retry-After")
				_, notSeconds := strconv.Atoi(after)
				_, notDate := http.ParseTime(after)
				c.expect(rec.Code == http.StatusServiceUnavailable && (notSeconds == nil || notDate == nil),
					"%s a request, %s, is answered %d, with Retry-After %q; want 503 and when to come again", when, method, rec.Code, after)
				c.expect(calls.Load() == before, "%s a request is handled", when)
			}
		}
		_ = c.run(func(ctx context.Context) error {
			counted = c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
			counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			c.expect(calls.Load() == 1, "while running a request is handled %d times", calls.Load())
			c.hook(ctx, func() { refused("while hooks run") })
			return nil
		}, subject.Settings{})
		refused("after Run has returned")
	})
}
