package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestServerStopsWhenTheLastRequestIsAnswered(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			go w.get(client, "/0") // leaves an idle connection
			go func() { sleep(1); go w.get(client, "/6"); w.get(client, "/8") }()
			time.AfterFunc(2*time.Second, func() { lifecycle.Stop(ctx, nil) })
			time.AfterFunc(3*time.Second, func() { w.get(client, "/late") })
			err := lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
			w.note("Serve: %v", err) // HTTP-1: at the very instant of the last answer
			return err
		}, lifecycle.WithContext(context.WithValue(context.Background(), worldKey{}, "values")))
		if err != nil {
			t.Error(err)
		}
		synctest.Wait()
		// HTTP-2: live contexts past the grace; HTTP-3: close.
		w.expectUnordered("0s /0: 200 done, values", "3s /late: failed",
			"7s /6: 200 done, values, close", "9s /8: 200 done, values, close", "9s Serve: <nil>", "9s hook")
		w.expectNoLog("main has not returned")
	})
}

func TestRequestsAreCutAtTheDrainTimeout(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		release := make(chan struct{})
		mux := http.NewServeMux()
		mux.HandleFunc("/polite", func(rw http.ResponseWriter, req *http.Request) {
			<-req.Context().Done()
			w.note("its context: %v", context.Cause(req.Context()))
			panic(http.ErrAbortHandler)
		})
		mux.HandleFunc("/stubborn", func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, "half")
			rw.(http.Flusher).Flush()
			<-release
		})
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			go w.get(client, "/polite")
			go w.get(client, "/stubborn")
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			err := lifecycle.Serve(ctx, &http.Server{Handler: mux}, ln)
			w.note("Serve: %v", err)
			return err
		})
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || timeout.Requests != 2 || timeout.Tracked != 0 || len(timeout.Groups) != 0 {
			t.Errorf("HTTP-2: %v", err)
		}
		close(release)
		synctest.Wait()
		// The handler that heeds its context is waited for, the other one is not.
		w.expectUnordered("16s its context: lifecycle: drain timeout", "16s /polite: failed", "16s /stubborn: 200 half, cut",
			"16.1s Serve: <nil>", "16.1s hook")
	})
}

func TestServerServesDuringTheDrainDelay(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			go func() {
				sleep(0.5)
				go w.get(client, "/1") // begun before the stop, answered after it
				sleep(0.5)
				lifecycle.Stop(ctx, nil)
				sleep(0.25)
				w.get(client, "/0")
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
		}, lifecycle.WithDrainDelay(2*time.Second))
		if err != nil {
			t.Error(err)
		}
		w.expect("1.25s /0: 200 done, <nil>, close", "1.5s /1: 200 done, <nil>, close") // HTTP-3
	})
}

func TestServeFailures(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, tc := range map[string]struct {
		serve func(ctx context.Context) error
		want  string
	}{
		"HTTP-1: a port that is taken": {func(ctx context.Context) error {
			return lifecycle.ListenAndServe(ctx, &http.Server{Addr: taken.Addr().String()})
		}, taken.Addr().String()},
		"HTTP-1: a server closed by its owner": {func(ctx context.Context) error {
			srv := &http.Server{}
			_ = srv.Close()
			return lifecycle.Serve(ctx, srv, newPipes())
		}, http.ErrServerClosed.Error()},
		"a nil server":                   {func(ctx context.Context) error { return lifecycle.Serve(ctx, nil, newPipes()) }, "the server is nil"},
		"a nil server to listen":         {func(ctx context.Context) error { return lifecycle.ListenAndServe(ctx, nil) }, "the server is nil"},
		"a nil listener":                 {func(ctx context.Context) error { return lifecycle.Serve(ctx, &http.Server{}, nil) }, "the listener is nil"},
		"HOOK-9: a context not from Run": {func(context.Context) error { return lifecycle.Serve(context.Background(), &http.Server{}, newPipes()) }, "does not come from Run"},
		"a server that was served before": {func(ctx context.Context) error {
			srv, ln := &http.Server{}, newPipes()
			_ = ln.Close()
			_ = lifecycle.Serve(ctx, srv, ln)
			return lifecycle.Serve(ctx, srv, newPipes())
		}, "already served"},
	} {
		t.Run(name, func(t *testing.T) {
			defaultLog(t)
			err := lifecycle.Run(tc.serve, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Run returned %v", err)
			}
		})
	}
}

func TestUserFunctionsOfAServerAreCalled(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		srv := &http.Server{
			Handler: http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				src, ok := fsm.FromContext(req.Context())
				fmt.Fprint(rw, req.Context().Value(worldKey{}), " ", ok && src.State() == fsm.Running)
			}),
			BaseContext: func(net.Listener) context.Context {
				ctx, cancel := context.WithCancel(context.WithValue(context.Background(), worldKey{}, "base"))
				cancel()
				return ctx
			},
			ConnState: func(_ net.Conn, s http.ConnState) { w.note("connection %v", s) },
		}
		err := w.run(func(ctx context.Context) error {
			go func() { w.get(client, "/"); sleep(1); lifecycle.Stop(ctx, nil) }()
			return lifecycle.Serve(ctx, srv, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expectUnordered("0s connection new", "0s connection active", "0s /: 200 base true", "0s connection idle", "1s connection closed")
	})
}
