package broken

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

type (
	impl     = conformance.Implementation
	settings = conformance.Settings
	task     = func(ctx context.Context) error
	runner   = func(main task, s settings) error
)

// onRun has every run go through f, which is given what would have run it.
func onRun(i *impl, f func(main task, s settings, run runner) error) {
	inner := i.RunWith
	runWith := func(main task, s settings) error { return f(main, s, inner) }
	i.RunWith = runWith
	i.Run = func(main task, drain, shutdown time.Duration) error {
		return runWith(main, settings{Drain: drain, Shutdown: shutdown})
	}
}

// onMain has f called in place of main.
func onMain(i *impl, f func(ctx context.Context, main task) error) {
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil {
			return run(nil, s)
		}
		return run(func(ctx context.Context) error { return f(ctx, main) }, s)
	})
}

// onSettings has f change the settings of every run.
func onSettings(i *impl, f func(s *settings)) {
	onRun(i, func(main task, s settings, run runner) error {
		f(&s)
		return run(main, s)
	})
}

type playKey struct{}

// isPlay says whether a run plays a scenario: those are given an observer and
// a source of signals. A mistake that is made only there is seen by the clause
// that looks for it, and not by each direct check that happens to come across.
func isPlay(s settings) bool { return s.Observe != nil && s.Signals != nil }

// played returns a function that says whether a context comes from a run that
// plays a scenario.
func played(i *impl) func(ctx context.Context) bool {
	onSettings(i, func(s *settings) {
		if isPlay(*s) {
			s.Parent = context.WithValue(parent(s), playKey{}, true)
		}
	})
	return func(ctx context.Context) bool { return ctx != nil && ctx.Value(playKey{}) != nil }
}

// parent is the parent of a run as it counts.
func parent(s *settings) context.Context {
	if s.Parent == nil {
		return context.Background()
	}
	return s.Parent
}

type noteKey[T any] struct{}

// notes gives every run a T of its own, for what a case has to remember of it.
// The context of a run carries it. For any other context the T is a new one.
func notes[T any](i *impl) func(ctx context.Context) *T {
	onSettings(i, func(s *settings) { s.Parent = context.WithValue(parent(s), noteKey[T]{}, new(T)) })
	return func(ctx context.Context) *T {
		if ctx != nil {
			if t, ok := ctx.Value(noteKey[T]{}).(*T); ok {
				return t
			}
		}
		return new(T)
	}
}

// logs returns a function that finds the log of the run that a context comes
// from. It takes a hundred lines: a logger may call what is logged.
func logs(i *impl) func(ctx context.Context) func(level, line string) {
	type log struct {
		write func(level, line string)
		lines atomic.Int64
	}
	of := notes[log](i)
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil {
			return run(nil, s)
		}
		return run(func(ctx context.Context) error {
			of(ctx).write = s.Log
			return main(ctx)
		}, s)
	})
	return func(ctx context.Context) func(level, line string) {
		return func(level, line string) {
			if log := of(ctx); log.write != nil && log.lines.Add(1) <= 100 {
				log.write(level, line)
			}
		}
	}
}

// outcome is how a function ended.
type outcome struct {
	err              error
	panicked, exited bool
	value            any // what it panicked with
}

// contained runs f to its end, on a goroutine of its own.
func contained(f func() error) (o outcome) {
	done := make(chan struct{})
	go func() {
		o.exited = true
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				o.panicked, o.value, o.exited = true, v, false
			}
		}()
		o.err = f()
		o.exited = false
	}()
	<-done
	return o
}

// again ends once more as the function did.
func (o outcome) again() error {
	switch {
	case o.panicked:
		panic(o.value)
	case o.exited:
		runtime.Goexit()
	}
	return o.err
}

// onEnd has f decide what becomes of main, which has ended.
func onEnd(i *impl, f func(ctx context.Context, o outcome) error) {
	onMain(i, func(ctx context.Context, main task) error {
		return f(ctx, contained(func() error { return main(ctx) }))
	})
}
