package checks

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// AcceptedBeforeByAll checks HTTP-6. It has connections of each protocol be accepted
// before the stop, and send all that they have to say after it.
func AcceptedBeforeByAll(c *Checker) {
	const wait = 100 * time.Millisecond
	c.serving(c.serveHTTP2, subject.Settings{}, lasting, func(v *service) {
		plain, http2 := v.dial(), v.dial()
		if plain == nil || http2 == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
		v.stop()
		time.Sleep(wait)
		var both sync.WaitGroup
		both.Go(func() {
			e := plain.get(v, "1s")
			c.expect(e.ok(), "a request over a connection that was accepted 50ms before the stop, sent %v after it: %v", wait, e)
		})
		both.Go(func() {
			w, err := newWire2(http2.Conn, v.now)
			n := 0
			if err == nil {
				n, err = w.get("1s")
			}
			c.expect(err == nil && n == len("done"), "over HTTP/2, a request over a connection that was accepted 50ms before the stop, sent %v after it, is answered with %d bytes, %v", wait, n, err)
		})
		both.Wait()
	})
	c.overTLS(func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn) {
		first, second := v.dial(), v.dial()
		if first == nil || second == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
		v.stop()
		time.Sleep(wait)
		var both sync.WaitGroup
		both.Go(func() {
			conn := shake(first.Conn, "http/1.1")
			if conn == nil {
				return
			}
			e := (&wireOf{conn}).get(v, "1s")
			c.expect(e.ok(), "over TLS, a request over a connection that was accepted 50ms before the stop and shakes hands %v after it: %v", wait, e)
		})
		both.Go(func() {
			conn := shake(second.Conn, "h2")
			if conn == nil {
				return
			}
			w, err := newWire2(conn, v.now)
			n := 0
			if err == nil {
				n, err = w.get("1s")
			}
			c.expect(err == nil && n == len("done"), "over TLS and HTTP/2, a request over a connection that was accepted 50ms before the stop and shakes hands %v after it is answered with %d bytes, %v", wait, n, err)
		})
		both.Wait()
	})
}

// wireOf makes a wire of any connection.
type wireOf struct{ conn net.Conn }

func (w *wireOf) get(v *service, path string) exchange {
	return (&wire{w.conn, bufio.NewReader(w.conn)}).get(v, path)
}

// overTLS has a service live that Serve serves over TLS, HTTP/2 too.
func (c *Checker) overTLS(f func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn)) {
	c.overTLSWith(subject.Settings{}, lasting, f)
}

func (c *Checker) overTLSWith(s subject.Settings, handle handleFunc, f func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn)) {
	cert, trusts, _, _ := c.certificate()
	c.servingTLS(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		config := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
		return c.Impl.Serve(ctx, srv, tls.NewListener(ln, config))
	}, trusts, s, handle, f)
}

// serveTLSInPlace is ServeTLS in place of Serve, and who trusts its certificate.
func (c *Checker) serveTLSInPlace() (serve ServeFunc, trusts *x509.CertPool) {
	_, trusts, certFile, keyFile := c.certificate()
	return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		return c.Impl.ServeTLS(ctx, srv, ln, certFile, keyFile)
	}, trusts
}

// servingTLS is serving over TLS. shake makes a connection of the client one that speaks
// TLS and a protocol over it.
func (c *Checker) servingTLS(serve ServeFunc, trusts *x509.CertPool, s subject.Settings, handle handleFunc, f func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn)) {
	c.serving(serve, s, handle, func(v *service) {
		f(v, func(conn net.Conn, protocol string) *tls.Conn {
			over := tls.Client(conn, &tls.Config{RootCAs: trusts, ServerName: "service", NextProtos: []string{protocol}})
			if err := over.Handshake(); err != nil {
				c.Errorf("over TLS (%s), a connection that was accepted before the stop cannot shake hands: %v", protocol, err)
				return nil
			}
			return over
		})
	})
}

