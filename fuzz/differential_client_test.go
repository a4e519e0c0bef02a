package fuzz

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// client plays one script.
type client struct {
	script
	host host
	cert *certificate
	stop time.Time

	dialled time.Time
	sent    atomic.Pointer[time.Time] // the first request
	results []result
	ids     []string // of the requests of results
	asked   int      // how many requests have an id
}

// inTime is how old a connection may be when it sends its first request. That
// leaves a busy machine 200 ms to read it (HTTP-6).
const inTime = 300 * time.Millisecond

func (c *client) play() []result {
	c.sleepUntil(c.dial)
	conn, err := net.DialTimeout("tcp", c.host.addr(c.protocol), 10*time.Second)
	if err != nil {
		return nil
	}
	defer conn.Close()
	c.dialled = time.Now()
	_ = conn.SetDeadline(c.stop.Add(30 * time.Second))
	if c.protocol == http2 || c.protocol == h2c {
		c.playHTTP2(conn)
	} else {
		c.playHTTP1(conn)
	}
	c.findThoseInVain(conn.LocalAddr())
	if sent := c.sent.Load(); !c.host.accepted(conn.LocalAddr()) || sent == nil || sent.Sub(c.dialled) > inTime {
		return nil
	}
	return c.results
}

// wrote notes when the first request has been sent.
func (c *client) wrote() {
	now := time.Now()
	c.sent.CompareAndSwap(nil, &now)
}

func (c *client) sleepUntil(d time.Duration) { time.Sleep(time.Until(c.stop.Add(d))) }

func (c *client) step(i int) { c.sleepUntil(c.steps[i]) }

// id returns the id of the next request.
func (c *client) id() string {
	c.asked++
	return strconv.Itoa(c.asked)
}

// note records what became of one request. Each has one note, in the order in
// which they are sent.
func (c *client) note(err error) { c.noteOf(strconv.Itoa(len(c.results)+1), err) }

func (c *client) noteOf(id string, err error) {
	c.ids = append(c.ids, id)
	if err != nil {
		c.results = append(c.results, lost)
		return
	}
	c.results = append(c.results, answered)
}

// findThoseInVain finds the lost requests whose handler was called.
func (c *client) findThoseInVain(addr net.Addr) {
	for i, r := range c.results {
		if r == lost && c.host.handled(addr, c.ids[i]) {
			c.results[i] = inVain
		}
	}
}

// wrong is the error of an answer that is not the right one.
func wrong(resp *http.Response, want string) error {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || string(body) != want) {
		err = fmt.Errorf("%s %q", resp.Status, body)
	}
	return err
}

// http1 is a connection on which requests are written by hand.
type http1 struct {
	net.Conn
	from  *bufio.Reader
	wrote func()
	id    func() string
}

func (c *client) playHTTP1(tcp net.Conn) {
	conn := http1{tcp, nil, c.wrote, c.id}
	if c.kind == "slow handshake" {
		c.step(0)
	}
	if c.protocol == tls11 {
		if c.kind == "slow to read" {
			tcp = slowReader{tcp}
		}
		overTLS := tls.Client(tcp, c.cert.client("http/1.1"))
		if err := overTLS.Handshake(); err != nil {
			if c.kind != "silent" {
				c.note(err)
			}
			return
		}
		conn.Conn = overTLS
	} else if c.kind == "slow to read" {
		conn.Conn = slowReader{tcp}
	}
	conn.from = bufio.NewReader(conn.Conn)
	scripts1[c.kind](c, conn)
}

