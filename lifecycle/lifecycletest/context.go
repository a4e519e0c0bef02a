package lifecycletest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// timeout is the default of both timeouts. Only a test that fails waits for it.
const timeout = 5 * time.Second

// Context returns a context that comes from a lifecycle.Run of its own, in
// state Running. It is for code that takes a context and calls
// lifecycle.OnShutdown, DrainGroup, Track, Go or any other function of that
// package with it.
//
// The run is stopped at the test's end, in the turn of the t.Cleanup that this
// call makes: what was given to t.Cleanup after it runs before the stop and may
// still use what the hooks close. The test is not over until the work in flight
// is done and the hooks have run. A function given to t.Cleanup after it that
// waits for the context's end would wait for ever; it should call [End].
//
// The test fails, with a line for each, if a hook or a task fails, panics or
// calls runtime.Goexit, if work is still in flight after the drain timeout, if
// hooks are not done at the shutdown timeout, and if an error was given to
// lifecycle.Stop. It fails too on what goes wrong between the end of the run
// and that of the test, such as a late hook that fails. To look at the result
// instead, or at what the hooks did, call [End].
//
// The defaults are those of lifecycle.Run, but for these: no signals; the
// test's output as the log, at every level; 5 seconds for the drain timeout and
// for the shutdown timeout each; and the values of t.Context, but not its
// cancellation, which comes before any t.Cleanup has its turn. Options come
// after them and change them. With lifecycle.WithManualStart the state is
// Starting; with lifecycle.WithContext(t.Context()) the run stops when that
// does, side by side with the test's clean-up; lifecycle.WithLogger takes the
// log, and with it the late failures, elsewhere. A bad option ends the test at
// once.
//
// It may be called any number of times in a test, in benchmarks and fuzz
// tests, and in a bubble of testing/synctest, where the timeouts take virtual
// time. There a hook that hangs for good, or a group that is never done, makes
// the bubble panic with a deadlock after the test has been told why.
func Context(t testing.TB, opts ...lifecycle.Option) context.Context {
	t.Helper()
	log := &testLog{t: t}
	r := &run{over: make(chan struct{})}
	begun := make(chan context.Context, 1)
	all := append([]lifecycle.Option{
		lifecycle.WithContext(context.WithoutCancel(t.Context())),
		lifecycle.WithSignals(),
		lifecycle.WithLogger(slog.New(log.handler())),
		lifecycle.WithDrainTimeout(timeout),
		lifecycle.WithShutdownTimeout(timeout),
	}, opts...)
	go func() {
		defer close(r.over)
		r.result = lifecycle.Run(func(ctx context.Context) error {
			begun <- ctx
			<-ctx.Done()
			return nil
		}, all...)
		log.runEnded()
	}()
	select {
	case r.ctx = <-begun:
	case <-r.over:
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

// End stops the run that ctx, a context from [Context] or derived from one,
// belongs to, waits until it has stopped, and returns what lifecycle.Run
// returned. The error is the caller's then: the test does not fail on it any
// more. A run that has stopped already is not stopped again, and every call
// returns the same. Safe for concurrent use; from a hook or a task of that run
// it would wait for itself.
//
// With another context nothing is stopped and the error says so.
func End(ctx context.Context) error {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return errors.New("lifecycletest: End: the context does not come from Context")
	}
	r.taken.Store(true)
	r.end()
	return r.result
}
