package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// ServeFunc serves by functions, as work in flight: for any server that is not
// an http.Server, such as a gRPC server, a consumer of a queue, or an HTTP
// framework that owns its server (HTTP-8). It needs no hook. With grpc-go:
//
//	return lifecycle.ServeFunc(ctx,
//		func() error { return srv.Serve(ln) },
//		func(ctx context.Context) error {
//			stopped := make(chan struct{})
//			go func() { defer close(stopped); srv.GracefulStop() }()
//			select {
//			case <-stopped:
//				return nil
//			case <-ctx.Done():
//				return context.Cause(ctx)
//			}
//		},
//		func() error { srv.Stop(); return nil })
//
// The three functions run on goroutines of their own:
//
//   - serve is called at once, and returns when the server has stopped. What it
//     has begun must have ended when it and shutdown have returned.
//   - shutdown is called when ctx, or main's context, is cancelled. It stops
//     accepting, and waits for what is under way. Its context has the values of
//     ctx, and is cancelled when Draining ends. It is called when serve has
//     returned before, too, because requests may still be under way.
//   - closeNow is called when Draining ends and serve or shutdown has not
//     returned by then: the drain timeout ran out, or a signal forced it. It cuts
//     what is left. It may be nil. The first hook begins when all three have
//     returned, or after 100 ms, or a tenth of the shutdown timeout if that is
//     less.
//
// ServeFunc returns when the functions have returned, or that time is over,
// whatever ctx is. It returns the error of serve, or nil if that is a clean end
// after a stop (RUN-7) or serve has not returned. In Run's result a server that
// did not stop in time is a task of the [*DrainTimeoutError].
//
// If serve returns before a stop, that requests one: a clean one for nil, and
// else one whose cause is a [*TaskError] that names the call of ServeFunc. That
// error joins Run's result, as do errors of shutdown and closeNow, a panic or
// runtime.Goexit in any of the three, and what serve returns after a stop if
// that is not a clean end. Each is there once: if main or a task returns the
// error of ServeFunc, it is not joined again. What is not an error to the
// library that serves, but not a clean end by RUN-7 either, is named by
// [WithCleanError]: grpc-go's is grpc.ErrServerStopped, for a stop that comes
// before Serve is entered.
//
// If ctx or main's context is cancelled already, no function is called and
// ServeFunc returns nil. After Draining the same, and that is logged. A serve or
// shutdown that is nil is an error that says which, and so is a context that
// does not come from [Run]. Safe for concurrent use.
func ServeFunc(ctx context.Context, serve func() error, shutdown func(ctx context.Context) error, closeNow func() error) error {
	pc := caller()
	switch {
	case serve == nil:
		return errors.New("lifecycle: ServeFunc: serve is nil")
	case shutdown == nil:
		return errors.New("lifecycle: ServeFunc: shutdown is nil")
	}
	if closeNow == nil {
		closeNow = func() error { return nil }
	}
	r := from(ctx)
	if r == nil {
		logMisuse(pc, "ServeFunc", "nothing is served")
		return errors.New("lifecycle: ServeFunc: the context does not come from Run")
	}
	s := &funcServer{run: r, ctx: ctx, pc: pc, task: newTask(ctx, pc)}
	if !s.begin() {
		r.log.refused(pc, "server", r.State())
		return nil
	}
	defer s.end()
	if s.cancelled() {
		return nil
	}
	return s.serve(serve, shutdown, closeNow)
}

// funcServer is one call of ServeFunc. It is a task, so that it is named if it
// does not end, and a server, so that the first hook waits until it is cut.
type funcServer struct {
	run  *run
	ctx  context.Context
	pc   uintptr // the call
	task *item[task]
	err  error // what ServeFunc returns; set on the loop, before serve counts as ended
}

// unanswered is 0: the task is what is out.
func (s *funcServer) unanswered() int { return 0 }

func (s *funcServer) begin() bool {
	w := s.run.work
	if !w.beginServer(s) {
		return false
	}
	if !w.beginTask(s.task) {
		w.endServer(s)
		return false
	}
	return true
}

func (s *funcServer) end() {
	s.run.work.endTask(s.task)
	s.run.work.endServer(s)
	if s.run.State() == fsm.Hooks {
		s.run.wake() // the first hook may be waiting for this
	}
}

