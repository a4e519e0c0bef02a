package lifecycle_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-7: the warning about tasks comes when half of the drain timeout has passed, if
// the server serves and a task runs then.
func TestWhenTasksThatHoldUpDrainingAreLogged(t *testing.T) {
	for name, tc := range map[string]struct {
		task, server float64 // when each ends
		want         bool
	}{
		"both go on":              {12, 60, true},
		"the task ends before":    {7.9, 60, false},
		"the server ends before":  {12, 7, false},
		"both go on just as long": {8.1, 60, true},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				srv := &http.Server{}
				time.AfterFunc(time.Duration(tc.server*float64(time.Second)), func() { _ = srv.Close() })
				time.AfterFunc(7900*time.Millisecond, func() { w.expectNoLog("tasks hold up Draining") })
				_ = w.run(func(ctx context.Context) error {
					go func() { _ = lifecycle.Serve(ctx, srv, newPipes(), lifecycle.UntilStopped()) }()
					lifecycle.Go(ctx, func(context.Context) error { sleep(tc.task); return nil })
					sleep(1)
					return nil
				}, lifecycle.WithDrainTimeout(14*time.Second))
				if w.log.has("ERROR", "tasks hold up Draining", "tasks=1") != tc.want {
					t.Errorf("logged: %v; the log:\n%s", !tc.want, w.log)
				}
				sleep(60)
			})
		})
	}
}

// What has a context of the server's ends with the server.
func TestContextsEndWithTheServer(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		var inside context.Context
		srv := &http.Server{
			Handler:     http.HandlerFunc(slow),
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context { inside = ctx; return ctx },
		}
		err := w.run(func(ctx context.Context) error {
			go func() { _ = lifecycle.Serve(ctx, srv, ln, lifecycle.UntilStopped()) }()
			w.get(client, "/1")
			hangUp()
			sleep(1) // with nothing open, Shutdown does not poll
			_ = srv.Shutdown(ctx)
			w.note("its owner has stopped the server")
			sleep(1)
			if inside.Err() == nil || ctx.Err() != nil {
				t.Errorf("the server's context has ended: %v, and main's: %v", inside.Err(), ctx.Err())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("1s /1: 200 done, <nil>", "2s its owner has stopped the server")
	})
}

// slowListener is a listener whose Close takes its time.
type slowListener struct {
	*pipes
	takes time.Duration
}

func (l slowListener) Close() error { time.Sleep(l.takes); return l.pipes.Close() }

// At the end a server waits 10 ms for its listener to close.
func TestHowLongUntilStoppedWaitsForItsListener(t *testing.T) {
	for takes, want := range map[time.Duration]string{
		0:                    "1s Serve: <nil>",
		4 * time.Millisecond: "1.004s Serve: <nil>",
		time.Second:          "1.01s Serve: <nil>",
	} {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				go func() {
					w.note("Serve: %v", lifecycle.Serve(ctx, &http.Server{}, slowListener{newPipes(), takes}, lifecycle.UntilStopped()))
				}()
				sleep(1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			w.expect(want)
			sleep(2)
		})
	}
}
