package checks

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// inEveryState calls f in each of the states between which readiness distinguishes.
func inEveryState(h subject.HealthFuncs, f func(when string)) {
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
func (c *Checker) whileStarting(h subject.HealthFuncs, f func(when string)) {
	_ = c.run(func(ctx context.Context) error {
		h.Follow(ctx)
		f("while starting")
		return nil
	}, subject.Settings{ManualStart: true})
}

// otherMethods are those that no endpoint answers.
var otherMethods = []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch, http.MethodTrace, http.MethodConnect, "PURGE", "PROPFIND", "QUERY", "get", "Head", "GETS"}

// expectHTTP demands the type, the methods, and whose answer it is.
func (c *Checker) expectHTTP(what string, h http.Handler) {
	get, head := play.Ask(h, http.MethodGet), play.Ask(h, http.MethodHead)
	c.expect(head.Code == get.Code, "%s: HEAD is %d, GET %d", what, head.Code, get.Code)
	c.expectKind(what+": GET", get)
	for _, method := range otherMethods {
		r := play.Ask(h, method)
		allow := strings.Join(r.Header.Values("Allow"), ", ")
		c.expect(r.Code == http.StatusMethodNotAllowed, "%s: %s is answered %d", what, method, r.Code)
		c.expect(strings.Contains(allow, http.MethodGet) && strings.Contains(allow, http.MethodHead), "%s: %s is refused with Allow %q, want GET and HEAD", what, method, allow)
		c.expectKind(what+": "+method, r)
	}
}

// mediaType is what an answer says that it is, without parameters.
func mediaType(r play.Reply) string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind
}

func (c *Checker) expectKind(what string, r play.Reply) {
	c.expect(mediaType(r) == "application/json", "%s: the type is %q, want application/json", what, r.Header.Get("Content-Type"))
	c.expect(r.Invalid == nil && r.Tool == "the tool" && r.Version == "1.2.3", "%s: the body is %s, want JSON with the tool \"the tool\" and the version \"1.2.3\"", what, r.Body)
}

// HTTP checks HEALTH-6: Content-Type, methods, tool and version.
func HTTP(c *Checker) {
	c.bubble(func() {
		h := c.health()
		inEveryState(h, func(when string) {
			c.expectHTTP("liveness "+when, h.Liveness)
			c.expectHTTP("readiness "+when, h.Readiness)
		})
	})
}

// expectHeaders demands that no answer is stored, and that each says how long
// its body is, that of GET for HEAD.
func (c *Checker) expectHeaders(what string, h http.Handler) {
	length := len(play.Ask(h, http.MethodGet).Body)
	for _, method := range append([]string{http.MethodGet, http.MethodHead}, otherMethods...) {
		r := play.Ask(h, method)
		want := len(r.Body)
		if method == http.MethodHead {
			want = length
		}
		stored, said := strings.Join(r.Header.Values("Cache-Control"), ", "), r.Header.Get("Content-Length")
		c.expect(hasToken(stored, "no-store"), "%s: %s: Cache-Control is %q", what, method, stored)
		c.expect(said == strconv.Itoa(want), "%s: %s: Content-Length is %q, want %d", what, method, said, want)
	}
}

// hasToken says whether a list, as in a header, has a token.
func hasToken(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}

// Headers checks HEALTH-6: Cache-Control is no-store, and Content-Length is right.
func Headers(c *Checker) {
	c.bubble(func() {
		h := c.health()
		inEveryState(h, func(when string) {
			c.expectHeaders("liveness "+when, h.Liveness)
			c.expectHeaders("readiness "+when, h.Readiness)
		})
		h = c.Impl.Health("größe 日本語", "é")
		h.AddCheck("größe 🙂", func() error { return errors.New("日本語") })
		c.expectHeaders("liveness with a name that is not ASCII", h.Liveness)
		c.expectHeaders("readiness with a name that is not ASCII", h.Readiness)
	})
}

// LengthWhereSet checks HEALTH-6: a Content-Length that the handler sets is right, in bytes.
func LengthWhereSet(c *Checker) {
	c.bubble(func() {
		h := c.Impl.Health("größe 日本語", "é")
		h.AddCheck("größe 🙂", func() error { return errors.New("日本語") })
		for what, endpoint := range map[string]http.Handler{"liveness": h.Liveness, "readiness": h.Readiness} {
			r := play.Ask(endpoint, http.MethodGet)
			said := r.Header.Get("Content-Length")
			c.expect(said == "" || said == strconv.Itoa(len(r.Body)), "%s with names that are not ASCII: Content-Length is %q, want %d", what, said, len(r.Body))
		}
	})
}

