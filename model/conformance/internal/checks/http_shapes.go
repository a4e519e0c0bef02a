package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// handledShapes are requests that differ in what a middleware may look at.
var handledShapes = []string{
	"GET /healthz HTTP/1.1\r\nHost: service\r\n\r\n",
	"GET /readyz HTTP/1.1\r\nHost: service\r\nUser-Agent: kube-probe/1.33\r\n\r\n",
	"GET /metrics HTTP/1.0\r\n\r\n",
	"GET /any HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n",
	"OPTIONS /any HTTP/1.1\r\nHost: service\r\nOrigin: https://example.com\r\n\r\n",
	"GET /ws HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	"GET /events HTTP/1.1\r\nHost: service\r\nAccept: text/event-stream\r\n\r\n",
	"POST /any HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\n\r\n",
	"CONNECT service:443 HTTP/1.1\r\nHost: service\r\n\r\n",
	"POST /body HTTP/1.1\r\nHost: service\r\nContent-Length: 4\r\n\r\nbody",
	"POST /expects HTTP/1.1\r\nHost: service\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody",
	"POST /chunks HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
	"DELETE /cookie HTTP/1.1\r\nHost: service\r\nCookie: session=1\r\nAuthorization: Basic eDp5\r\n\r\n",
	"GET /keeps HTTP/1.1\r\nHost: service\r\nConnection: keep-alive\r\n\r\n",
}

// EachCounts checks HTTP-2 and HTTP-4. It has hooks wait for a request of every shape.
func EachCounts(c *Checker, serve ServeFunc) {
	handle := func(v *service, _ http.ResponseWriter, _ *http.Request) {
		v.note("begun")
		time.Sleep(3 * time.Second)
		v.note("handled")
	}
	expect := func(what string, v *service) {
		time.Sleep(time.Millisecond)
		v.end()
		time.Sleep(4 * time.Second)
		if v.at("begun") != model.Never { // else another clause says so
			v.expectCounted(what, v.at("handled"))
		}
	}
	for _, text := range handledShapes {
		c.serving(serve, subject.Settings{}, handle, func(v *service) {
			if w := v.dial(); w != nil {
				_, _ = io.WriteString(w, text)
				go func() { _, _ = io.Copy(io.Discard, w) }()
				expect(fmt.Sprintf("%q", text), v)
			}
		})
	}
	over2 := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Protocols = unencryptedHTTP2()
		return serve(ctx, srv, ln)
	}
	c.serving(over2, subject.Settings{}, handle, func(v *service) {
		if w := v.dial2(); w != nil {
			if _, err := w.ask(""); err == nil {
				expect("a request over HTTP/2", v)
			}
		}
	})
}

// CancelOnStopEach checks HTTP-9: the context of a request of every shape ends when
// main's does.
func CancelOnStopEach(c *Checker) {
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Protocols = unencryptedHTTP2()
		return c.handledBy(c.Impl.CancelOnStop)(ctx, srv, ln)
	}
	var mu sync.Mutex
	ended := map[string]time.Duration{}
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		what := fmt.Sprintf("%s %s over %s", req.Method, req.RequestURI, req.Proto)
		mu.Lock()
		ended[what] = model.Never
		mu.Unlock()
		play.Wait(req.Context().Done(), 3*time.Second)
		mu.Lock()
		defer mu.Unlock()
		ended[what] = v.now()
	}
	c.serving(serve, subject.Settings{}, handle, func(v *service) {
		for _, text := range handledShapes {
			if w := v.dial(); w != nil {
				_, _ = io.WriteString(w, text)
				go func() { _, _ = io.Copy(io.Discard, w) }()
			}
		}
		if w := v.dial2(); w != nil {
			_, _ = w.ask("")
		}
		time.Sleep(time.Millisecond)
		v.end()
		mu.Lock()
		defer mu.Unlock()
		for what, at := range ended {
			c.expect(promptly(at, v.at(cancelled)), "%s with CancelOnStop: its context ends at %s, and main's at %s", what, scenarios.Show(at), scenarios.Show(v.at(cancelled)))
		}
		c.expect(len(ended) == len(handledShapes)+1, "of %d requests with CancelOnStop %d are handled", len(handledShapes)+1, len(ended))
	})
}
