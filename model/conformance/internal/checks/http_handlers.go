package checks

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// PanickingHandler checks HTTP-5: a handler that panics.
func PanickingHandler(c *Checker, serve ServeFunc) {
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/late" {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
		}
		switch req.URL.Path {
		case "/value":
			panic("on purpose")
		case "/nil":
			panic(nil)
		case "/hijacked":
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
		case "/exits":
			runtime.Goexit()
		}
		panic(http.ErrAbortHandler)
	}
	c.serving(serve, subject.Settings{}, handle, func(v *service) {
		for _, path := range []string{"early", "late", "early", "value", "nil", "hijacked", "exits"} {
			v.get(path)
		}
		v.end()
		v.expectNoLeak("after handlers that panicked", v.at(cancelled))
	})
	over2 := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Protocols = unencryptedHTTP2()
		return serve(ctx, srv, ln)
	}
	c.serving(over2, subject.Settings{}, handle, func(v *service) {
		w := v.dial2()
		if w == nil {
			return
		}
		for _, path := range []string{"early", "late", "early", "value", "nil", "exits"} {
			_, _ = w.get(path)
		}
		_ = w.Close()
		time.Sleep(time.Second) // it has gone
		v.end()
		v.expectNoLeak("over HTTP/2, after handlers that panicked", v.at(cancelled))
	})
}

// Hijacked checks HTTP-5: a hijacked connection.
func Hijacked(c *Checker, serve ServeFunc) {
	handle := func(v *service, w http.ResponseWriter, _ *http.Request) {
		h, ok := w.(http.Hijacker)
		if !ok {
			c.Errorf("a ResponseWriter of HTTP/1 is not an http.Hijacker")
			return
		}
		conn, _, err := h.Hijack()
		if err != nil {
			c.Errorf("Hijack: %v", err)
			return
		}
		_, _ = io.WriteString(conn, "raw\n") // and stays open
	}
	c.serving(serve, subject.Settings{}, handle, func(v *service) {
		w := v.dial()
		if w == nil {
			return
		}
		_, _ = io.WriteString(w, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
		line, err := w.r.ReadString('\n')
		c.expect(line == "raw\n", "over a hijacked connection comes %q, %v", line, err)
		time.Sleep(time.Second)
		v.end()
		v.expectNoLeak("with a hijacked connection that stays open", v.at(cancelled))
	})
}

// Stream checks HTTP-5: a stream.
func Stream(c *Checker, serve ServeFunc) {
	handle := func(v *service, w http.ResponseWriter, _ *http.Request) {
		defer v.note("handled")
		for range 4 {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Second)
		}
	}
	c.serving(serve, subject.Settings{}, handle, func(v *service) {
		stream := v.begin("")
		time.Sleep(1500 * time.Millisecond)
		v.end()
		e := <-stream
		c.expect(e.err != nil || e.body == "xxxx", "a stream of xxxx: %v", e) // HTTP-2 says that it is not cut
		v.expectNoLeak("with a stream under way", v.at("handled"))
	})
}

// Deadlines checks HTTP-5: a deadline that a handler sets ends what it waits for.
func Deadlines(c *Checker, serve ServeFunc) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		rc, began := http.NewResponseController(w), v.now()
		at := time.Now().Add(2 * time.Second)
		if req.URL.Path == "/read" {
			err := rc.SetReadDeadline(at)
			_, failed := io.ReadAll(req.Body)
			c.expect(err == nil && errors.Is(failed, os.ErrDeadlineExceeded) && promptly(v.now(), began+2*time.Second), "SetReadDeadline returns %v, and reading until then ends with %v after %v, want 2s", err, failed, v.now()-began)
			return
		}
		err := rc.SetWriteDeadline(at)
		_, failed := w.Write(make([]byte, 1<<20))
		c.expect(err == nil && errors.Is(failed, os.ErrDeadlineExceeded) && promptly(v.now(), began+2*time.Second), "SetWriteDeadline returns %v, and writing until then ends with %v after %v, want 2s", err, failed, v.now()-began)
	}
	for _, delay := range c.delays() {
		c.serving(serve, subject.Settings{Delay: delay}, handle, func(v *service) {
			for _, proto := range keepingProtos {
				for _, request := range []string{
					"POST /read " + proto + "\r\nHost: service\r\nContent-Length: 9\r\n\r\nhalf",
					"GET /write " + proto + "\r\nHost: service\r\n\r\n",
				} {
					if w := v.dial(); w != nil {
						_, _ = io.WriteString(w, request)
					}
				}
			}
			time.Sleep(10 * time.Second)
		})
	}
}

// WriterPowers checks HTTP-5: what a ResponseWriter can do.
func WriterPowers(c *Checker, serve ServeFunc) {
	handle := func(v *service, w http.ResponseWriter, _ *http.Request) {
		flusher, ok := w.(http.Flusher)
		if !ok {
			c.Errorf("a ResponseWriter is not an http.Flusher")
			return
		}
		_, _ = io.WriteString(w, "first")
		flusher.Flush()
		time.Sleep(time.Second)
		rc, later := http.NewResponseController(w), time.Now().Add(play.Patience)
		_, _ = io.WriteString(w, "second")
		err := errors.Join(rc.SetReadDeadline(later), rc.SetWriteDeadline(later), rc.EnableFullDuplex(), rc.Flush())
		c.expect(err == nil, "http.ResponseController: %v", err)
		time.Sleep(time.Second)
		_, _, err = rc.Hijack()
		c.expect(!errors.Is(err, http.ErrNotSupported), "http.ResponseController: Hijack: %v", err)
	}
	for _, delay := range c.delays() {
		for _, proto := range keepingProtos {
			c.serving(serve, subject.Settings{Delay: delay}, handle, func(v *service) { v.expectFlushed(proto) })
		}
	}
}

// expectFlushed sends a request to the handler of WriterPowers.
func (v *service) expectFlushed(proto string) {
	w := v.dial()
	if w == nil {
		return
	}
	asked := v.now()
	_, _ = io.WriteString(w, "GET / "+proto+"\r\nHost: service\r\n\r\n")
	resp, err := http.ReadResponse(w.r, nil)
	if err != nil {
		v.c.Errorf("a response that was flushed: %v", err)
		return
	}
	for i, want := range []string{"first", "second"} {
		got := make([]byte, len(want))
		_, err := io.ReadFull(resp.Body, got)
		at := asked + time.Duration(i)*time.Second
		v.c.expect(err == nil && string(got) == want && promptly(v.now(), at),
			"over %q, what was flushed at %s comes at %s: %q, %v; want %q", proto, scenarios.Show(at), scenarios.Show(v.now()), got, err, want)
	}
}
