package checks

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// keepingProtos are those of HTTP/1 over which a connection is kept, with the header
// that this takes. A server may have to wrap the ResponseWriter for each, or where
// there is a drain delay.
var keepingProtos = []string{"HTTP/1.1", "HTTP/1.0\r\nConnection: keep-alive"}

// delays are none, and one if it can be had.
func (c *Checker) delays() []time.Duration {
	if c.offered[subject.NeedDelay] {
		return []time.Duration{0, 5 * time.Second}
	}
	return []time.Duration{0}
}

// FullDuplex checks HTTP-5: a handler answers first, and reads then.
func FullDuplex(c *Checker, serve ServeFunc) {
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		rc := http.NewResponseController(w)
		err := rc.EnableFullDuplex()
		_, _ = fmt.Fprintf(w, "%v, ", err)
		_ = rc.Flush()
		body, err := io.ReadAll(req.Body)
		_, _ = fmt.Fprintf(w, "%s, %v", body, err)
	}
	for _, delay := range c.delays() {
		c.serving(serve, subject.Settings{Delay: delay}, handle, func(v *service) {
			w := v.dial()
			if w == nil {
				return
			}
			_, _ = io.WriteString(w, "POST / HTTP/1.1\r\nHost: service\r\nContent-Length: 4\r\n\r\n")
			resp, err := http.ReadResponse(w.r, nil)
			if err != nil {
				c.Errorf("with a drain delay of %v, EnableFullDuplex, and the client sends the body when it has the header of the answer: %v", delay, err)
				return
			}
			go func() { _, _ = io.WriteString(w, "body") }()
			e := v.exchanged(resp, nil)
			c.expect(e.ok() && e.body == "<nil>, body, <nil>", "with a drain delay of %v, EnableFullDuplex, and the client sends the body when it has the header of the answer: %v", delay, e)
		})
	}
}

// ReadFrom checks HTTP-10. It has a handler copy to its client over a real network, in the
// way for which io.ReaderFrom is there, around the stop.
func ReadFrom(c *Checker) {
	for _, delay := range c.delays() {
		c.readFrom(min(delay, 20*time.Millisecond))
	}
}

func (c *Checker) readFrom(delay time.Duration) {
	content := bytes.Repeat([]byte("x"), 300_000)
	ln, err := net.Listen("tcp", loopback.Addr())
	if err != nil {
		c.Errorf("cannot listen: %v", err)
		return
	}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	over := c.runs(func(ctx context.Context) error {
		return c.Impl.Serve(ctx, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/stop" {
				stop()
				<-ctx.Done()
				time.Sleep(20 * time.Millisecond)
			}
			if to, ok := w.(io.ReaderFrom); ok {
				_, _ = to.ReadFrom(bytes.NewReader(content))
				return
			}
			_, _ = w.Write(content)
		})}, ln)
	}, subject.Settings{Delay: delay, Parent: parent, Signals: make(chan os.Signal)})
	for _, path := range []string{"/", "/stop"} {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			c.Errorf("%v", err)
			break
		}
		_ = conn.SetDeadline(time.Now().Add(process.Soon))
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: service\r\n\r\n", path)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		n := 0
		if err == nil {
			var body []byte
			body, err = io.ReadAll(resp.Body)
			n = len(body)
		}
		_ = conn.Close()
		c.expect(err == nil && n == len(content), "with a drain delay of %v, what a handler copies by ReadFrom comes to %d of %d bytes, %v", delay, n, len(content), err)
	}
	stop()
	play.Wait(over, process.Soon)
}
