package checks

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// setBefore are the headers that a middleware sets for all that is behind it.
var setBefore = []http.Header{
	{"Content-Type": {"text/html; charset=utf-8"}}, {"Content-Type": {"application/json"}}, {"Content-Type": {"text/plain", "text/html"}},
	{"Cache-Control": {"max-age=3600"}}, {"Cache-Control": {"no-store"}}, {"Cache-Control": {}},
	{"Content-Type": {"text/plain"}, "Cache-Control": {"public, max-age=60"}, "Allow": {"GET, HEAD, POST"}},
}

// SetBefore checks HEALTH-6: the header of an answer is right whatever a middleware has
// set before.
func SetBefore(c *Checker) {
	c.bubble(func() {
		h := c.health()
		inEveryState(h, func(when string) {
			for what, endpoint := range map[string]http.Handler{"liveness": h.Liveness, "readiness": h.Readiness} {
				c.setBefore(what+" "+when, endpoint)
			}
		})
		if c.offered[subject.NeedStartup] {
			c.setBefore("start-up", h.Startup)
		}
	})
}

func (c *Checker) setBefore(what string, endpoint http.Handler) {
	for _, set := range setBefore {
		behind := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for key, values := range set {
				w.Header()[key] = slices.Clone(values)
			}
			endpoint.ServeHTTP(w, r)
		})
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			r := play.Ask(behind, method)
			if method == http.MethodHead {
				r.Body = play.Ask(behind, http.MethodGet).Body
			}
			types := r.Header.Values("Content-Type")
			c.expect(len(types) == 1 && mediaType(r) == "application/json", "%s, behind a middleware that sets %v: %s has the type %q", what, set, method, types)
			if !c.offered[subject.NeedFollow] { // the rest is of the extended part
				continue
			}
			stored := slices.ContainsFunc(r.Header.Values("Cache-Control"), func(list string) bool { return hasToken(list, "no-store") })
			c.expect(stored, "%s, behind a middleware that sets %v: %s has the Cache-Control %q", what, set, method, r.Header.Values("Cache-Control"))
			length := r.Header.Get("Content-Length")
			c.expect(length == strconv.Itoa(len(r.Body)), "%s, behind a middleware that sets %v: %s has the Content-Length %q, want %d", what, set, method, length, len(r.Body))
		}
	}
}
