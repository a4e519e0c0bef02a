package fuzz

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var errOneConnection = errors.New("the script has one connection")

// playHTTP2 has net/http's own client use the connection, and no other.
func (c *client) playHTTP2(tcp net.Conn) {
	only := new(http.Protocols)
	scheme := "https"
	if c.protocol == h2c {
		only.SetUnencryptedHTTP2(true)
		scheme = "http"
	} else {
		only.SetHTTP2(true)
	}
	if c.kind == "slow to read" {
		tcp = slowReader{tcp}
	}
	if c.kind == "slow preface" {
		tcp = &slowWriter{Conn: tcp, wait: func() { c.step(0) }}
	}
	one := &oneConnection{Conn: tcp, closed: make(chan struct{})}
	dial := one.dial
	transport := &http.Transport{Protocols: only, DisableCompression: true, DialContext: dial}
	if c.protocol == http2 {
		transport.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			tcp, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			conn := tls.Client(tcp, c.cert.client("h2"))
			if err := conn.HandshakeContext(ctx); err != nil {
				_ = tcp.Close()
				return nil, err
			}
			return conn, nil
		}
	}
	defer one.Close()
	defer transport.CloseIdleConnections()
	if c.kind == "slow handshake" {
		c.step(0)
	}
	traced := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{WroteHeaders: c.wrote})
	scripts2[c.kind](c, &http2Client{
		Client: http.Client{Transport: transport, Timeout: 20 * time.Second},
		base:   scheme + "://" + c.host.addr(c.protocol), ctx: traced, id: c.id,
	})
}

// oneConnection is dialled once. Whoever dials again waits for it: net/http
// dials for each of several requests, and then takes the first connection for
// all.
type oneConnection struct {
	net.Conn
	dialled atomic.Bool
	once    sync.Once
	closed  chan struct{}
}

func (c *oneConnection) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if !c.dialled.Swap(true) {
		return c, nil
	}
	select {
	case <-c.closed:
	case <-ctx.Done():
	}
	return nil, errOneConnection
}

func (c *oneConnection) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// slowWriter waits before it writes for the first time.
type slowWriter struct {
	net.Conn
	once sync.Once
	wait func()
}

func (s *slowWriter) Write(p []byte) (int, error) {
	s.once.Do(s.wait)
	return s.Conn.Write(p)
}

type http2Client struct {
	http.Client
	base string
	ctx  context.Context // traced
	id   func() string
}

func (c *http2Client) get(path, want string) error { return c.getAs(c.id(), path, want) }

func (c *http2Client) getAs(id, path, want string) error {
	req, err := http.NewRequestWithContext(c.ctx, "GET", c.base+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Id", id)
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	return wrong(resp, want)
}

// post sends what parts returns, one after the other, until it returns "".
func (c *http2Client) post(want string, header http.Header, trailer http.Header, parts func(i int) string) error {
	from, into := io.Pipe()
	req, err := http.NewRequestWithContext(c.ctx, "POST", c.base+"/echo", from)
	if err != nil {
		return err
	}
	header.Set("Id", c.id())
	req.Header, req.Trailer = header, trailer
	go func() {
		for i := 0; ; i++ {
			part := parts(i)
			if part == "" {
				break
			}
			if _, err := io.WriteString(into, part); err != nil {
				return
			}
		}
		_ = into.Close()
	}()
	resp, err := c.Do(req)
	_ = from.Close()
	if err != nil {
		return err
	}
	if err := wrong(resp, want); err != nil {
		return err
	}
	if trailer != nil && resp.Trailer.Get("Got") != trailer.Get("Sent") {
		return io.ErrUnexpectedEOF
	}
	return nil
}

var scripts2 = map[string]func(*client, *http2Client){
	"new":            func(c *client, h *http2Client) { c.note(h.get("/echo", "0")) },
	"slow handshake": func(c *client, h *http2Client) { c.note(h.get("/echo", "0")) },
	"slow preface":   func(c *client, h *http2Client) { c.note(h.get("/echo", "0")) },
	"slow handler":   func(c *client, h *http2Client) { c.step(0); c.note(h.get("/slow", "done")) },
	"streaming":      func(c *client, h *http2Client) { c.step(0); c.note(h.get("/stream", strings.Repeat("part", 5))) },
	"silent":         func(c *client, h *http2Client) { c.step(0) },
	"slow to read": func(c *client, h *http2Client) {
		c.note(h.get(fmt.Sprint("/big?n=", c.size), strings.Repeat("\x00", c.size)))
	},
	"kept": func(c *client, h *http2Client) {
		for i := range c.steps {
			c.step(i)
			err := h.get("/echo", "0")
			if c.note(err); err != nil {
				return
			}
		}
	},
	"at once": func(c *client, h *http2Client) {
		c.step(0)
		var all sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			id := c.id()
			all.Go(func() { errs[i] = h.getAs(id, "/slow", "done") })
		}
		all.Wait()
		for _, err := range errs {
			c.note(err)
		}
	},
	"upload": func(c *client, h *http2Client) {
		c.note(h.post("30", http.Header{}, nil, c.parts("0123456789", "0123456789", "0123456789")))
	},
	"expect": func(c *client, h *http2Client) {
		c.note(h.post("10", http.Header{"Expect": {"100-continue"}}, nil, c.parts("01234", "56789")))
	},
	"trailers": func(c *client, h *http2Client) {
		c.note(h.post("4", http.Header{}, http.Header{"Sent": {"all"}}, c.parts("body")))
	},
}

// parts returns each part when its step is due, and "" at the last step.
func (c *client) parts(parts ...string) func(i int) string {
	return func(i int) string {
		if i < len(parts) {
			c.step(i)
			return parts[i]
		}
		return ""
	}
}
