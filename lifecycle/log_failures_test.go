package lifecycle_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestLogOfWhatFails(t *testing.T) {
	expectLines(t, true, map[string]logCase{
		"panics": {func(w *world, l *lineLog, ctx context.Context) error {
			lifecycle.Stop(ctx, nil)
			l.name("task")
			lifecycle.Go(ctx, func(context.Context) error {
				sleep(0.25)
				l.name("panic in task")
				panic("boom")
			})
			l.name("hook")
			lifecycle.OnShutdown(ctx, func() error {
				l.name("panic in hook")
				panic("boom")
			})
			sleep(0.5)
			l.name("panic in main")
			panic("boom")
		}, []lifecycle.Option{lifecycle.WithObserver(func(s fsm.Step) {
			if s.To == fsm.Stopped {
				sleep(0.05) // after that is logged
				panic("observer")
			}
		})}, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=0s at=log_failures_test.go waits_for=main at_most=15s @log_failures_test.go
			ERROR lifecycle: task panicked panic=lifecycle: panic at <panic in task>: boom stack=true @<task>
			ERROR lifecycle: main panicked panic=lifecycle: panic at <panic in main>: boom stack=true @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=500ms hooks=1 at_most=10s @main_test.go
			ERROR lifecycle: hook failed error=lifecycle: hook registered at <hook>: lifecycle: panic at <panic in hook>: boom @<hook>
			ERROR lifecycle: hook panicked panic=lifecycle: panic at <panic in hook>: boom stack=true @<hook>
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go
			ERROR lifecycle: observer failed error=lifecycle: panic at log_failures_test.go: observer @main_test.go`},
		"clean ends": {func(w *world, l *lineLog, ctx context.Context) error {
			l.name("task")
			lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); sleep(1); return ctx.Err() })
			time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
			l.name("server")
			return lifecycle.ServeFunc(ctx, func() error { <-ctx.Done(); sleep(2); return http.ErrServerClosed }, func(context.Context) error { return nil }, nil)
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s at=log_failures_test.go waits_for=main, 2 tasks at_most=15s @log_failures_test.go
			DEBUG lifecycle: task ended cleanly error=lifecycle: task started at <task>: context canceled @<task>
			DEBUG lifecycle: server ended cleanly error=http: Server closed at=<server> @<server>
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=2s hooks=0 at_most=10s @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
		"clean ends that are too late": {func(w *world, l *lineLog, ctx context.Context) error {
			_ = lifecycle.Go(ctx, func(ctx context.Context) error { sleep(10); return ctx.Err() })
			clean := func() error { sleep(11); return http.ErrServerClosed }
			go func() {
				_ = lifecycle.ServeFunc(ctx, clean, func(context.Context) error { return clean() }, clean)
			}()
			lifecycle.OnShutdown(ctx, clean)
			sleep(0.5)
			l.name("stop")
			lifecycle.Stop(ctx, nil)
			sleep(12)
			return ctx.Err()
		}, []lifecycle.Option{lifecycle.WithDrainTimeout(time.Second), lifecycle.WithReturnGrace(0), lifecycle.WithShutdownTimeout(time.Second)}, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=500ms at=<stop> waits_for=main, 2 tasks at_most=1s @<stop>
			WARN lifecycle: in-flight work did not finish in time error=lifecycle: drain timeout (1s): still busy: task started at log_failures_test.go; task started at log_failures_test.go @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drain_timed_out elapsed=1s cause=lifecycle: drain timeout (1s): still busy: task started at log_failures_test.go; task started at log_failures_test.go hooks=1 at_most=1s @main_test.go
			WARN lifecycle: server did not stop by the end of Draining and is no longer waited for at=log_failures_test.go @log_failures_test.go
			WARN lifecycle: hooks were cut short error=lifecycle: shutdown timeout (1s): hook registered at log_failures_test.go was still running after 900ms main_running=true @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=shutdown_timed_out elapsed=1s cause=lifecycle: shutdown timeout (1s): hook registered at log_failures_test.go was still running after 900ms @main_test.go
			ERROR lifecycle: hook failed too late to be in Run's result error=lifecycle: hook registered at log_failures_test.go: http: Server closed at=log_failures_test.go @log_failures_test.go`},
		"what comes after Draining": {func(w *world, l *lineLog, ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				l.name("group")
				lifecycle.DrainGroup(ctx)
				l.name("unit")
				_, _ = lifecycle.Track(ctx)
				l.name("task")
				lifecycle.Go(ctx, goexit)
				l.name("server")
				_ = lifecycle.Serve(ctx, &http.Server{}, newPipes())
				l.name("functions")
				return lifecycle.ServeFunc(ctx, func() error { return nil }, goexit, nil)
			})
			time.AfterFunc(time.Second, func() {
				l.name("late hook")
				lifecycle.OnShutdown(ctx, func() error { return errBoom })
				l.name("slow hook")
				lifecycle.OnShutdownContext(ctx, func(context.Context) error { sleep(3); return errBoom }, lifecycle.HookName("db"), lifecycle.HookTimeout(2*time.Second))
				l.name("long hook")
				lifecycle.OnShutdownContext(ctx, func(context.Context) error { sleep(11); return nil }, lifecycle.HookTimeout(20*time.Second))
			})
			return nil
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=main_exited elapsed=0s waits_for=nothing at_most=15s @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=0s hooks=1 at_most=10s @main_test.go
			ERROR lifecycle: drain group created after Draining will not be waited for at=<group> state=hooks @<group>
			ERROR lifecycle: tracked work refused after Draining: it would not be waited for at=<unit> state=hooks @<unit>
			ERROR lifecycle: task refused after Draining: it would not be waited for at=<task> state=hooks @<task>
			ERROR lifecycle: server refused after Draining: it would not be waited for at=<server> state=hooks @<server>
			ERROR lifecycle: server refused after Draining: it would not be waited for at=<functions> state=hooks @<functions>
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go
			ERROR lifecycle: hook registered after Stopped runs immediately at=<late hook> hook=hook registered at <late hook> @<late hook>
			ERROR lifecycle: hook failed too late to be in Run's result error=lifecycle: hook registered at <late hook>: boom at=<late hook> @<late hook>
			ERROR lifecycle: hook registered after Stopped runs immediately at=<slow hook> hook=hook db registered at <slow hook> @<slow hook>
			ERROR lifecycle: hook registered after Stopped is abandoned at=<slow hook> hook=hook db registered at <slow hook> timeout=2s @<slow hook>
			ERROR lifecycle: hook registered after Stopped runs immediately at=<long hook> hook=hook registered at <long hook> @<long hook>
			ERROR lifecycle: abandoned hook failed too late to be in Run's result error=lifecycle: hook db registered at <slow hook>: boom at=<slow hook> @<slow hook>
			ERROR lifecycle: hook registered after Stopped is abandoned at=<long hook> hook=hook registered at <long hook> timeout=10s @<long hook>`},
		"hooks that fail": {func(w *world, l *lineLog, ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { sleep(2); return nil })
			l.name("slow")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { sleep(3); return errBoom }, lifecycle.HookTimeout(2*time.Second))
			l.name("fails")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { return errBoom }, nil)
			l.name("uses the run's context")
			lifecycle.OnShutdown(ctx, func() error { return ctx.Err() })
			l.name("uses its own context")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { return errBoom }, lifecycle.HookName("own"))
			return nil
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			ERROR lifecycle: OnShutdownContext: option 1 is nil at=<fails> @<fails>
			INFO lifecycle: draining from=running to=draining event=main_exited elapsed=0s waits_for=nothing at_most=15s @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=0s hooks=5 at_most=10s @main_test.go
			ERROR lifecycle: hook failed error=lifecycle: hook own registered at <uses its own context>: boom @<uses its own context>
			ERROR lifecycle: hook failed error=lifecycle: hook registered at <uses the run's context>: context canceled hint=it used the run's context, which is already cancelled; register it with OnShutdownContext and use the context passed to the hook @<uses the run's context>
			ERROR lifecycle: hook failed error=lifecycle: hook registered at <fails>: boom @<fails>
			WARN lifecycle: hook abandoned error=lifecycle: hook registered at <slow>: lifecycle: shutdown timeout: exceeded its HookTimeout of 2s and was abandoned @<slow>
			ERROR lifecycle: abandoned hook failed too late to be in Run's result error=lifecycle: hook registered at <slow>: boom at=<slow> @<slow>
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=4s @main_test.go`},
	})
}
