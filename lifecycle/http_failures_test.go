package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-7: every error of Serve in a plain go statement requests a stop, and names
// the server.
func TestEveryUntilStoppedFailureRequestsAStop(t *testing.T) {
	served := &http.Server{}
	for name, tc := range map[string]struct {
		serve func(ctx context.Context) error
		want  string
	}{
		"no server": {func(ctx context.Context) error {
			return lifecycle.ListenAndServe(ctx, nil, lifecycle.UntilStopped())
		}, "the server is nil"},
		"no listener": {func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, nil, lifecycle.UntilStopped())
		}, "the listener is nil"},
		"other options": {func(ctx context.Context) error {
			go lifecycle.Serve(ctx, served, newPipes())
			sleep(0.1)
			synctest.Wait()
			return lifecycle.Serve(ctx, served, newPipes(), lifecycle.UntilStopped())
		}, "server with UntilStopped on :0: lifecycle: Serve: this http.Server is already served with other options"},
		"a listener that fails": {func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, failed(), lifecycle.UntilStopped())
		}, "server with UntilStopped on :0: "},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					go func() { _ = tc.serve(ctx) }()
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(time.Minute):
						return errors.New("no stop was requested")
					}
				})
				var task *lifecycle.TaskError
				if !errors.As(err, &task) || !strings.Contains(task.Error(), tc.want) {
					t.Errorf("Run returned %v, want %q", err, tc.want)
				}
			})
		})
	}
}

// A close by the server's owner is not a failure.
func TestUntilStoppedMayBeClosedByItsOwner(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			srv := &http.Server{}
			go func() { w.note("%v", lifecycle.Serve(ctx, srv, newPipes(), lifecycle.UntilStopped())) }()
			sleep(1)
			_ = srv.Shutdown(ctx)
			sleep(1)
			return ctx.Err()
		})
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.expect("1s " + http.ErrServerClosed.Error())
		w.expectLog("INFO", "closed by its owner", ":0")
	})
}

// HTTP-7: a task that returns does not wait for what it has begun.
func TestTaskMayStartAServerUntilStopped(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		client, hangUp := ln.client()
		defer hangUp()
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.get(client, "/"); return nil })
			lifecycle.Go(ctx, func(ctx context.Context) error {
				go func() {
					_ = lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(state)}, ln, lifecycle.UntilStopped())
				}()
				return nil
			})
			sleep(1)
			return nil
		})
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.expect("1s /: 200 hooks <nil>")
	})
}

// DRAIN-4: main waits for what ends after the last hook.
func TestGraceHintNamesUntilStopped(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			served := make(chan error, 1)
			go func() { served <- lifecycle.Serve(ctx, &http.Server{}, newPipes(), lifecycle.UntilStopped()) }()
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return <-served
		})
		w.expectLog("main has not returned", "UntilStopped", "plain go statement")
	})
}

// stuck is a listener whose Close does not return.
type stuck struct {
	*pipes
	until chan struct{}
}

func (s stuck) Close() error { <-s.until; return s.pipes.Close() }

func TestListenerThatDoesNotCloseIsLogged(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		until := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{}, stuck{newPipes(), until})
		})
		if err != nil {
			t.Errorf("Run returned %v", err)
		}
		w.expectLog("WARN", "Close has not returned", "listener=:0")
		close(until)
		synctest.Wait()
	})
}

// RUN-4: the log says where the panic was.
func TestListenerPanicIsNotReportedAsMains(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{}, explosive{newPipes()})
		})
		if text := fmt.Sprint(err); !strings.Contains(text, "accepting on :0") {
			t.Errorf("Run returned %v", err)
		}
		w.expectLog("ERROR", "accepting on :0 panicked", "stack=")
	})
}

// A hijacker's wrapper of a connection is found by what it wraps: addresses may all
// be the same, as with unix sockets.
func TestIdleConnectionsThatWereHijackedEndAtTheStop(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		handler := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			srv := req.Context().Value(http.ServerContextKey).(*http.Server)
			conn, from := upgrade(t, rw)
			defer conn.Close()
			own := &h2cConn{conn}
			srv.ConnState(own, http.StateActive)
			sleep(1)
			srv.ConnState(own, http.StateIdle)
			_, _ = from.ReadString('\n')
		})
		err := w.run(func(ctx context.Context) error {
			for range 3 {
				go func() {
					conn, from := ln.dialUpgraded(t, ctx)
					defer conn.Close()
					_, _ = io.Copy(io.Discard, from)
				}()
			}
			time.AfterFunc(5*time.Second, func() { lifecycle.Stop(ctx, nil) })
			err := lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
			w.note("Serve: %v", err)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("5s Serve: <nil>")
	})
}
