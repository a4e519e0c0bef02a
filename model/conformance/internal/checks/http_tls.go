package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// serveTLS is ServeTLS, or what is used in its place.
type serveTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error

// TLSRequests checks HTTP-10. It compares what a handler sees of a request over TLS under
// ServeTLS with what it sees under http.Server: with the certificate in files and in the
// server's configuration, which asks for one of the client, and over both protocols.
func TLSRequests(c *Checker) {
	cert, trusts, certFile, keyFile := c.certificate()
	for _, inFiles := range []bool{true, false} {
		seen := func(serve serveTLS) (all []string) {
			srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0), TLSConfig: &tls.Config{ClientAuth: tls.RequestClientCert}}
			files := [2]string{certFile, keyFile}
			if !inFiles {
				srv.TLSConfig.Certificates, files = []tls.Certificate{cert}, [2]string{}
			}
			c.overRealTLS(serve, srv, files, func(address string) {
				for _, protocol := range []string{"h2", "http/1.1"} {
					client := &tls.Config{RootCAs: trusts, ServerName: "service", Certificates: []tls.Certificate{cert}, NextProtos: []string{protocol}}
					all = append(all, askOverTLS(address, client))
				}
			})
			return all
		}
		want := seen(func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
			context.AfterFunc(ctx, func() { _ = srv.Close() })
			return srv.ServeTLS(ln, certFile, keyFile)
		})
		got := seen(c.Impl.ServeTLS)
		if inFiles && !slices.ContainsFunc(got, func(answer string) bool { return answer != noAnswer }) {
			return // that there is TLS is for HTTP-1 to say
		}
		c.expect(fmt.Sprint(got) == fmt.Sprint(want), "with the certificate in files: %t, handlers see %q, and under http.Server %q", inFiles, got, want)
	}
}

// overRealTLS has a run serve over TLS in real time, and calls f with its address.
func (c *Checker) overRealTLS(serve serveTLS, srv *http.Server, files [2]string, f func(address string)) {
	ln, err := net.Listen("tcp", loopback.Addr())
	if err != nil {
		c.Errorf("cannot listen: %v", err)
		return
	}
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.TLS == nil {
			_, _ = fmt.Fprint(w, req.Proto, " without TLS")
			return
		}
		_, _ = fmt.Fprint(w, req.Proto, " ", req.TLS.ServerName, " ", req.TLS.NegotiatedProtocol, " ", len(req.TLS.PeerCertificates))
	})
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	over := c.runs(func(ctx context.Context) error {
		_ = serve(ctx, srv, ln, files[0], files[1])
		_ = ln.Close() // which no client is to wait for
		return nil
	}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	f(ln.Addr().String())
	stop()
	play.Wait(over, process.Soon)
}

const noAnswer = "no answer"

// askOverTLS returns what a handler sees of a request.
func askOverTLS(address string, config *tls.Config) string {
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: config.NextProtos[0] == "h2"}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: min(process.Soon, 10*time.Second)}).Get("https://" + address)
	if err != nil {
		return noAnswer
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return fmt.Sprint(string(body), " ", err)
}

// ServedOverTLS checks HTTP-1. It has Serve return with the last answer over TLS.
func ServedOverTLS(c *Checker) {
	c.overTLS(func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn) {
		w := v.dial()
		if w == nil {
			return
		}
		over := shake(w.Conn, "http/1.1")
		if over == nil {
			return
		}
		answered := make(chan exchange, 1)
		go func() {
			answered <- newWire(over).get(v, "2s")
			_, _ = io.Copy(io.Discard, over) // until the server closes it
		}()
		time.Sleep(time.Second)
		v.end()
		e := <-answered
		c.expect(e.ok() && promptly(v.at(served), e.at), "over TLS, a request that was under way at the stop: %v; Serve returns at %s", e, scenarios.Show(v.at(served)))
	})
}

// ServeTLSWhenCut checks HTTP-1: ServeTLS returns nil when requests were cut, and Run an
// error.
func ServeTLSWhenCut(c *Checker) {
	serve, trusts := c.serveTLSInPlace()
	c.servingTLS(serve, trusts, subject.Settings{Drain: 2 * time.Second}, lasting, func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn) {
		w := v.dial()
		if w == nil {
			return
		}
		over := shake(w.Conn, "http/1.1")
		if over == nil {
			return
		}
		_, _ = io.WriteString(over, "GET /1h HTTP/1.1\r\nHost: service\r\n\r\n")
		go func() { _, _ = io.Copy(io.Discard, over) }()
		time.Sleep(time.Second)
		v.end()
		c.expectCutIsNoError("ServeTLS", v)
	})
}

// ServeTLS checks HTTP-1. It has a request be under way at the stop, in real time: in
// memory, both ends of a connection would wait for each other to read how it ends.
func ServeTLS(c *Checker) {
	_, trusts, certFile, keyFile := c.certificate()
	ln, err := net.Listen("tcp", loopback.Addr())
	if err != nil {
		c.Errorf("cannot listen: %v", err)
		return
	}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stop()
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})}
	result := make(chan error, 1)
	over := c.runs(func(ctx context.Context) error {
		result <- c.Impl.ServeTLS(ctx, srv, ln, certFile, keyFile)
		return nil
	}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	c.expectOverTLS("ServeTLS", ln.Addr().String(), trusts)
	stop()
	c.expectServed("ServeTLS", result)
	play.Wait(over, process.Soon)
	c.serveTLSWithoutCertificate()
}

func (c *Checker) serveTLSWithoutCertificate() {
	c.serving(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		return c.Impl.ServeTLS(ctx, srv, ln, "is not", "there")
	}, subject.Settings{}, lasting, func(v *service) {
		play.Wait(v.over, time.Minute)
		c.expect(v.result() != nil && v.at(served) < time.Second, "without a certificate ServeTLS returns %v at %s, want an error at once", v.result(), scenarios.Show(v.at(served)))
	})
}

// ListenTLS checks HTTP-1: ListenAndServeTLS on a real port. It runs in real time.
func ListenTLS(c *Checker) {
	_, trusts, certFile, keyFile := c.certificate()
	address := make(chan string, 1)
	srv := &http.Server{
		Addr:        loopback.Addr(),
		BaseContext: func(ln net.Listener) context.Context { address <- ln.Addr().String(); return context.Background() },
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") }),
	}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	result := make(chan error, 1)
	over := c.runs(func(ctx context.Context) error {
		result <- c.Impl.ListenAndServeTLS(ctx, srv, certFile, keyFile)
		return nil
	}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	select {
	case at := <-address:
		c.expectOverTLS("ListenAndServeTLS", at, trusts)
	case err := <-result:
		c.Errorf("ListenAndServeTLS returns %v, want nil", err)
		result <- nil // that is said
	case <-time.After(process.Soon):
		c.Errorf("ListenAndServeTLS accepts no connection")
	}
	stop()
	c.expectServed("ListenAndServeTLS", result)
	play.Wait(over, process.Soon)
}

// expectOverTLS demands an answer over TLS.
func (c *Checker) expectOverTLS(what, address string, trusts *x509.CertPool) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusts, ServerName: "service"}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: process.Soon}).Get("https://" + address)
	if err != nil {
		c.Errorf("%s: %v", what, err)
		return
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	c.expect(err == nil && string(body) == "done", "%s answers %q, %v", what, body, err)
}

// expectServed demands that what serves returns nil.
func (c *Checker) expectServed(what string, result <-chan error) {
	select {
	case err := <-result:
		c.expect(err == nil, "%s returns %v, want nil", what, err)
	case <-time.After(process.Soon):
		c.Errorf("%s does not return", what)
	}
}
