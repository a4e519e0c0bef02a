package lifecycle_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestLogOfServers(t *testing.T) {
	expectLines(t, false, map[string]logCase{
		"a server of functions that does not stop": {func(w *world, l *lineLog, ctx context.Context) error {
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			l.name("server")
			return lifecycle.ServeFunc(ctx, func() error { sleep(40); return errBoom }, func(context.Context) error { sleep(41); return errBoom },
				func() error { sleep(42); return errBoom })
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_servers_test.go waits_for=main, 1 task at_most=15s @log_servers_test.go
			WARN lifecycle: in-flight work did not finish in time error=lifecycle: drain timeout (15s): still busy: task started at <server> @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drain_timed_out elapsed=15s cause=lifecycle: drain timeout (15s): still busy: task started at <server> hooks=0 at_most=10s @main_test.go
			WARN lifecycle: server did not stop by the end of Draining and is no longer waited for at=<server> @<server>
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=100ms @main_test.go
			ERROR lifecycle: server failed too late to be in Run's result error=boom at=<server> @<server>
			ERROR lifecycle: server failed too late to be in Run's result error=shutdown: boom at=<server> @<server>
			ERROR lifecycle: server failed too late to be in Run's result error=closeNow: boom at=<server> @<server>`},
		"a server of functions that panics": {func(w *world, l *lineLog, ctx context.Context) error {
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			l.name("server")
			return lifecycle.ServeFunc(ctx, func() error { sleep(2); panic("boom") }, func(context.Context) error { sleep(2); panic("boom") },
				func() error { return nil })
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_servers_test.go waits_for=main, 1 task at_most=15s @log_servers_test.go
			ERROR lifecycle: task panicked panic=lifecycle: panic at <server>: boom stack=true @<server>
			ERROR lifecycle: shutdown panicked panic=lifecycle: panic at <server>: boom stack=true @<server>
			DEBUG lifecycle: main ended cleanly error=lifecycle: panic at <server>: boom @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=2s hooks=0 at_most=10s @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
		"a server that is closed by its owner": {func(w *world, l *lineLog, ctx context.Context) error {
			srv := &http.Server{}
			time.AfterFunc(time.Second, func() { _ = srv.Close(); sleep(1); lifecycle.Stop(ctx, nil) })
			l.name("server")
			_ = lifecycle.Serve(ctx, srv, newPipes())
			<-ctx.Done()
			return nil
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: server closed by its owner listener=:0 @<server>
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=2s at=log_servers_test.go waits_for=main at_most=15s @log_servers_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=0s hooks=0 at_most=10s @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
		"a server whose requests are cut": {func(w *world, l *lineLog, ctx context.Context) error {
			ln := newPipes()
			client, _ := ln.client()
			for range 2 {
				go w.get(client, "/")
			}
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			stubborn := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sleep(60) })
			_ = lifecycle.Serve(ctx, &http.Server{Handler: stubborn}, ln)
			rec := httptest.NewRecorder()
			lifecycle.Handler(ctx, nil).ServeHTTP(rec, httptest.NewRequest("GET", "/late", nil))
			return nil
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_servers_test.go waits_for=main, 2 requests at_most=15s @log_servers_test.go
			WARN lifecycle: in-flight work did not finish in time error=lifecycle: drain timeout (15s): still busy: 2 requests @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drain_timed_out elapsed=15s cause=lifecycle: drain timeout (15s): still busy: 2 requests hooks=0 at_most=10s @main_test.go
			WARN lifecycle: requests were cut requests=2 @main_test.go
			WARN lifecycle: request after Draining refused path=/late @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=100ms @main_test.go`},
		"a listener that does not close": {func(w *world, l *lineLog, ctx context.Context) error {
			until := make(chan struct{})
			time.AfterFunc(30*time.Second, func() { close(until) })
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{}, stuck{newPipes(), until})
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_servers_test.go waits_for=main at_most=15s @log_servers_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=15s hooks=0 at_most=10s @main_test.go
			WARN lifecycle: a listener's Close has not returned although it was closed listener=:0 @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
		"a listener that goes on": {func(w *world, l *lineLog, ctx context.Context) error {
			ln := newPipes()
			time.AfterFunc(30*time.Second, func() { _ = ln.Close() })
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			return lifecycle.Serve(ctx, &http.Server{}, stuckListener{ln})
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_servers_test.go waits_for=main at_most=15s @log_servers_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=15s hooks=0 at_most=10s @main_test.go
			WARN lifecycle: a listener's Accept has not returned although it was closed listener=:0 @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
		"a listener that panics": {func(w *world, l *lineLog, ctx context.Context) error {
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			l.name("closing")
			return lifecycle.Serve(ctx, &http.Server{}, panicky{newPipes()})
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_servers_test.go waits_for=main at_most=15s @log_servers_test.go
			ERROR lifecycle: closing on :0 panicked panic=lifecycle: panic at http_panics_test.go: boom stack=true @<closing>
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=0s hooks=0 at_most=10s @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
	})
}