// ask sends a request and reads the answer.
func (c http1) ask(path, want string) (closes bool, err error) {
	c.write("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
	return c.answer(want)
}

func (c http1) answer(want string) (closes bool, err error) {
	resp, err := http.ReadResponse(c.from, nil)
	if err != nil {
		return false, err
	}
	return resp.Close, wrong(resp, want)
}

// write gives each request that begins in s an id.
func (c http1) write(s string) {
	const host = "Host: test\r\n"
	parts := strings.Split(s, host)
	for i := range parts[1:] {
		parts[i+1] = host + "Id: " + c.id() + "\r\n" + parts[i+1]
	}
	s = strings.Join(parts, "")
	_, _ = io.WriteString(c, s) // if it fails, there is no answer
	c.wrote()
}

// closeWrite says that no more is coming.
func (c http1) closeWrite() { _ = c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

var scripts1 = map[string]func(*client, http1){
	"new":            func(c *client, conn http1) { _, err := conn.ask("/echo", "0"); c.note(err) },
	"slow handshake": func(c *client, conn http1) { c.step(1); _, err := conn.ask("/echo", "0"); c.note(err) },
	"slow handler":   func(c *client, conn http1) { c.step(0); _, err := conn.ask("/slow", "done"); c.note(err) },
	"streaming": func(c *client, conn http1) {
		c.step(0)
		_, err := conn.ask("/stream", strings.Repeat("part", 5))
		c.note(err)
	},
	"slow to read": func(c *client, conn http1) {
		_, err := conn.ask(fmt.Sprint("/big?n=", c.size), strings.Repeat("\x00", c.size))
		c.note(err)
	},
	"silent": func(c *client, conn http1) { c.step(0) },
	"kept": func(c *client, conn http1) {
		for i := range c.steps {
			c.step(i)
			closes, err := conn.ask("/echo", "0")
			if c.note(err); closes || err != nil {
				return
			}
		}
	},
	"posts in a row": func(c *client, conn http1) {
		for {
			conn.write("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody")
			closes, err := conn.answer("4")
			if closes || err != nil {
				c.noteOf(strconv.Itoa(c.asked), err) // how many came before is chance
				return
			}
		}
	},
	"slow to send": func(c *client, conn http1) {
		for i, part := range []string{"GET /ec", "ho HTTP/1.1\r\nHo", "st: test\r\nId: " + c.id() + "\r\n\r\n"} {
			c.step(i)
			_, _ = io.WriteString(conn, part)
		}
		conn.wrote()
		_, err := conn.answer("0")
		c.note(err)
	},
	"pipelined": func(c *client, conn http1) {
		c.step(0)
		conn.write(strings.Repeat("GET /echo HTTP/1.1\r\nHost: test\r\n\r\n", 3))
		for range 3 {
			closes, err := conn.answer("0")
			if c.note(err); closes || err != nil {
				return
			}
		}
	},
	"half-closed": func(c *client, conn http1) {
		c.step(0)
		conn.write("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
		c.step(1)
		conn.closeWrite()
		_, err := conn.answer("done")
		c.note(err)
	},
	"hijacked": func(c *client, conn http1) {
		c.step(0)
		conn.write("GET /hijack HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		resp, err := http.ReadResponse(conn.from, nil)
		if c.note(err); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			return
		}
		for i := range c.steps[1:] {
			c.step(1 + i)
			conn.write("hello\n")
			_, err := conn.from.ReadString('\n')
			if c.note(err); err != nil {
				return
			}
		}
		conn.write("bye\n")
	},
	"upload": func(c *client, conn http1) {
		c.step(0)
		conn.write("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 30\r\n\r\n")
		for i := range 3 {
			c.step(1 + i)
			conn.write("0123456789")
		}
		_, err := conn.answer("30")
		c.note(err)
	},
	"expect": func(c *client, conn http1) {
		c.step(0)
		conn.write("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
		resp, err := http.ReadResponse(conn.from, nil)
		if err != nil || resp.StatusCode != http.StatusContinue {
			c.note(io.ErrUnexpectedEOF)
			return
		}
		for i := range 2 {
			c.step(1 + i)
			conn.write("01234")
		}
		_, err = conn.answer("10")
		c.note(err)
	},
	"trailers": func(c *client, conn http1) {
		c.step(0)
		conn.write("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nTrailer: Sent\r\n\r\n4\r\nbody\r\n")
		c.step(1)
		conn.write("0\r\nSent: all\r\n\r\n")
		resp, err := http.ReadResponse(conn.from, nil)
		if err == nil {
			if err = wrong(resp, "4"); err == nil && resp.Trailer.Get("Got") != "all" {
				err = io.ErrUnexpectedEOF
			}
		}
		c.note(err)
	},
}

// slowReader reads 1 MB/s.
type slowReader struct{ net.Conn }

func (s slowReader) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p[:min(len(p), 10_000)])
	time.Sleep(time.Duration(n) * time.Microsecond) // a slow network
	return n, err
}

// CloseWrite is for http1.
func (s slowReader) CloseWrite() error { return s.Conn.(*net.TCPConn).CloseWrite() }
