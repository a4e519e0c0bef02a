package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

var errEnough = errors.New("enough")

// HTTP-9: a stream ends at the stop, by the cause of main's context, and what
// has to be finished is finished.
func TestCancelOnStopEndsStreams(t *testing.T) {
	protocols := map[string]*http.Protocols{"HTTP/1.1": new(http.Protocols), "HTTP/2": new(http.Protocols)}
	protocols["HTTP/1.1"].SetHTTP1(true)
	protocols["HTTP/2"].SetUnencryptedHTTP2(true)
	for name, only := range protocols {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				client, hangUp := ln.client()
				defer hangUp()
				client.Transport.(*http.Transport).Protocols = only
				err := w.run(func(ctx context.Context) error {
					mux := http.NewServeMux()
					mux.HandleFunc("/2", slow)
					mux.Handle("/stream", lifecycle.CancelOnStop(ctx, http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
						_, _ = io.WriteString(rw, "some, ")
						_ = http.NewResponseController(rw).Flush()
						<-req.Context().Done()
						_, _ = io.WriteString(rw, context.Cause(req.Context()).Error())
					})))
					go w.get(client, "/2")
					go w.get(client, "/stream")
					time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, errEnough) })
					return lifecycle.Serve(ctx, &http.Server{Handler: mux, Protocols: only}, ln)
				})
				if err != errEnough {
					t.Errorf("Run returned %v", err)
				}
				hangUp()
				synctest.Wait()
				closes := map[string]string{"HTTP/1.1": ", close"}[name]
				w.expect("1s /stream: 200 some, enough", "2s /2: 200 done, <nil>"+closes)
			})
		})
	}
}

func TestCancelOnStopEndsHijackedConnections(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		ln := newPipes()
		err := w.run(func(ctx context.Context) error {
			handler := lifecycle.CancelOnStop(ctx, http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
				conn, _ := upgrade(t, rw)
				defer conn.Close()
				<-req.Context().Done()
				_, _ = io.WriteString(conn, "going away\n")
			}))
			go func() {
				conn, from := ln.dialUpgraded(t, ctx)
				defer conn.Close()
				time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
				line, err := from.ReadString('\n')
				w.note("%q, %v", line, err)
			}()
			return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
		})
		if err != nil {
			t.Error(err)
		}
		w.expect(`1s "going away\n", <nil>`)
	})
}

func TestCancelOnStopBeforeAndAfterTheStop(t *testing.T) {
	defaultLog(t)
	if got := lifecycle.CancelOnStop(context.Background(), nil); got != http.DefaultServeMux {
		t.Errorf("HOOK-9: with a context that does not come from Run: %v", got)
	}
	serve := func(ctx context.Context, req *http.Request) (cause error) {
		var inner context.Context
		lifecycle.CancelOnStop(ctx, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			inner = req.Context()
			cause = context.Cause(inner)
		})).ServeHTTP(httptest.NewRecorder(), req)
		if inner.Err() == nil {
			t.Error("the request's context outlives its handler")
		}
		return cause
	}
	err := lifecycle.Run(func(ctx context.Context) error {
		req := httptest.NewRequest("GET", "/", nil)
		if cause := serve(ctx, req); cause != nil {
			t.Errorf("before the stop, the context is cancelled: %v", cause)
		}
		gone, cancel := context.WithCancelCause(context.Background())
		cancel(io.ErrUnexpectedEOF)
		if cause := serve(ctx, req.WithContext(gone)); cause != io.ErrUnexpectedEOF {
			t.Errorf("of a client that has gone: %v", cause)
		}
		lifecycle.Stop(ctx, errEnough)
		<-ctx.Done()
		if cause := serve(ctx, req); cause != errEnough {
			t.Errorf("after the stop: %v", cause)
		}
		return nil
	}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
	if err != errEnough {
		t.Error(err)
	}
}
