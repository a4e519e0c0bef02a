package fuzz

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
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
	once := make(chan net.Conn, 1)
	once <- tcp
	dial := func(context.Context, string, string) (net.Conn, error) {
		select {
		case conn := <-once:
			return conn, nil
		default:
			return nil, errOneConnection
		}
	}
	transport := &http.Transport{Protocols: only, DisableCompression: true, DialContext: dial}
	if c.protocol == http2 {
		transport.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			tcp, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			conn := tls.Client(tcp, c.cert.client("h2"))
			return conn, conn.HandshakeContext(ctx)
		}
	}
	defer transport.CloseIdleConnections()
	if c.kind == "slow handshake" {
		c.step(0)
	}
	scripts2[c.kind](c, &http2Client{http.Client{Transport: transport}, scheme + "://" + c.host.addr(c.protocol)})
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
}

func (c *http2Client) get(path, want string) error {
	resp, err := c.Get(c.base + path)
	if err != nil {
		return err
	}
	return wrong(resp, want)
}

// post sends what parts returns, one after the other, until it returns "".
func (c *http2Client) post(want string, header http.Header, trailer http.Header, parts func(i int) string) error {
	from, into := io.Pipe()
	req, err := http.NewRequest("POST", c.base+"/echo", from)
	if err != nil {
		return err
	}
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
			all.Go(func() { errs[i] = h.get("/slow", "done") })
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
