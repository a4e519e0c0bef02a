package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// failingListener is a listener that fails a second after its first connection.
type failingListener struct {
	*pipes
	accepted bool
}

func (f *failingListener) Accept() (net.Conn, error) {
	if f.accepted {
		sleep(1)
		return nil, errors.New("no more")
	}
	f.accepted = true
	return f.pipes.Accept()
}

// stuckListener is a listener whose Close does not end Accept.
type stuckListener struct{ *pipes }

func (d stuckListener) Close() error { return nil }

// Even if the listener fails, no connection outlives Draining (HTTP-2).
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
			err := lifecycle.Serve(ctx, &http.Server{Handler: handler}, &failingListener{pipes: ln})
			w.note("Serve: %v", err)
			return err
		}, lifecycle.WithDrainTimeout(2*time.Second))
		if !errors.Is(err, lifecycle.ErrDrainTimeout) {
			t.Errorf("Run returned %v, want a drain timeout", err)
		}
		w.expect("1s Serve: no more", "3s /: 200 half, cut", "3.05s handler", "3.05s hook")
	})
}

func TestStuckListenerIsAbandonedAtTheDrainTimeout(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		defer ln.Close()
		time.AfterFunc(time.Second, func() { w.signals <- nil })
		err := w.run(func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, stuckListener{ln})
		}, lifecycle.WithDrainTimeout(2*time.Second))
		if took := time.Since(w.began); took != 3*time.Second || errors.Is(err, lifecycle.ErrMainRunning) {
			t.Errorf("Run returned %v after %v, want 3s", err, took)
		}
	})
}
