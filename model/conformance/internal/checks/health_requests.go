package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
)

// requests are what probes, browsers and proxies send besides a method.
var requests = []struct {
	path, query, header, value string
	proto                      int // 0: HTTP/1.1
	body                       string
}{
	{path: "/healthz"}, {path: "/internal/health/readiness/"}, {path: "/"}, {path: "/" + strings.Repeat("long/", 200)},
	{path: "/readyz", query: "t=1234567890"},
	{header: "Accept", value: "text/html,application/xhtml+xml;q=0.9"}, {header: "Accept", value: "text/plain"}, {header: "Accept", value: "application/xml"},
	{header: "If-None-Match", value: "*"}, {header: "If-Modified-Since", value: "Fri, 31 Dec 2100 23:59:59 GMT"}, {header: "Range", value: "bytes=0-3"},
	{header: "User-Agent", value: "kube-probe/1.33"}, {header: "Origin", value: "https://example.com"}, {header: "X-HTTP-Method-Override", value: "DELETE"},
	{header: "Cache-Control", value: "only-if-cached"}, {header: "Connection", value: "close"}, {header: "Authorization", value: "Basic eDp5"},
	{header: "Upgrade", value: "h2c"}, {header: "Expect", value: "100-continue"}, {header: "Content-Type", value: "application/json"}, {header: "Accept-Encoding", value: "identity"},
	{path: "/", query: "pretty&verbose=1&exclude=good&check=bad&format=text"}, {path: "/", query: "pretty"}, {path: "/", query: "quiet"}, {path: "/", query: "full=1&details=true"}, {path: ""}, {path: "*"}, {path: "/..//readyz;v=1"},
	{path: "/", proto: 10}, {path: "/", proto: 20}, {path: "/", body: "{}"}, {path: "/", body: strings.Repeat("x", 100_000)},
}

// AnyRequest checks HEALTH-6: no path, query or header changes the answer.
func AnyRequest(c *Checker) {
	c.bubble(func() {
		h := c.health()
		h.AddCheck("good", func() error { return nil })
		h.AddCheck("bad", func() error { return errors.New("the reason") })
		for _, endpoint := range []struct {
			name string
			http.Handler
		}{{"liveness", h.Liveness}, {"readiness", h.Readiness}, {"start-up", h.Startup}} {
			if endpoint.Handler == nil {
				continue
			}
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				plain := play.Ask(endpoint, method)
				for _, a := range requests {
					r := play.NewRequest(context.Background(), method)
					r.URL.Path, r.URL.RawQuery, r.RequestURI = a.path, a.query, a.path+"?"+a.query
					if a.header != "" {
						r.URL.Path = "/"
						r.Header.Set(a.header, a.value)
					}
					if a.proto > 0 {
						r.Proto, r.ProtoMajor, r.ProtoMinor = fmt.Sprintf("HTTP/%d.%d", a.proto/10, a.proto%10), a.proto/10, a.proto%10
					}
					if a.body != "" {
						r.Body, r.ContentLength = io.NopCloser(strings.NewReader(a.body)), int64(len(a.body))
					}
					got := play.Send(endpoint, r)
					what := fmt.Sprintf("%s: %s with the path %.20q, query %q, header %q: %q, %s and a body of %d bytes", endpoint.name, method, r.URL.Path, a.query, a.header, a.value, r.Proto, len(a.body))
					c.expect(got.Code == plain.Code && got.Status == plain.Status && len(got.Checks) == len(plain.Checks) && (got.Invalid == nil) == (plain.Invalid == nil),
						"%s is answered %d %s, and without %d %s", what, got.Code, got.Body, plain.Code, plain.Body)
					c.expect(mediaType(got) == mediaType(plain), "%s has the type %q", what, got.Header["Content-Type"])
					for _, name := range []string{"Cache-Control", "Allow"} {
						c.expect(slices.Equal(got.Header[name], plain.Header[name]), "%s has %s %q, and without them %q", what, name, got.Header[name], plain.Header[name])
					}
					said := got.Header.Get("Content-Length")
					c.expect(said == "" || method == http.MethodHead || said == strconv.Itoa(len(got.Body)), "%s has Content-Length %q, and a body of %d bytes", what, said, len(got.Body))
				}
			}
		}
	})
}

// slowBody is the body of a request that takes an hour to come.
type slowBody struct{}

// Read takes an hour.
func (slowBody) Read([]byte) (int, error) { time.Sleep(time.Hour); return 0, io.EOF }

// Close does nothing.
func (slowBody) Close() error { return nil }

// LivenessOfASlowBody checks HEALTH-1: liveness waits for nothing, and not for the body
// of a request either.
func LivenessOfASlowBody(c *Checker) {
	c.bubble(func() {
		h := c.health()
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := play.NewRequest(context.Background(), method)
			r.Body, r.ContentLength = slowBody{}, 10
			began := time.Now()
			got := play.Send(h.Liveness, r)
			c.expect(got.Code == http.StatusOK && time.Since(began) < slack, "liveness answers %s with a body that does not come %d, after %v", method, got.Code, time.Since(began))
		}
	})
}
