package checks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// exchange is what became of a request.
type exchange struct {
	code   int
	body   string
	closes bool // the response says Connection: close
	err    error
	began  time.Duration // when its header had come
	at     time.Duration
}

func (e exchange) String() string {
	return fmt.Sprintf("%d %q, %v, at %s", e.code, e.body, e.err, scenarios.Show(e.at))
}

// cut reports whether the client sees that it has no answer, or gets a response that says so.
func (e exchange) cut() bool { return e.err != nil || e.code == http.StatusServiceUnavailable }

func (e exchange) ok() bool { return e.err == nil && e.code == http.StatusOK }

// get sends a request and waits for what becomes of it.
func (v *service) get(path string) exchange {
	resp, err := v.client.Get("http://service/" + path)
	return v.exchanged(resp, err)
}

func (v *service) exchanged(resp *http.Response, err error) exchange {
	e := exchange{err: err, began: v.now()}
	if err == nil {
		var body []byte
		body, e.err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		e.code, e.body, e.closes = resp.StatusCode, string(body), resp.Close
	}
	e.at = v.now()
	return e
}

// begin sends a request, and returns when it is under way.
func (v *service) begin(path string) <-chan exchange {
	answered := make(chan exchange, 1)
	go func() { answered <- v.get(path) }()
	time.Sleep(prompt)
	return answered
}

// wire is one connection, by hand.
type wire struct {
	net.Conn
	r *bufio.Reader
}

// dial makes a connection, nil if there is none to be had.
func (v *service) dial() *wire {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := v.ln.dial(ctx, "", "")
	if err != nil {
		v.c.Errorf("at %s a connection fails: %v", scenarios.Show(v.now()), err)
		return nil
	}
	time.Sleep(time.Millisecond) // it is accepted
	return newWire(conn)
}

func newWire(conn net.Conn) *wire {
	_ = conn.SetDeadline(time.Now().Add(play.Patience))
	return &wire{conn, bufio.NewReader(conn)}
}

// get sends a request over the connection.
func (w *wire) get(v *service, path string) exchange {
	return w.send(v, fmt.Sprintf("GET /%s HTTP/1.1\r\nHost: service\r\n\r\n", path))
}

// send sends a request as it is written.
func (w *wire) send(v *service, request string) exchange {
	if _, err := io.WriteString(w, request); err != nil {
		return exchange{err: err, at: v.now()}
	}
	return v.exchanged(http.ReadResponse(w.r, nil))
}

// response is send, but for informational answers that come first.
func (w *wire) response(v *service, request string) exchange {
	if _, err := io.WriteString(w, request); err != nil {
		return exchange{err: err, at: v.now()}
	}
	resp, err := http.ReadResponse(w.r, nil)
	for err == nil && resp.StatusCode < 200 {
		resp, err = http.ReadResponse(w.r, nil)
	}
	return v.exchanged(resp, err)
}
