package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// failing is a listener that fails a second after its first connection.
type failing struct {
	*pipes
	accepted bool
}

func (f *failing) Accept() (net.Conn, error) {
	if f.accepted {
		sleep(1)
		return nil, errors.New("no more")
	}
	f.accepted = true
	return f.pipes.Accept()
}

// deaf is a listener whose Close does not end Accept.
type deaf struct{ *pipes }

func (d deaf) Close() error { return nil }

// full is a listener of a process that has no file descriptor left.
type full struct{ *pipes }

func (f full) Accept() (net.Conn, error) {
	select {
	case <-f.gone:
		return nil, net.ErrClosed
	default:
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
}

// HTTP-1: net/http waits up to a second before it accepts again.
func TestAServerThatCannotAcceptNowStopsAtOnce(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := full{newPipes()}
		var given net.Listener
		srv := &http.Server{BaseContext: func(ln net.Listener) context.Context { given = ln; return context.Background() }}
		err := w.run(func(ctx context.Context) error {
			time.AfterFunc(9500*time.Millisecond, func() { lifecycle.Stop(ctx, nil) })
			err := lifecycle.Serve(ctx, srv, ln)
			w.note("Serve: %v", err)
			return err
		})
		if err != nil || given != ln {
			t.Errorf("Run returned %v, BaseContext was given %v", err, given)
		}
		w.expect("9.5s Serve: <nil>")
		w.expectLog("WARN", "cannot accept", "too many open files", "1s")
	})
}

// Whatever becomes of the listener, no connection outlives Draining (HTTP-2).
func TestConnectionsOfAListenerThatFailsAreCut(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			_, _ = io.WriteString(rw, "half")
			rw.(http.Flusher).Flush()
			<-req.Context().Done()
			sleep(0.05)
			w.note("handler")
			panic(http.ErrAbortHandler)
		})
		go w.get(client, "/")
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			err := lifecycle.Serve(ctx, &http.Server{Handler: handler}, &failing{pipes: ln})
			w.note("Serve: %v", err)
			return err
		}, lifecycle.WithDrainTimeout(2*time.Second))
		if !errors.Is(err, lifecycle.ErrDrainTimeout) {
			t.Errorf("Run returned %v, want a drain timeout", err)
		}
		synctest.Wait()
		w.expect("1s Serve: no more", "3s /: 200 half, cut", "3.05s handler", "3.05s hook")
	})
}

func TestAListenerThatCannotBeClosedDoesNotKeepRequests(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		defer ln.Close()
		time.AfterFunc(time.Second, func() { w.signals <- nil })
		err := w.run(func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, deaf{ln})
		}, lifecycle.WithDrainTimeout(2*time.Second))
		if took := time.Since(w.began); took != 3*time.Second || errors.Is(err, lifecycle.ErrMainRunning) {
			t.Errorf("Run returned %v after %v, want 3s", err, took)
		}
	})
}
