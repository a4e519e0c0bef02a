package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// bare is a server that Serve has nothing to do with.
func bare(ctx context.Context, srv *http.Server, ln net.Listener) error {
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	_ = srv.Serve(ln)
	return nil
}

// powers returns what a ResponseWriter is.
func powers(w http.ResponseWriter) (all []string) {
	is := func(name string, ok bool) {
		if ok {
			all = append(all, name)
		}
	}
	_, ok := w.(http.Flusher)
	is("http.Flusher", ok)
	_, ok = w.(http.Hijacker)
	is("http.Hijacker", ok)
	_, ok = w.(http.Pusher)
	is("http.Pusher", ok)
	_, ok = w.(io.ReaderFrom)
	is("io.ReaderFrom", ok)
	_, ok = w.(io.StringWriter)
	is("io.StringWriter", ok)
	//lint:ignore SA1019 frameworks ask for it still
	_, ok = w.(http.CloseNotifier)
	is("http.CloseNotifier", ok)
	rc := http.NewResponseController(w)
	is("SetReadDeadline", rc.SetReadDeadline(time.Time{}) == nil)
	is("SetWriteDeadline", rc.SetWriteDeadline(time.Time{}) == nil)
	is("EnableFullDuplex", rc.EnableFullDuplex() == nil)
	return all
}

// Powers checks HTTP-10. It compares what a ResponseWriter is under Serve with what it is
// under http.Server: over HTTP/1.1 and HTTP/2, while nothing stops.
func Powers(c *Checker) {
	under := func(serve ServeFunc, delay time.Duration) map[string][]string {
		found := map[string][]string{}
		var mu sync.Mutex
		handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			found[req.Proto] = powers(w)
		}
		c.serving(serve, subject.Settings{Delay: delay}, handle, func(v *service) {
			conn, w := v.dial(), v.dial2()
			if conn == nil || w == nil {
				return
			}
			if delay > 0 {
				v.stop()
				time.Sleep(time.Second)
			}
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
			_, _ = http.ReadResponse(conn.r, nil)
			_, err := w.get("")
			c.expect(err == nil || delay > 0, "over HTTP/2 a request fails: %v", err)
		})
		return found
	}
	want := under(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Protocols = unencryptedHTTP2()
		return bare(ctx, srv, ln)
	}, 0)
	for _, delay := range []time.Duration{0, time.Minute} {
		if delay > 0 && !c.offered[subject.NeedDelay] {
			continue
		}
		got := under(c.serveHTTP2, delay)
		for proto, powers := range want {
			if delay > 0 && got[proto] == nil {
				continue // HTTP-2 says that requests are answered then
			}
			for _, power := range powers {
				c.expect(strings.Contains(fmt.Sprint(got[proto]), power), "over %s a ResponseWriter of http.Server is %s, and one of Serve's, in a drain delay: %t, is only %v", proto, power, delay > 0, got[proto])
			}
		}
	}
}

// TooLargeEndsTheConnection checks HTTP-10. It has a handler read no more than it wants
// to: the rest of the body is not to be taken for a request.
func TooLargeEndsTheConnection(c *Checker) {
	limits := func(v *service, w http.ResponseWriter, req *http.Request) {
		v.note("handled")
		if _, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 10)); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		}
	}
	for _, when := range []struct {
		delay   time.Duration
		stopped bool
	}{{0, false}, {5 * time.Second, false}, {5 * time.Second, true}} {
		delay := when.delay
		c.serving(c.Impl.Serve, subject.Settings{Delay: delay}, limits, func(v *service) {
			w := v.dial()
			if w == nil {
				return
			}
			if when.stopped {
				v.stop()
				time.Sleep(time.Second)
				if v.at(cancelled) <= v.now() {
					return // there was no delay
				}
			}
			go func() {
				_, _ = io.WriteString(w, "POST / HTTP/1.1\r\nHost: service\r\nContent-Length: 300\r\n\r\n"+strings.Repeat("x", 300))
			}()
			resp, err := http.ReadResponse(w.r, nil)
			e := v.exchanged(resp, err)
			if v.at("handled") > v.now() {
				return // that it is not handled is for HTTP-2 to say
			}
			c.expect(e.err == nil && e.code == http.StatusRequestEntityTooLarge && e.closes, "http.MaxBytesReader finds a body too large, with a drain delay of %v, which has begun: %t: %v, and the connection closes: %t", delay, when.stopped, e, e.closes)
		})
	}
}

// ExpectContinue checks HTTP-10. It has a client wait for the server to ask for the body.
func ExpectContinue(c *Checker) {
	takes := func(_ *service, w http.ResponseWriter, req *http.Request) {
		wait, _ := time.ParseDuration(strings.TrimPrefix(req.URL.Path, "/"))
		time.Sleep(wait)
		body, err := io.ReadAll(req.Body)
		_, _ = fmt.Fprintf(w, "%s, %v", body, err)
	}
	for _, reads := range []string{"0s", "2s"} { // before the stop, and after it
		c.serving(c.Impl.Serve, subject.Settings{}, takes, func(v *service) {
			w := v.dial()
			if w == nil {
				return
			}
			_, _ = fmt.Fprintf(w, "POST /%s HTTP/1.1\r\nHost: service\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", reads)
			if reads != "0s" {
				time.Sleep(time.Second)
				v.stop()
			}
			resp, err := http.ReadResponse(w.r, nil)
			if err != nil || resp.StatusCode != http.StatusContinue {
				c.Errorf("a request that expects 100-continue, and whose handler reads after %s, is answered %v, %v", reads, resp, err)
				return
			}
			_, _ = io.WriteString(w, "body")
			resp, err = http.ReadResponse(w.r, nil)
			e := v.exchanged(resp, err)
			c.expect(e.ok() && e.body == "body, <nil>", "a request that expects 100-continue, and whose handler reads after %s: %v", reads, e)
		})
	}
}
