package conformance

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// inEveryState calls f in each of the states that readiness tells apart.
func inEveryState(h HealthFuncs, f func(when string)) {
	f("as it was")
	h.SetReady(false)
	f("while not ready")
	h.SetReady(true)
	h.AddCheck("a check", func() error { return errors.New("fails") })
	f("with a check that fails")
	h.AddCheck("a check", func() error { return nil })
	f("with a check that passes")
}

// whileStarting calls f while the handler follows a run that is starting.
func (c *checker) whileStarting(h HealthFuncs, f func(when string)) {
	_ = c.run(func(ctx context.Context) error {
		h.Follow(ctx)
		f("while starting")
		return nil
	}, Settings{ManualStart: true})
}

// otherMethods are those that no endpoint answers.
var otherMethods = []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions}

// expectHTTP demands the type, the methods, and whose answer it is.
func (c *checker) expectHTTP(what string, h http.Handler) {
	get, head := ask(h, http.MethodGet), ask(h, http.MethodHead)
	c.expect(head.code == get.code, "%s: HEAD is %d, GET %d", what, head.code, get.code)
	c.expectKind(what+": GET", get)
	for _, method := range otherMethods {
		r := ask(h, method)
		allow := r.header.Get("Allow")
		c.expect(r.code == http.StatusMethodNotAllowed, "%s: %s is answered %d", what, method, r.code)
		c.expect(strings.Contains(allow, http.MethodGet) && strings.Contains(allow, http.MethodHead), "%s: Allow is %q", what, allow)
		c.expectKind(what+": "+method, r)
	}
}

func (c *checker) expectKind(what string, r reply) {
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	c.expect(kind == "application/json", "%s: the type is %q", what, kind)
	c.expect(r.invalid == nil && r.Tool == "the tool" && r.Version == "1.2.3", "%s: the body is %s", what, r.body)
}

func checkHTTP(c *checker) {
	c.bubble(func() {
		h := c.health()
		inEveryState(h, func(when string) {
			c.expectHTTP("liveness "+when, h.Liveness)
			c.expectHTTP("readiness "+when, h.Readiness)
		})
	})
}

// expectHeaders demands that no answer is stored, and that each says how long
// its body is, that of GET for HEAD, which has none.
func (c *checker) expectHeaders(what string, h http.Handler) {
	length := len(ask(h, http.MethodGet).body)
	for _, method := range append([]string{http.MethodGet, http.MethodHead}, otherMethods...) {
		r := ask(h, method)
		want := len(r.body)
		if method == http.MethodHead {
			want = length
			c.expect(len(r.body) == 0, "%s: HEAD has a body: %s", what, r.body)
		}
		stored, said := r.header.Get("Cache-Control"), r.header.Get("Content-Length")
		c.expect(stored == "no-store", "%s: %s: Cache-Control is %q", what, method, stored)
		c.expect(said == strconv.Itoa(want), "%s: %s: Content-Length is %q, want %d", what, method, said, want)
	}
}

func checkHeaders(c *checker) {
	c.bubble(func() {
		h := c.health()
		inEveryState(h, func(when string) {
			c.expectHeaders("liveness "+when, h.Liveness)
			c.expectHeaders("readiness "+when, h.Readiness)
		})
	})
}

func checkStartupHTTP(c *checker) {
	c.bubble(func() {
		h := c.health()
		both := func(when string) {
			c.expectHTTP("start-up "+when, h.Startup)
			c.expectHeaders("start-up "+when, h.Startup)
		}
		both("of no run")
		c.whileStarting(h, both)
	})
}

// ages are what uptime is asked at, each counted from the one before.
var ages = []time.Duration{
	0, 999 * time.Millisecond, time.Millisecond, 59 * time.Second, 3*time.Hour + 41*time.Minute + 18*time.Second, 900 * time.Millisecond,
}

// expectUptime demands that every answer tells the same age.
func (c *checker) expectUptime(what string, h http.Handler, age time.Duration) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		got, want := ask(h, method).Uptime, age.Truncate(time.Second).String()
		c.expect(got == want, "%s: %s: after %v uptime is %q, want %q", what, method, age, got, want)
	}
}

func checkUptime(c *checker) {
	c.bubble(func() {
		h, age := c.health(), time.Duration(0)
		for _, d := range ages {
			time.Sleep(d)
			age += d
			inEveryState(h, func(when string) {
				c.expectUptime("liveness "+when, h.Liveness, age)
				c.expectUptime("readiness "+when, h.Readiness, age)
			})
		}
	})
}

func checkStartupUptime(c *checker) {
	c.bubble(func() {
		h, age := c.health(), time.Duration(0)
		for _, d := range ages {
			time.Sleep(d)
			age += d
			c.expectUptime("start-up", h.Startup, age)
			c.whileStarting(h, func(when string) { c.expectUptime("start-up "+when, h.Startup, age) })
		}
	})
}
