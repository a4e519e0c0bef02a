package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-2: a handler that returns when its context ends has not answered.
func TestCutRequestLooksCut(t *testing.T) {
	for path, want := range map[string]string{"/half": "3s /half: 200 half, cut", "/nothing": "3s /nothing: failed"} {
		inVirtualTime(t, func(w *world) {
			ln := newPipes()
			client, hangUp := ln.client()
			defer hangUp()
			handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				if path == "/half" {
					_, _ = io.WriteString(rw, "half")
					rw.(http.Flusher).Flush()
				}
				<-req.Context().Done()
			})
			err := w.run(func(ctx context.Context) error {
				go w.get(client, path)
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
			}, lifecycle.WithDrainTimeout(2*time.Second))
			if !errors.Is(err, lifecycle.ErrDrainTimeout) {
				t.Errorf("Run returned %v, want a drain timeout", err)
			}
			w.expect(want)
		})
	}
}

// DRAIN-2: its handler is back, so it is counted no more, but it has no answer.
func TestUnsentResponseIsListed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		err := w.run(func(ctx context.Context) error {
			conn := make(chan net.Conn, 1)
			go func() {
				c, _ := ln.dial(ctx, "", "")
				fmt.Fprintf(c, "GET /0 HTTP/1.1\r\nHost: x\r\n\r\n")
				conn <- c // and is never read
			}()
			defer func() { _ = (<-conn).Close() }()
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
		})
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || timeout.Requests != 1 {
			t.Errorf("Run returned %v, want one unanswered request", err)
		}
		w.expectLog("WARN", "requests were cut", "requests=1")
	})
}

// DRAIN-4: only unfinished work is a drain timeout.
func TestSilentConnectionIsNotUnfinishedWork(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		err := w.run(func(ctx context.Context) error {
			conn := make(chan net.Conn, 1)
			time.AfterFunc(time.Second, func() { c, _ := ln.dial(ctx, "", ""); conn <- c; lifecycle.Stop(ctx, nil) })
			defer func() { _ = (<-conn).Close() }()
			return lifecycle.Serve(ctx, &http.Server{}, ln)
		}, lifecycle.WithDrainTimeout(200*time.Millisecond))
		if took := time.Since(w.began); err != nil || took > 1400*time.Millisecond {
			t.Errorf("Run returned %v after %v", err, took)
		}
	})
}

// What is registered with a server runs once, as with net/http alone.
func TestServerStoppedByItsOwnerIsNotShutDownAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		stop func(*http.Server) error
		want []string
	}{
		"Shutdown": {func(srv *http.Server) error { return srv.Shutdown(context.Background()) },
			[]string{"1s registered", "1s " + http.ErrServerClosed.Error(), "3s /3: 200 done, <nil>, close", "3s hook"}},
		"Close": {(*http.Server).Close, []string{"1s " + http.ErrServerClosed.Error(), "1s /3: failed", "1s hook"}},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				client, hangUp := ln.client()
				defer hangUp()
				srv := &http.Server{Handler: http.HandlerFunc(slow)}
				srv.RegisterOnShutdown(func() { w.note("registered") })
				_ = w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					go w.get(client, "/3")
					time.AfterFunc(time.Second, func() { _ = tc.stop(srv) })
					err := lifecycle.Serve(ctx, srv, ln)
					w.note("%v", err)
					return err
				})
				sleep(1) // Shutdown polls
				w.expectUnordered(tc.want...)
			})
		})
	}
}

// A server counts as a unit of work, but is never listed as a tracked one.
func TestServerIsNotListedAsTracked(t *testing.T) {
	err := lifecycle.Run(func(ctx context.Context) error {
		s, _ := fsm.FromContext(ctx)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for range 2000 {
				ln := newPipes()
				_ = ln.Close()
				_ = lifecycle.Serve(ctx, &http.Server{}, ln)
			}
		}()
		for {
			select {
			case <-over:
				return nil
			default:
			}
			if n := s.(interface{ Snapshot() lifecycle.Snapshot }).Snapshot().Tracked; n != 0 {
				<-over
				return fmt.Errorf("%d tracked units are listed", n)
			}
		}
	}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
	if err != nil {
		t.Error(err)
	}
}