func (s *funcServer) cancelled() bool { return s.ctx.Err() != nil || s.run.ctx.Err() != nil }

func (s *funcServer) serve(serve func() error, shutdown func(context.Context) error, closeNow func() error) error {
	r := s.run
	served := s.start(serve, s.serveEnded)
	select {
	case <-served: // which has requested a stop
	case <-s.ctx.Done():
	case <-r.ctx.Done():
	}
	select {
	case <-s.ctx.Done():
	case <-r.ctx.Done():
	}
	draining := workContext{Context: r.workCtx, values: s.ctx}
	shut := s.start(func() error { return shutdown(draining) }, s.ended("shutdown"))
	if waitAll(r.workCtx.Done(), served, shut) {
		return s.err
	}
	closed := s.start(closeNow, s.ended("closeNow"))
	patience := time.NewTimer(r.cutPatience())
	defer patience.Stop()
	if waitAll(patience.C, served, shut, closed) {
		return s.err
	}
	r.log.add(slog.LevelWarn, s.pc, "a server has not ended though Draining has; it is not waited for any longer", slog.String("at", place(s.pc)))
	return nil
}

// start calls fn, contained, and gives its outcome to end. The channel is
// closed after that.
func (s *funcServer) start(fn func() error, end func(error)) <-chan struct{} {
	done := make(chan struct{})
	go call(fn, func(err error) {
		defer close(done)
		end(err)
	})
	return done
}

// waitAll reports whether all are closed before over delivers something.
func waitAll[T any](over <-chan T, all ...<-chan struct{}) bool {
	for _, done := range all {
		select {
		case <-done:
			continue
		default:
		}
		select {
		case <-done:
		case <-over:
			return false
		}
	}
	return true
}

// judge finds out what err is for the run. Before a stop, the end of the
// context that ServeFunc was given makes an end clean; and after Draining, so
// does why that ended, which is in the result already.
func (s *funcServer) judge(err error, next func(outcome)) {
	s.run.judge(err, next, context.Cause(s.ctx), context.Cause(s.run.workCtx))
}

// serveEnded takes the outcome of serve. Before a stop that requests one.
func (s *funcServer) serveEnded(err error) {
	s.judge(err, func(o outcome) {
		r, failed, cancelled := s.run, false, s.cancelled()
		taken := r.do(func() {
			r.takePendingStop(o) // it may have ended because of one
			stopping := r.State() >= fsm.Draining || cancelled
			switch failed = err != nil && !(stopping && o.clean); {
			case failed:
				s.err = recognizable(err)
				r.reported.add(s.err)
				o.clean = false
				r.taskFailed(s.pc, o)
			case !stopping:
				r.requestStop(stopRequest{at: s.pc, delay: r.cfg.drainDelay})
			case err != nil:
				r.log.add(slog.LevelDebug, s.pc, "a server has ended cleanly", slog.Any("error", err), slog.String("at", place(s.pc)))
			}
		})
		if !taken && err != nil && !o.clean {
			r.log.tooLate(s.pc, "server", err)
		}
	})
}

// recognizable returns err, or one that wraps it, if it could not be told from
// others when main returns it: an error that cannot be compared, and ErrGoexit,
// which may be of a Goexit of main.
func recognizable(err error) error {
	if err == ErrGoexit || !reflect.ValueOf(err).Comparable() {
		return fmt.Errorf("lifecycle: ServeFunc: serve: %w", err)
	}
	return err
}

// ended returns what takes the outcome of shutdown or closeNow.
func (s *funcServer) ended(function string) func(error) {
	return func(err error) {
		s.judge(err, func(o outcome) {
			r := s.run
			if err == nil || o.clean {
				return
			}
			wrapped := fmt.Errorf("%s: %w", function, err)
			taken := r.do(func() {
				r.log.panicked(s.pc, function, err)
				r.taskFailed(s.pc, outcome{err: wrapped})
			})
			if !taken {
				r.log.tooLate(s.pc, "server", wrapped)
			}
		})
	}
}

// reportedErrors are those in the result that were returned to the user too,
// so that main or a task may return them.
type reportedErrors struct {
	mu   sync.Mutex
	errs []error
}

func (e *reportedErrors) add(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.errs = append(e.errs, err)
}

func (e *reportedErrors) all() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.errs[:len(e.errs):len(e.errs)]
}
