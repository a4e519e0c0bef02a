package checks

import (
	"context"
	"crypto/tls"
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
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// serveTLS is ServeTLS, or what is used in its place.
type serveTLS = func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error

// TLSRequests compares what a handler sees of a request over TLS under ServeTLS with
// what it sees under http.Server: with the certificate in files and in the server's
// configuration, which asks for one of the client, and over both protocols.
func TLSRequests(c *Checker) {
	cert, trusts, certFile, keyFile := c.certificate()
	defer forget(certFile)
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
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.run(func(ctx context.Context) error {
			_ = serve(ctx, srv, ln, files[0], files[1])
			_ = ln.Close() // which no client is to wait for
			return nil
		}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	}()
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
