package check

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

func joinHostPort(host, port string) string { return net.JoinHostPort(host, port) }

// clock counts from the start of a process.
type clock struct{ start time.Time }

func (c clock) now() time.Duration { return time.Since(c.start) }

// client is one connection that speaks HTTP/1. It is written by hand, because
// what net/http's client hides is what is asked for here: how a connection ends,
// and when.
type client struct {
	target
	conn net.Conn
	in   *bufio.Reader
	stop func() bool
}

// dial connects; the connection is closed when ctx ends. alpn is what TLS offers.
func dial(ctx context.Context, t target, timeout time.Duration, alpn string) (*client, error) {
	dialCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(dialCtx, t.network, t.addr)
	if err != nil {
		return nil, err
	}
	if t.tls {
		name, _, err := net.SplitHostPort(t.host)
		if err != nil {
			name = t.host
		}
		secure := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{alpn}})
		if err := secure.HandshakeContext(dialCtx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = secure
	}
	c := &client{target: t, conn: conn, in: bufio.NewReader(conn)}
	c.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return c, nil
}

func (c *client) close() {
	c.stop()
	c.conn.Close()
}

// head is the head of a request.
func (c *client) head(method, more string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: lifecheck\r\nAccept: */*\r\n%s\r\n", method, c.path, c.host, more)
}

func (c *client) send(text string) error {
	_, err := io.WriteString(c.conn, text)
	return err
}

// answer is what came back.
type answer struct {
	status  int
	bytes   int64
	told    bool // Connection: close, or as HTTP/1.0 has it
	toEOF   bool
	http2   bool
	events  bool   // a stream of events
	body    []byte // the first bodyKept bytes
	trailer string // the trailers that say how it went
	took    time.Duration
	outcome Outcome
}

// bodyKept is how much of each body is kept, to see whether it is cut.
const bodyKept = 16 << 10

// Write takes some of the body.
func (a *answer) Write(b []byte) (int, error) {
	a.bytes += int64(len(b))
	a.body = append(a.body, b[:min(len(b), bodyKept-len(a.body))]...)
	return len(b), nil
}

// verdicts are the trailers that say whether an answer is good, such as Grpc-Status.
func verdicts(trailers http.Header) string {
	var says []string
	for name, values := range trailers {
		if lower := strings.ToLower(name); strings.Contains(lower, "status") || strings.Contains(lower, "error") {
			says = append(says, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(says)
	return strings.Join(says, "; ")
}

// receive reads one answer to its end.
func (c *client) receive(method string) answer {
	for {
		resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
		if err != nil {
			return answer{outcome: outcome(err)}
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		a := answer{status: resp.StatusCode, told: resp.Close, outcome: Answered}
		a.toEOF = resp.ContentLength < 0 && len(resp.TransferEncoding) == 0
		a.events = strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
		if _, err = io.Copy(&a, resp.Body); err != nil {
			a.outcome = outcome(err)
		}
		a.trailer = verdicts(resp.Trailer)
		return a
	}
}

// gone waits for the service to close the connection, and says how it did.
func (c *client) gone() Outcome {
	if _, err := c.in.ReadByte(); err != nil {
		return outcome(err)
	}
	return Malformed
}

// outcome is what an error of a connection means.
func outcome(err error) Outcome {
	var timeout net.Error
	switch {
	case err == nil:
		return Answered
	case errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		return Unfinished
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Closed
	case errors.As(err, &timeout) && timeout.Timeout():
		return TimedOut
	case strings.Contains(err.Error(), "connection"):
		return Closed
	}
	return Malformed
}

// probe asks once, on a connection of its own.
func (t target) probe(ctx context.Context, c clock, role Role, timeout time.Duration) Probe {
	p := Probe{Role: role, Addr: t.addr, Begun: c.now()}
	a := t.get(ctx, timeout)
	p.Ended, p.Status, p.Told, p.Outcome = c.now(), a.status, a.told, a.outcome
	return p
}

// get is a whole GET, on a connection of its own.
func (t target) get(ctx context.Context, timeout time.Duration) answer {
	if t.http2 {
		return get2(ctx, t, timeout)
	}
	return get1(ctx, t, timeout)
}

// get1 is a whole GET over HTTP/1.
func get1(ctx context.Context, t target, timeout time.Duration) answer {
	c, err := dial(ctx, t, timeout, "http/1.1")
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	defer c.close()
	c.conn.SetDeadline(time.Now().Add(timeout))
	if err := c.send(c.head("GET", "")); err != nil {
		return answer{outcome: outcome(err)}
	}
	return c.receive("GET")
}
