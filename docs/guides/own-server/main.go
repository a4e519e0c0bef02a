// Command own-server serves with a library that is not net/http and has a
// listening loop, a Shutdown and connections of its own: fasthttp.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	drain := flag.Duration("drain-timeout", 15*time.Second, "how long requests under way are waited for")
	takes := flag.Duration("takes", time.Second, "how long a request takes")
	flag.Parse()

	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr, *takes) },
		lifecycle.WithDrainTimeout(*drain))
	if err != nil {
		slog.Error("greeter failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, takes time.Duration) error {
	var db store
	lifecycle.OnShutdown(ctx, db.Close) // runs after the last request is answered

	work := lifecycle.WorkContext(ctx) // for the handlers: ends with Draining, not at the stop
	srv := &fasthttp.Server{
		Handler: func(r *fasthttp.RequestCtx) {
			if err := db.read(work, takes); err != nil {
				r.Error(err.Error(), fasthttp.StatusServiceUnavailable)
				return
			}
			r.SetBodyString("hello\n")
		},
		CloseOnShutdown: true, // answers carry "Connection: close" once it is stopping
		ReadTimeout:     10 * time.Second,
	}
	var open connections
	srv.ConnState = open.follow

	// A port that cannot be had is an error at once, before anything is served.
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return lifecycle.ServeFunc(ctx,
		func() error { return srv.Serve(ln) },
		func(ctx context.Context) error {
			// fasthttp ignores a Shutdown that comes before Serve has begun;
			// a Serve whose listener is closed ends whenever it begins.
			_ = ln.Close()
			if err := srv.ShutdownWithContext(ctx); !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil
		},
		open.close)
}

// store stands for your database.
type store struct{ closed atomic.Bool }

// read takes a while, as a slow database might.
func (s *store) read(ctx context.Context, takes time.Duration) error {
	slog.Info("request begins")
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s.closed.Load() {
		return errors.New("store is closed")
	}
	slog.Info("request done")
	return nil
}

func (s *store) Close() error {
	s.closed.Store(true)
	slog.Info("store closed")
	return nil
}
