package checks

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// HandlerCountsWhateverServes checks HTTP-4: Handler counts the requests of servers that
// are the library's, but no work of this run.
func HandlerCountsWhateverServes(c *Checker) {
	if c.offered[subject.NeedUntilStopped] {
		EachCounts(c, func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			srv.Handler = c.Impl.Handler(ctx, srv.Handler)
			go func() { _ = c.Impl.ServeUntilStopped(ctx, srv, ln) }()
			<-ctx.Done()
			return nil
		})
	}
	if !c.offered[subject.NeedServe] {
		return
	}
	EachCounts(c, func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.Handler = c.Impl.Handler(ctx, srv.Handler)
		parent, stop := context.WithCancel(context.Background())
		go func() {
			_ = c.run(func(another context.Context) error { return c.Impl.Serve(another, srv, ln) }, subject.Settings{Parent: parent})
		}()
		<-ctx.Done()
		time.AfterFunc(play.Patience, stop)
		return nil
	})
	// The server's handler, which may be the library's now, is given to another one.
	EachCounts(c, func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		up := make(chan struct{})
		ready := sync.OnceFunc(func() { close(up) })
		srv.Handler = c.Impl.Handler(ctx, srv.Handler)
		srv.BaseContext = func(net.Listener) context.Context { ready(); return context.Background() }
		first := newPipes()
		go func() { _ = c.Impl.Serve(ctx, srv, first) }()
		play.Wait(up, time.Second)
		other := &http.Server{Handler: srv.Handler, Protocols: srv.Protocols}
		go func() { _ = other.Serve(ln) }()
		<-ctx.Done()
		time.AfterFunc(play.Patience, first.cut)
		return nil
	})
}
