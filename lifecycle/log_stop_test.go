package lifecycle_test

import (
	"context"
	"fmt"
	"math"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestLogOfEveryKindOfStop(t *testing.T) {
	expectLines(t, true, map[string]logCase{
		"an interrupt, and further ones": {func(w *world, l *lineLog, ctx context.Context) error {
			for range 2 {
				l.name("group")
				lifecycle.DrainGroup(ctx).Go(func() { sleep(3) })
			}
			lifecycle.DrainGroup(ctx)
			for range 3 {
				lifecycle.Go(ctx, func(context.Context) error { sleep(4); return nil })
			}
			for range 4 {
				done, _ := lifecycle.Track(ctx)
				time.AfterFunc(5*time.Second, done)
			}
			lifecycle.OnShutdown(ctx, func() error { sleep(1); return nil })
			for _, at := range []float64{1, 1.125, 1.5, 1.625} {
				sleep(at - time.Since(w.began).Seconds())
				w.signals <- interrupt
			}
			w.signals <- syscall.SIGTERM
			sleep(0.125)
			return context.Cause(ctx)
		}, []lifecycle.Option{lifecycle.WithDrainDelay(2 * time.Second)}, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s cause=lifecycle: stopped by signal: interrupt waits_for=main, 2 drain groups, 3 tasks, 4 tracked units at_most=17s hint=another interrupt (Ctrl-C) ends the drain delay @main_test.go
			INFO lifecycle: signal ignored: the service is already stopping signal=interrupt @main_test.go
			WARN lifecycle: drain delay ended early by a signal hint=another interrupt (Ctrl-C) ends this phase @main_test.go
			INFO lifecycle: drain groups are at zero: adding to them from now on is unsafe; use Track or Go for work that may still begin groups=log_stop_test.go @log_stop_test.go
			INFO lifecycle: signal ignored: the service is already stopping signal=interrupt @main_test.go
			INFO lifecycle: signal ignored: the service is already stopping signal=terminated @main_test.go
			DEBUG lifecycle: main ended cleanly error=lifecycle: stopped by signal: interrupt @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=4s hooks=1 at_most=10s hint=another interrupt (Ctrl-C) ends this phase @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=1s @main_test.go`},
		"a stop with an error, and a main that is late": {func(w *world, l *lineLog, ctx context.Context) error {
			l.name("idle")
			lifecycle.DrainGroup(ctx)
			for range 2 {
				l.name("idle as well")
				lifecycle.DrainGroup(ctx)
			}
			l.name("stop")
			lifecycle.Stop(ctx, errBoom)
			sleep(6)
			return fmt.Errorf("wrapped: %w", ctx.Err())
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=0s cause=boom at=<stop> waits_for=main at_most=15s @<stop>
			INFO lifecycle: drain groups are at zero: adding to them from now on is unsafe; use Track or Go for work that may still begin groups=<idle>, <idle as well> (2 of them) @<idle>
			WARN lifecycle: main has not returned since its context was cancelled; hooks run without it when its grace is over grace_left=4s hint=if only a hook makes it return, serve with lifecycle.Serve or ServeFunc instead; if it is finishing work, count that with Track or set a longer WithReturnGrace @main_test.go
			WARN lifecycle: main has not returned within its grace and is no longer waited for grace=5s hint=if only a hook makes it return, serve with lifecycle.Serve or ServeFunc instead; if it is finishing work, count that with Track or set a longer WithReturnGrace @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=5s hooks=0 at_most=10s @main_test.go
			DEBUG lifecycle: main ended cleanly error=wrapped: context canceled @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=1s @main_test.go`},
		"what does not end": {func(w *world, l *lineLog, ctx context.Context) error {
			for range 2 {
				l.name("group")
				lifecycle.DrainGroup(ctx).Go(func() { sleep(20) })
			}
			l.name("task")
			lifecycle.Go(ctx, func(context.Context) error { sleep(30); return errBoom })
			for range 2 {
				_, _ = lifecycle.Track(ctx)
			}
			for range 2 {
				l.name("another hook")
				lifecycle.OnShutdown(ctx, func() error { return nil })
			}
			l.name("hook")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { sleep(40); return errBoom }, lifecycle.HookName("db"))
			lifecycle.OnShutdown(ctx, func() error { sleep(1); return nil })
			lifecycle.Stop(ctx, nil)
			sleep(50)
			l.name("late stop")
			lifecycle.Stop(ctx, errBoom)
			lifecycle.Stop(ctx, nil)
			return errBoom
		}, []lifecycle.Option{lifecycle.WithDrainTimeout(4 * time.Second), lifecycle.WithShutdownTimeout(3 * time.Second)}, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=0s at=log_stop_test.go waits_for=main, 2 drain groups, 1 task, 2 tracked units at_most=4s @log_stop_test.go
			WARN lifecycle: in-flight work did not finish in time error=lifecycle: drain timeout (4s): still busy: drain group created at <group> (2 of them); task started at <task>; 2 tracked units @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drain_timed_out elapsed=4s cause=lifecycle: drain timeout (4s): still busy: drain group created at <group> (2 of them); task started at <task>; 2 tracked units hooks=4 at_most=3s @main_test.go
			WARN lifecycle: hooks were cut short error=lifecycle: shutdown timeout (3s): hook db registered at <hook> was still running after 2s; 2 hooks never ran: hook registered at <another hook> (2 of them); of those that ran, hook registered at log_stop_test.go took longest, 1s main_running=true @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=shutdown_timed_out elapsed=3s cause=lifecycle: shutdown timeout (3s): hook db registered at <hook> was still running after 2s; 2 hooks never ran: hook registered at <another hook> (2 of them); of those that ran, hook registered at log_stop_test.go took longest, 1s @main_test.go
			ERROR lifecycle: task failed too late to be in Run's result error=boom at=<task> @<task>
			ERROR lifecycle: hook failed too late to be in Run's result error=lifecycle: hook db registered at <hook>: boom at=<hook> @<hook>
			ERROR lifecycle: Stop failed too late to be in Run's result error=boom at=<late stop> @<late stop>
			ERROR lifecycle: main failed too late to be in Run's result error=boom @main_test.go`},
		"phases that are forced": {func(w *world, l *lineLog, ctx context.Context) error {
			l.name("hook")
			lifecycle.OnShutdown(ctx, func() error { sleep(60); return nil })
			_, _ = lifecycle.Track(ctx)
			for range 3 {
				sleep(1)
				w.signals <- interrupt
			}
			return nil
		}, nil, `
			INFO lifecycle: running from=starting to=running event=started elapsed=0s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=1s cause=lifecycle: stopped by signal: interrupt waits_for=main, 1 tracked unit at_most=15s hint=another interrupt (Ctrl-C) ends this phase @main_test.go
			WARN lifecycle: in-flight work was cut short by a signal error=lifecycle: forced by a signal while draining: still busy: 1 tracked unit; main is still running: time.Sleep @main_test.go
			INFO lifecycle: hooks from=draining to=hooks event=forced elapsed=1s cause=lifecycle: forced by a signal while draining: still busy: 1 tracked unit; main is still running: time.Sleep hooks=1 at_most=10s hint=another interrupt (Ctrl-C) ends this phase @main_test.go
			WARN lifecycle: hooks were cut short error=lifecycle: forced by a signal while hooks ran: hook registered at <hook> was still running after 1s main_running=true @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=forced elapsed=1s cause=lifecycle: forced by a signal while hooks ran: hook registered at <hook> was still running after 1s @main_test.go`},
		"a start that takes long": {func(w *world, l *lineLog, ctx context.Context) error {
			sleep(130)
			lifecycle.MarkStarted(ctx)
			lifecycle.Stop(ctx, nil)
			return nil
		}, []lifecycle.Option{lifecycle.WithManualStart(), lifecycle.WithDrainTimeout(math.MaxInt64), lifecycle.WithDrainDelay(1)}, `
			WARN lifecycle: still starting: call MarkStarted to end start-up (WithManualStart is set) elapsed=1m0s @main_test.go
			WARN lifecycle: still starting: call MarkStarted to end start-up (WithManualStart is set) elapsed=2m0s @main_test.go
			INFO lifecycle: running from=starting to=running event=started elapsed=2m10s @main_test.go
			INFO lifecycle: draining from=running to=draining event=stop_requested elapsed=0s at=log_stop_test.go waits_for=main at_most=unlimited @log_stop_test.go
			INFO lifecycle: hooks from=draining to=hooks event=drained elapsed=0s hooks=0 at_most=10s @main_test.go
			INFO lifecycle: stopped from=hooks to=stopped event=hooks_finished elapsed=0s @main_test.go`},
	})
}
