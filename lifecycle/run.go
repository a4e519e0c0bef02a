package lifecycle

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// run is one call of Run. Everything that happens to it reaches its loop as a
// function on events; the fields below "Used only by the loop" need no lock.
type run struct {
	cfg     *config
	machine *fsm.Machine

	base, ctx, workCtx context.Context
	cancel, workCancel context.CancelCauseFunc

	events    chan func()
	loopDone  chan struct{} // closed when the loop has ended; no event is handled after that
	hooksDone chan struct{} // closed when no hook is left to run, or Hooks has ended early

	stopCause    atomic.Pointer[error] // the cause of the requested stop; nil before one
	work         *inFlight
	hooks        hookStack
	untilStopped untilStoppedServers
	reported     reportedErrors
	log          *asyncLog
	observers    []*queue[fsm.Step]

	// Used only by the loop.
	signals    chan os.Signal // registered with os/signal; nil with WithSignalSource
	brokenPipe chan os.Signal // registered for SIGPIPE
	source     <-chan os.Signal
	timers     []*time.Timer // armed for the current state
	began      time.Time
	entered    time.Time // when the machine entered its state
	mainName   string    // of the function
	mainBack   bool
	stop       stopping
	drain      draining
	phase      hooksPhase
	failures   failures
}

// failures collects the errors of Run's result, in the order in which they are
// joined (RUN-6).
type failures struct {
	main, stops, tasks, drain, hooks, shutdown, running, signal []error
}

func (f *failures) join() error {
	var all []error
	for _, errs := range [][]error{f.main, f.stops, f.tasks, f.drain, f.hooks, f.shutdown, f.running, f.signal} {
		all = append(all, errs...)
	}
	return join(all)
}

// Run calls main once, on its own goroutine, and returns when the service has
// stopped (RUN-1 to RUN-3):
//
//   - Main returns, or a stop is requested: by a signal (SIGINT or SIGTERM unless
//     [WithSignals] says otherwise), by the end of the parent context
//     ([WithContext]), by [Stop], or by a task that fails ([Go]).
//   - In-flight work is waited for.
//   - The hooks run, last registered first.
//
// The context given to main carries the run, for [OnShutdown], [DrainGroup]
// and the other functions of this package, and is cancelled when main should
// return. context.Cause says why: a [*SignalError], the parent's cause, the
// error given to Stop, the failed task's [*TaskError], or context.Canceled.
//
// The result is nil for a clean stop. If main's error is the only one, it is
// returned unchanged. Several are joined, in this order: main's, those given to
// Stop, those of tasks as they ended, [ErrDrainTimeout], those of hooks in the
// order they ran, [ErrShutdownTimeout], [ErrMainRunning], and the SignalError
// that [WithSignalError] adds (RUN-6). A panic in main is reported as a
// [*PanicError], runtime.Goexit as [ErrGoexit] (RUN-4, RUN-5). After a stop was
// requested, context.Canceled, http.ErrServerClosed, net.ErrClosed, the
// context's cause and the errors that [WithCleanError] accepts are a clean
// return from main, not an error (RUN-7).
//
// If main does not return, Run still does: with ErrMainRunning (RUN-11), within
// the drain delay plus both timeouts, counted from the stop (STATE-2), plus at
// most 100 ms for observers and the log to catch up (STATE-4). Several Runs,
// concurrent, consecutive or nested, do not disturb each other (RUN-9). A signal
// that arrives before Run returns does not kill the process (SIG-1); from the
// stop on, neither does SIGPIPE from a standard output or error that is no
// longer read (SIG-4). A second interrupt (Ctrl-C), at least 250 ms after the stop,
// ends the drain delay or the phase that is under way ([ErrForced]); a repeated
// SIGTERM changes nothing (SIG-2). After Run has returned, signals have their
// default effect again (SIG-3).
func Run(main func(ctx context.Context) error, opts ...Option) error {
	cfg, err := configure(main, opts)
	if err != nil {
		return err
	}
	r := newRun(cfg, caller())
	r.listen()
	r.start(main)
	defer r.watchParent()()
	r.loop()
	r.finish()
	return r.failures.join()
}

// newRun returns a run that has not started; pc is the call site of Run.
func newRun(cfg *config, pc uintptr) *run {
	r := &run{
		cfg:       cfg,
		machine:   fsm.New(),
		events:    make(chan func()),
		loopDone:  make(chan struct{}),
		hooksDone: make(chan struct{}),
		work:      newInFlight(),
		began:     time.Now(),
	}
	r.entered = r.began
	r.contexts()
	r.log = newAsyncLog(r.base, cfg.logger, pc)
	for _, observe := range cfg.observers {
		r.observers = append(r.observers, newQueue(observe, r.log.observerFailed))
	}
	return r
}

// listen has the signals that request a stop delivered to the loop (SIG-1).
func (r *run) listen() {
	switch {
	case r.cfg.source != nil:
		r.source = r.cfg.source
	case len(r.cfg.signals) > 0:
		r.signals = make(chan os.Signal, 16)
		r.source = r.signals
		signal.Notify(r.signals, r.cfg.signals...)
		r.listenForBrokenPipe()
	}
}

// start launches main. If the parent is already cancelled, main gets a cancelled
// context (RUN-12).
func (r *run) start(main func(context.Context) error) {
	switch {
	case r.cfg.parent.Err() != nil:
		r.requestStop(stopRequest{cause: context.Cause(r.cfg.parent)})
	case r.cfg.manualStart:
		r.warnLongStart(time.Minute)
	default:
		r.enterRunning()
	}
	r.mainName = functionName(main)
	go call(func() error { return main(r.ctx) }, func(err error) {
		r.classify(err, func(o outcome) {
			if !r.post(func() { r.mainExited(o) }) && err != nil && !o.clean {
				r.log.tooLate(0, "main", err)
			}
		})
	})
}

// finish releases the run's resources. It waits at most 100 ms for servers with
// UntilStopped to return, and for observers and the log to catch up (STATE-4,
// RUN-10, HTTP-7). Signals are released last (SIG-1).
func (r *run) finish() {
	for _, q := range r.observers {
		q.close()
	}
	limit := time.NewTimer(100 * time.Millisecond)
	defer limit.Stop()
	expired := false
	wait := func(done <-chan struct{}) {
		if expired {
			return
		}
		select {
		case <-done:
		case <-limit.C:
			expired = true
		}
	}
	for _, ended := range r.untilStopped.close() {
		wait(ended)
	}
	for _, q := range r.observers {
		wait(q.done)
	}
	r.log.queue.close()
	wait(r.log.queue.done)
	r.releaseSignals()
}