// HijackedOverTLS checks HTTP-2: a hijacked connection over TLS is cut when the drain
// timeout runs out, as one without TLS is.
func HijackedOverTLS(c *Checker) {
	reads := hijacks(func(v *service, conn net.Conn, _ *http.Request) {
		_, _ = io.ReadAll(conn)
		v.note("cut")
	})
	c.overTLSWith(subject.Settings{Drain: 2 * time.Second}, reads, func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn) {
		w := v.dial()
		if w == nil {
			return
		}
		conn := shake(w.Conn, "http/1.1")
		if conn == nil {
			return
		}
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); line != "raw\n" {
			c.Errorf("over a hijacked connection with TLS comes %q, %v", line, err)
			return
		}
		go func() { _, _ = io.Copy(io.Discard, conn) }() // tls.Conn.Close waits for its alert to be sent
		v.end()
		c.expect(v.at("cut") <= v.hooksAt(), "over TLS, a hijacked connection whose handler goes on is cut at %s, and hooks begin at %s", scenarios.Show(v.at("cut")), scenarios.Show(v.hooksAt()))
	})
}

// UploadsAreTaken checks HTTP-6. It has requests be under way at the stop whose bodies are
// still to come.
func UploadsAreTaken(c *Checker) {
	takes := func(v *service, w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		_, _ = fmt.Fprintf(w, "%d, %v", len(body), err)
	}
	for what, upload := range map[string]struct {
		expect string
		part   int // of ten
	}{
		"a request":                           {"", 1},
		"a request that expects 100-continue": {"Expect: 100-continue\r\n", 1},
		"a request of 10 MB":                  {"", 1_000_000},
	} {
		c.serving(c.Impl.Serve, subject.Settings{}, takes, func(v *service) {
			w := v.dial()
			if w == nil {
				return
			}
			_, _ = fmt.Fprintf(w, "POST / HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\n%s\r\n", 10*upload.part, upload.expect)
			time.Sleep(time.Second)
			v.stop()
			go func() {
				for range 10 {
					time.Sleep(200 * time.Millisecond)
					_, _ = io.WriteString(w, strings.Repeat("x", upload.part))
				}
			}()
			resp, err := http.ReadResponse(w.r, nil)
			if err == nil && resp.StatusCode == http.StatusContinue {
				resp, err = http.ReadResponse(w.r, nil)
			}
			e := v.exchanged(resp, err)
			c.expect(e.ok() && e.body == fmt.Sprintf("%d, <nil>", 10*upload.part), "%s whose body comes after the stop: %v", what, e)
		})
	}
}

// LargeAnswersAreWhole checks HTTP-6. It has answers of 10 MB be written after the stop.
func LargeAnswersAreWhole(c *Checker) {
	const part, parts = 1_000_000, 10
	writes := func(_ *service, w http.ResponseWriter, req *http.Request) {
		for range parts {
			time.Sleep(200 * time.Millisecond)
			if req.URL.Path == "/copied" {
				_, _ = io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("x", part)), part))
			} else {
				_, _ = w.Write(make([]byte, part))
			}
		}
	}
	c.serving(c.Impl.Serve, subject.Settings{}, writes, func(v *service) {
		written, copied := v.begin("written"), v.begin("copied")
		v.end()
		for _, e := range []exchange{<-written, <-copied} {
			c.expect(e.ok() && len(e.body) == part*parts, "of an answer of %d bytes that is written after the stop, there are %d: %d, %v", part*parts, len(e.body), e.code, e.err)
		}
	})
}

// LateRequestOfAYoungConnection checks HTTP-6. It sends the request when the connection is
// almost as old as it may become in silence.
func LateRequestOfAYoungConnection(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
		w := v.dial()
		if w == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
		v.stop()
		time.Sleep(400 * time.Millisecond)
		e := w.get(v, "1s")
		c.expect(e.ok(), "a request over a connection that was accepted 50ms before the stop, sent 400ms after it: %v", e)
	})
}