// LengthsOfAllSizes checks HEALTH-6: the length of bodies of every size.
func LengthsOfAllSizes(c *Checker) {
	c.bubble(func() {
		for _, checks := range []int{1, 2, 7, 64, 1000} {
			for _, size := range []int{0, 1, 100, 1000} {
				h, text := c.health(), strings.Repeat("x", size)
				for i := range checks {
					h.AddCheck(fmt.Sprint("check ", i), func() error { return errors.New(text) })
				}
				c.expectHeaders(fmt.Sprintf("readiness with %d checks that fail with %d bytes", checks, size), h.Readiness)
			}
		}
	})
}

// StartupHTTP checks HEALTH-6: all that of start-up.
func StartupHTTP(c *Checker) {
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

// ages are what uptime is asked at, each counted from the one before: around a second,
// a minute, an hour and a day, and after weeks.
var ages = []time.Duration{
	0, 999 * time.Millisecond, time.Millisecond, 58 * time.Second, time.Second, time.Second,
	58*time.Minute + 58*time.Second, time.Second, time.Second,
	2*time.Hour + 41*time.Minute + 17*time.Second, 900 * time.Millisecond, 100 * time.Millisecond,
	20*time.Hour + 18*time.Minute + 41*time.Second, time.Second, 1000 * time.Hour,
}

// uptimes is what one handler has said of its age, or of that of another thing, which it
// was part of when it was made: the process.
type uptimes struct {
	c     *Checker
	made  time.Time      // the handler
	older *time.Duration // by how much the other thing is older, as the first answer says
	last  time.Duration  // what was said last, without that
}

// expect demands that every answer tells the age in whole seconds, cut or rounded, and
// none less than the one before.
func (u *uptimes) expect(what string, h http.Handler) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		before := time.Since(u.made)
		got := play.Ask(h, method).Uptime
		after := time.Since(u.made) // a probe may take a moment
		said, err := time.ParseDuration(got)
		whole := err == nil && said%time.Second == 0 && said.String() == got
		atMost := after.Round(time.Second)
		if first := said; u.older == nil {
			u.older = &first
		}
		if said -= *u.older; *u.older != 0 {
			atMost = after.Truncate(time.Second) + time.Second // it is older by a part of a second too
		}
		u.c.expect(whole && said >= max(before.Truncate(time.Second), u.last) && said <= atMost,
			"%s: %s: %v after the handler was made uptime is %q, want whole seconds, as many more than in the first answer, and never less than before, when it was %v more", what, method, after, got, u.last)
		u.last = max(u.last, said)
	}
}

// Uptime checks HEALTH-7: uptime through hours of virtual time.
func Uptime(c *Checker) {
	for n := range 2 {
		c.bubble(func() { // each endpoint is asked before the other is at all
			h := c.health()
			time.Sleep(5 * time.Second)
			u, endpoints := &uptimes{c: c, made: time.Now()}, []http.Handler{h.Liveness, h.Readiness}
			u.expect(fmt.Sprintf("the endpoint that is asked first, %d of liveness and readiness", n+1), endpoints[n])
			time.Sleep(5 * time.Second)
			u.expect(fmt.Sprintf("the other one, %d of liveness and readiness", 2-n), endpoints[1-n])
		})
	}
	c.bubble(func() {
		h := c.health()
		u := &uptimes{c: c, made: time.Now()}
		for _, d := range ages {
			time.Sleep(d)
			inEveryState(h, func(when string) {
				u.expect("liveness "+when, h.Liveness)
				u.expect("readiness "+when, h.Readiness)
			})
		}
	})
}

// StartupUptime checks HEALTH-7: that of start-up.
func StartupUptime(c *Checker) {
	c.bubble(func() {
		h := c.health()
		u := &uptimes{c: c, made: time.Now()}
		for _, d := range ages {
			time.Sleep(d)
			u.expect("start-up", h.Startup)
			c.whileStarting(h, func(when string) { u.expect("start-up "+when, h.Startup) })
		}
	})
}
