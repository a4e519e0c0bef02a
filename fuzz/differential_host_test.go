package fuzz

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/lifecycle"
)

// host serves the same handler in the clear and over TLS. stop stops it and
// returns when the process that it stands for would have exited: no connection
// is open any more.
type host interface {
	addr(protocol string) string
	accepted(client net.Addr) bool
	handled(client net.Addr, id string) bool
	stop(t *testing.T)
}

// servers is what both hosts serve with.
type servers struct {
	clear, encrypted     *http.Server
	clearLn, encryptedLn net.Listener

	mu      sync.Mutex
	conns   map[net.Conn]struct{} // hijacked ones too
	clients map[string]struct{}   // the addresses of all that were accepted
	begun   sync.Map              // of the requests whose handler was called, client and id
}

func newServers(t *testing.T, cert *certificate) *servers {
	s := &servers{conns: map[net.Conn]struct{}{}, clients: map[string]struct{}{}}
	both, overTLS := new(http.Protocols), new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	overTLS.SetHTTP1(true)
	overTLS.SetHTTP2(true)
	quiet := log.New(io.Discard, "", 0)
	s.clear = &http.Server{Handler: s.note(handler()), Protocols: both, ConnState: s.follow, ErrorLog: quiet}
	s.encrypted = &http.Server{Handler: s.note(handler()), Protocols: overTLS, ConnState: s.follow, ErrorLog: quiet}
	s.clearLn = listen(t)
	s.encryptedLn = tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert.pair}, NextProtos: []string{"h2", "http/1.1"}})
	return s
}

func listen(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", loopback.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func (s *servers) addr(protocol string) string {
	if protocol == http11 || protocol == h2c {
		return s.clearLn.Addr().String()
	}
	return s.encryptedLn.Addr().String()
}

func (s *servers) follow(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.conns[conn] = struct{}{}
		s.clients[conn.RemoteAddr().String()] = struct{}{}
	case http.StateClosed:
		delete(s.conns, conn)
	}
}

// accepted says whether the server has had the connection of a client. One that
// is still with the kernel when the listener closes is reset: no server can
// answer that.
func (s *servers) accepted(client net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.clients[client.String()]
	return ok
}

// note notes the requests whose handler is called.
func (s *servers) note(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.begun.Store(req.RemoteAddr+" "+req.Header.Get("Id"), nil)
		next.ServeHTTP(w, req)
	})
}

func (s *servers) handled(client net.Addr, id string) bool {
	_, ok := s.begun.Load(client.String() + " " + id)
	return ok
}

// exit closes what a process that exits would close.
func (s *servers) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// serveHost is Serve in a Run.
type serveHost struct {
	*servers
	ctx context.Context
	run chan error
}

func newServeHost(t *testing.T, cert *certificate) host {
	h := &serveHost{servers: newServers(t, cert), run: make(chan error, 1)}
	contexts := make(chan context.Context)
	go func() {
		h.run <- lifecycle.Run(func(ctx context.Context) error {
			lifecycle.Go(ctx, func(ctx context.Context) error { return lifecycle.Serve(ctx, h.clear, h.clearLn) })
			lifecycle.Go(ctx, func(ctx context.Context) error { return lifecycle.Serve(ctx, h.encrypted, h.encryptedLn) })
			contexts <- ctx
			<-ctx.Done()
			return nil
		}, lifecycle.WithSignals(), lifecycle.WithLogger(slog.New(slog.DiscardHandler)), lifecycle.WithDrainTimeout(20*time.Second))
	}()
	h.ctx = <-contexts
	return h
}

func (h *serveHost) stop(t *testing.T) {
	lifecycle.Stop(h.ctx, nil)
	if err := <-h.run; err != nil {
		t.Errorf("Run returned %v", err)
	}
	h.exit()
}

// shutdownHost is two bare servers and Shutdown.
type shutdownHost struct{ *servers }

func newShutdownHost(t *testing.T, cert *certificate) host {
	h := &shutdownHost{newServers(t, cert)}
	go func() { _ = h.clear.Serve(h.clearLn) }()
	go func() { _ = h.encrypted.Serve(h.encryptedLn) }()
	return h
}

func (h *shutdownHost) stop(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var both sync.WaitGroup
	for _, srv := range []*http.Server{h.clear, h.encrypted} {
		both.Go(func() {
			if err := srv.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown returned %v", err)
			}
		})
	}
	both.Wait()
	h.exit()
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, req *http.Request) {
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Trailer", "Got")
		fmt.Fprint(w, n)
		w.Header().Set("Got", req.Trailer.Get("Sent"))
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, req *http.Request) {
		n, _ := strconv.Atoi(req.FormValue("n"))
		w.Header().Set("Content-Length", strconv.Itoa(n))
		_, _ = w.Write(make([]byte, n))
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, req *http.Request) {
		for range 5 {
			_, _ = io.WriteString(w, "part")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond) // stands for work
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, req *http.Request) {
		time.Sleep(100 * time.Millisecond) // stands for work
		_, _ = io.WriteString(w, "done")
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, req *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		for {
			line, err := buf.ReadString('\n')
			if err != nil || line == "bye\n" {
				return
			}
			_, _ = io.WriteString(conn, line)
		}
	})
	return mux
}

// certificate is one of the test's own, and a client's configuration for it.
type certificate struct {
	pair  tls.Certificate
	roots *x509.CertPool
}

func newCertificate(t *testing.T) *certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"test"},
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c := &certificate{pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots: x509.NewCertPool()}
	c.roots.AddCert(leaf)
	return c
}

func (c *certificate) client(protocols ...string) *tls.Config {
	return &tls.Config{RootCAs: c.roots, ServerName: "test", NextProtos: protocols}
}
