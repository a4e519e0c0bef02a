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
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// state answers with the state of the run, and whether the request's context is
// live.
func state(rw http.ResponseWriter, req *http.Request) {
	src, _ := fsm.FromContext(req.Context())
	fmt.Fprint(rw, src.State(), " ", req.Context().Err())
}

// HTTP-7: through Draining and Hooks, without "Connection: close".
func TestUntilStoppedAnswersUntilTheLastHookHasRun(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		served := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				sleep(1)
				w.get(client, "/second")
				go w.get(client, "/cut") // under way when it stops
				sleep(1)
				return nil
			})
			lifecycle.OnShutdown(ctx, func() error { w.get(client, "/first"); return nil })
			mux := http.NewServeMux()
			mux.HandleFunc("/", state)
			mux.HandleFunc("/cut", func(_ http.ResponseWriter, req *http.Request) {
				<-req.Context().Done()
				w.note("its context: %v", req.Context().Err())
				sleep(5)
			})
			go func() {
				defer close(served)
				err := lifecycle.Serve(ctx, &http.Server{Handler: mux}, ln, lifecycle.UntilStopped())
				w.note("Serve: %v", err)
			}()
			w.get(client, "/main")
			lifecycle.Go(ctx, func(context.Context) error { sleep(2); w.get(client, "/task"); return nil })
			sleep(1)
			return nil
		})
		<-served
		w.note("Run: %v", err)
		sleep(5)
		w.expectUnordered("0s /main: 200 running <nil>", "2s /task: 200 draining <nil>", "2s /first: 200 hooks <nil>",
			"3s /second: 200 hooks <nil>", "4s its context: context canceled", "4s /cut: failed", "4s Serve: <nil>", "4s Run: <nil>")
	})
}

// HTTP-7: whether main has returned or not; and when Hooks is cut short.
func TestUntilStoppedEndsWithHooks(t *testing.T) {
	for name, tc := range map[string]struct {
		hook, main float64
		want       string
		err        error
	}{
		"main is running":   {1, 7, "6s Serve: <nil>", nil}, // the grace and the hook
		"a hook that hangs": {60, 0, "10s Serve: <nil>", lifecycle.ErrShutdownTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { sleep(tc.hook); return nil })
					go func() {
						w.note("Serve: %v", lifecycle.Serve(ctx, &http.Server{}, newPipes(), lifecycle.UntilStopped()))
					}()
					lifecycle.Stop(ctx, nil)
					sleep(tc.main)
					return nil
				})
				if !errors.Is(err, tc.err) {
					t.Errorf("Run returned %v", err)
				}
				w.expect(tc.want)
				sleep(60)
			})
		})
	}
}

func TestUntilStoppedMayBeServedFromMain(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{}, newPipes(), lifecycle.UntilStopped())
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("6s hook")
	})
}

// HTTP-7: as a task's failure does.
func TestUntilStoppedFailureRequestsAStop(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	closed := &http.Server{}
	_ = closed.Close()
	for name, tc := range map[string]struct {
		serve func(ctx context.Context) error
		want  string
	}{
		"a port that is taken": {func(ctx context.Context) error {
			return lifecycle.ListenAndServe(ctx, &http.Server{Addr: taken.Addr().String()}, lifecycle.UntilStopped())
		}, taken.Addr().String()},
		"a certificate that is missing": {func(ctx context.Context) error {
			return lifecycle.ServeTLS(ctx, &http.Server{}, newPipes(), "no such file", "", lifecycle.UntilStopped())
		}, "no such file"},
		"a listener that fails": {func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, explosive{failed()}, lifecycle.UntilStopped())
		}, "boom"},
		"a server that is closed": {func(ctx context.Context) error {
			return lifecycle.Serve(ctx, closed, newPipes(), lifecycle.UntilStopped())
		}, http.ErrServerClosed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			place := make(chan string, 1)
			err := lifecycle.Run(func(ctx context.Context) error {
				go func() { place <- "http_until_test.go"; _ = tc.serve(ctx) }()
				<-ctx.Done()
				return context.Cause(ctx)
			}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
			var task *lifecycle.TaskError
			if !errors.As(err, &task) || !strings.Contains(task.Place, <-place) || !strings.Contains(task.Err.Error(), tc.want) {
				t.Errorf("Run returned %v", err)
			}
		})
	}
}

// failed is a listener that was closed.
func failed() *pipes {
	ln := newPipes()
	_ = ln.Close()
	return ln
}

func TestUntilStoppedInsideGoIsRefused(t *testing.T) {
	for name, contexts := range map[string]func(main, task context.Context) context.Context{
		"with the task's context": func(_, task context.Context) context.Context { return task },
		"with main's context":     func(main, _ context.Context) context.Context { return main },
	} {
		t.Run(name, func(t *testing.T) {
			ln := newPipes()
			err := lifecycle.Run(func(main context.Context) error {
				lifecycle.Go(main, func(task context.Context) error {
					return lifecycle.Serve(contexts(main, task), &http.Server{}, ln, lifecycle.UntilStopped())
				})
				<-main.Done()
				return nil
			}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
			if err == nil || !strings.Contains(err.Error(), "UntilStopped inside Go") {
				t.Errorf("Run returned %v", err)
			}
			if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("the listener is not closed: %v", err)
			}
		})
	}
}

// HTTP-7: where it cannot be seen that a task waits for the server.
func TestWarningWhenATaskWaitsForUntilStopped(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.Go(ctx, func(context.Context) error {
				served := make(chan error)
				go func() { served <- lifecycle.Serve(ctx, &http.Server{}, newPipes(), lifecycle.UntilStopped()) }()
				return <-served
			})
			sleep(1)
			return nil
		})
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) || len(timeout.Tasks) != 1 {
			t.Errorf("Run returned %v", err)
		}
		w.expectLog("UntilStopped", "tasks=1", "http_until_test.go")
	})
}

func TestUntilStoppedAfterTheEndIsNotServed(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		var ctx context.Context
		_ = w.run(func(c context.Context) error { ctx = c; return nil })
		if err := lifecycle.Serve(ctx, &http.Server{}, ln, lifecycle.UntilStopped()); err != nil {
			t.Error(err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the listener is not closed: %v", err)
		}
		w.expectLog("server refused after Draining")
	})
}

// A connection that is opened at the end is cut too.
func TestUntilStoppedLeavesNoConnection(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		_ = w.run(func(ctx context.Context) error {
			go func() { _ = lifecycle.Serve(ctx, &http.Server{}, ln, lifecycle.UntilStopped()) }()
			lifecycle.OnShutdown(ctx, func() error {
				for range 3 {
					conn, err := ln.dial(context.Background(), "", "")
					if err != nil {
						t.Error(err)
						return nil
					}
					go func() {
						_, err := io.ReadAll(conn)
						w.note("%v", err)
						_ = conn.Close()
					}()
				}
				return nil
			})
			return nil
		})
		w.expect("0s <nil>", "0s <nil>", "0s <nil>")
	})
}
