package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
)

// service is everything that one run of matchspec is made of.
type service struct {
	config
	queue    *queue
	inFlight atomic.Int64 // requests being handled, probes not counted

	// listening is called when the server is about to take requests.
	listening func(ctx context.Context, addr, admin net.Addr)
}

func newService(cfg config) *service {
	return &service{config: cfg, queue: newQueue(1024), listening: func(context.Context, net.Addr, net.Addr) {}}
}

// main is the service from its first line to its last, and what lifecycle.Run
// is given. It registers each thing's end right where that thing begins.
func (s *service) main(ctx context.Context) error {
	// What can fail at once comes first: an error returned from here is
	// returned by Run, after the hooks that were registered by then.
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err // it names the address
	}
	defer ln.Close() // for the returns before Serve, which closes it too
	if err := os.MkdirAll(s.checkpoints, 0o755); err != nil {
		return err
	}
	store, err := openStore(s.data)
	if err != nil {
		return err
	}

	// Hooks run when no request is under way and the queue is empty, last
	// registered first: the buffer is flushed, then the file is closed.
	lifecycle.OnShutdown(ctx, func() error {
		if err := store.Close(); err != nil {
			return err
		}
		slog.Info("hook: store closed", "file", s.data)
		return nil
	})
	lifecycle.OnShutdown(ctx, func() error {
		if err := store.Flush(); err != nil {
			return err
		}
		slog.Info("hook: store flushed to disk", "records", store.Appended())
		return nil
	})

	// No hook runs before this group is at zero, so that the worker can
	// finish what is queued while the store is still open.
	w := &worker{queue: s.queue, store: store, evaluate: s.evaluate, flushEvery: s.flushEvery, checkpoints: s.checkpoints}
	lifecycle.DrainGroup(ctx).Go(func() {
		if err := w.run(); err != nil {
			lifecycle.Stop(ctx, err) // a store that cannot be written to is the end of this service
		}
	})

	// Readiness is: the state is running, and every check passes. Follow is
	// the line that makes it fail from the moment a stop is requested.
	h := health.New("matchspec", version)
	h.AddCheck("checkpoints", writable(s.checkpoints))
	h.Follow(ctx)

	// What people, Prometheus and the kubelet ask goes on being answered until
	// the last hook has run: a hook that hangs can be looked at, and a process
	// that is flushing is not taken for dead.
	adminLn, err := net.Listen("tcp", s.admin)
	if err != nil {
		return err
	}
	admin := &http.Server{Handler: s.adminRoutes(ctx, h, store), ReadHeaderTimeout: 10 * time.Second}
	go lifecycle.Serve(ctx, admin, adminLn, lifecycle.UntilStopped())

	ln = s.misbehave(ctx, ln) // does nothing without -fault
	srv := &http.Server{Handler: s.routes(ctx, h), Protocols: protocols(), ReadHeaderTimeout: 10 * time.Second}
	slog.Info("listening", "addr", ln.Addr().String(), "admin", adminLn.Addr().String())
	s.listening(ctx, ln.Addr(), adminLn.Addr())

	// Serve returns when the stop has come and every request that was under
	// way is answered, or was cut because the drain timeout ran out. It counts
	// as work in flight until then, so that no hook runs before. Only when no
	// request can put a record into the queue any more may the worker finish:
	// each one that was accepted counts.
	defer s.queue.Close()
	return lifecycle.Serve(ctx, srv, ln)
}

// protocols are HTTP/1.1 and, for a proxy that speaks it to its servers, HTTP/2
// without TLS.
func protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// greet says how to try the service.
func greet(_ context.Context, addr, admin net.Addr) {
	fmt.Printf(`matchspec %s serves on http://%s

Try, in another terminal:

  open http://%[4]s/statusz in a browser, for what it is doing
  curl -i http://%[4]s/readyz
  curl -i http://%[2]s/match -d '{"id":"m-1","spec":"err*","input":"error: disk full"}'
  curl -N http://%[2]s/slow        and, while that runs,
  kill -TERM %[3]d        to see it answered before the service stops

`, version, addr, os.Getpid(), admin)
}
