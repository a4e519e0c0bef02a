package lifecycletest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// timeout is the default for both timeouts. Only a test that fails waits so long.
const timeout = 5 * time.Second

// Context returns a context from a new lifecycle.Run, in state Running. Use it to
// test code that takes a context and calls lifecycle.OnShutdown, DrainGroup, Track,
// Go or any other function of that package.
//
// The run is stopped by a t.Cleanup function that Context registers: functions
// registered with t.Cleanup after it run before the stop, and may still use what
// the hooks close. The test does not end until in-flight work is done and the hooks
// have run. A function registered with t.Cleanup after it must not wait for the
// context's end, which would block forever; it should call [End].
//
// The test fails, with one line for each error, if a hook or a task fails, panics or
// calls runtime.Goexit, if work is still in flight after the drain timeout, if hooks
// are not done at the shutdown timeout, or if lifecycle.Stop was called with an
// error. It also fails for errors between the end of the run and the end of the
// test, such as a late hook that fails. To inspect the result instead, or what the
// hooks did, call [End].
//
// The defaults are those of lifecycle.Run, except: no signals; the log goes to the
// test's output, at every level; the drain timeout and the shutdown timeout are 5
// seconds each; and the context has the values of t.Context, but not its
// cancellation, which precedes any t.Cleanup function. Options override these. With
// lifecycle.WithManualStart the state is Starting. With
// lifecycle.WithContext(t.Context()) the run stops when that context does,
// concurrently with the test's clean-up. With lifecycle.WithLogger the log goes
// elsewhere, and late errors do not fail the test. An invalid option ends the test
// immediately.
//
// Context may be called any number of times in a test, in benchmarks and fuzz tests,
// and in a testing/synctest bubble, where the timeouts take virtual time. In a
// bubble, a hook that never returns or a group that is never done is first reported,
// and then makes the bubble panic with a deadlock.
func Context(t testing.TB, opts ...lifecycle.Option) context.Context {
	t.Helper()
	log := &testLog{t: t}
	r := &run{done: make(chan struct{})}
	begun := make(chan context.Context, 1)
	all := append([]lifecycle.Option{
		lifecycle.WithContext(context.WithoutCancel(t.Context())),
		lifecycle.WithSignals(),
		lifecycle.WithLogger(slog.New(log.handler())),
		lifecycle.WithDrainTimeout(timeout),
		lifecycle.WithShutdownTimeout(timeout),
	}, opts...)
	go func() {
		defer close(r.done)
		r.result = lifecycle.Run(func(ctx context.Context) error {
			begun <- ctx
			<-ctx.Done()
			return nil
		}, all...)
		log.runEnded()
	}()
	select {
	case r.ctx = <-begun:
	case <-r.done:
		t.Fatalf("lifecycletest: %v", r.result)
	}
	t.Cleanup(func() {
		t.Helper()
		r.end()
		r.report(t)
		log.testEnded()
	})
	return context.WithValue(r.ctx, runKey{}, r)
}

// End stops the run of ctx, which must come from [Context] or be derived from such a
// context, waits until it has stopped, and returns the result of lifecycle.Run. The
// test then no longer fails for that error. Later calls return the same result. End
// is safe for concurrent use, but must not be called from a hook or a task of that
// run, where it would wait for itself.
//
// With any other context End stops nothing and returns an error.
func End(ctx context.Context) error {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return errors.New("lifecycletest: End: the context does not come from Context")
	}
	r.taken.Store(true)
	r.end()
	return r.result
}
