package checks

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ClosedServer checks HTTP-1: a server that somebody else has closed.
func ClosedServer(c *Checker) { c.closedServer("", c.Impl.Serve) }

// ClosedServerTLS checks HTTP-1: a server that somebody else has closed, over TLS.
func ClosedServerTLS(c *Checker) {
	serve, _ := c.serveTLSInPlace()
	c.closedServer("over TLS, ", serve)
}

func (c *Checker) closedServer(over string, serve ServeFunc) {
	closed := func(when string, v *service) {
		play.Wait(v.over, time.Minute)
		c.expect(errors.Is(v.result(), http.ErrServerClosed) && v.at(served) < 2*time.Second,
			"%sa server that is closed %s: Serve returns %v at %s, want http.ErrServerClosed", over, when, v.result(), scenarios.Show(v.at(served)))
	}
	before := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		_ = srv.Close()
		return serve(ctx, srv, ln)
	}
	c.serving(before, subject.Settings{}, lasting, func(v *service) { closed("before", v) })
	meanwhile := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		time.AfterFunc(time.Second, func() { _ = srv.Close() })
		return serve(ctx, srv, ln)
	}
	c.serving(meanwhile, subject.Settings{}, lasting, func(v *service) { closed("while it serves", v) })
	var again atomic.Pointer[error]
	twice := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		err := meanwhile(ctx, srv, ln)
		other := newPipes()
		defer other.cut()
		late := serve(ctx, srv, other)
		again.Store(&late)
		return err
	}
	c.serving(twice, subject.Settings{}, lasting, func(v *service) {
		closed("and served again", v)
		err := again.Load()
		c.expect(err == nil || errors.Is(*err, http.ErrServerClosed), "a server that was closed while it served is served again, and Serve does not return http.ErrServerClosed")
	})
}

// ClosedBeforeItListens checks HTTP-1: a server that was closed before it is to listen.
func ClosedBeforeItListens(c *Checker) {
	c.closedBefore("ListenAndServe", c.Impl.ListenAndServe)
}

// ClosedBeforeItListensTLS checks HTTP-1: a server that was closed before it listens, over
// TLS.
func ClosedBeforeItListensTLS(c *Checker) {
	_, _, certFile, keyFile := c.certificate()
	c.closedBefore("ListenAndServeTLS", func(ctx context.Context, srv *http.Server) error {
		return c.Impl.ListenAndServeTLS(ctx, srv, certFile, keyFile)
	})
}

func (c *Checker) closedBefore(what string, listenAndServe func(ctx context.Context, srv *http.Server) error) {
	_ = c.run(func(ctx context.Context) error {
		srv := &http.Server{Addr: loopback.Addr()}
		_ = srv.Close()
		result := make(chan error, 1)
		go func() { result <- listenAndServe(ctx, srv) }()
		select {
		case err := <-result:
			c.expect(errors.Is(err, http.ErrServerClosed), "of a server that was closed before, %s returns %v, want http.ErrServerClosed", what, err)
		case <-time.After(process.Soon):
			c.Errorf("of a server that was closed before, %s does not return", what)
		}
		return nil
	}, subject.Settings{Signals: make(chan os.Signal)})
}
