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
// function on events; the fields below "the loop's own" are used by the loop
// alone.
type run struct {
	cfg     *config
	machine *fsm.Machine

	base, ctx, workCtx context.Context
	cancel, workCancel context.CancelCauseFunc

	events    chan func()
	over      chan struct{} // closed when the loop has ended and takes nothing more
	hooksOver chan struct{} // closed when no hook is left to run, or Hooks has ended otherwise

	mainID    atomic.Pointer[string] // main's goroutine
	asked     atomic.Pointer[error]  // the cause of the requested stop; nil: none was requested
	work      *inFlight
	hooks     hookStack
	trailing  trailing
	reported  reportedErrors
	log       *asyncLog
	observers []*queue[fsm.Step]

	// The loop's own.
	signals    chan os.Signal // registered with os/signal; nil with a source
	brokenPipe chan os.Signal // registered for SIGPIPE
	source     <-chan os.Signal
	timers     []*time.Timer // armed for the state that the machine is in
	began      time.Time
	entered    time.Time // when the machine entered its state
	mainBack   bool
	stop       stopping
	drain      draining
	phase      hooksPhase
	failures   failures
}

// failures is Run's result in the making, in the order in which it is joined
// (RUN-6).
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

// Run calls main once, on a goroutine of its own, and returns when the service
// has stopped (RUN-1 to RUN-3):
//
//   - Main exits, or a stop is requested: by a signal (SIGINT and SIGTERM unless
//     [WithSignals] says otherwise), by the end of the parent context
//     ([WithContext]), by [Stop], or by a task that fails ([Go]).
//   - Work in flight is waited for.
//   - The hooks run, last registered first.
//
// The context given to main carries the run, for [OnShutdown], [DrainGroup]
// and the other functions of this package, and is cancelled when main should
// return. context.Cause says why: a [*SignalError], the parent's cause, the
// error given to Stop, the failed task's [*TaskError], or context.Canceled.
//
// The result is nil for a clean stop. Main's error, when it is the only one,
// is returned as it is. Several are joined, in this order: main's, those given
// to Stop, those of tasks as they ended, [ErrDrainTimeout], those of hooks in
// the order they ran, [ErrShutdownTimeout], [ErrMainRunning], and the
// SignalError that [WithSignalError] asks for (RUN-6). A panic in main is a
// [*PanicError], runtime.Goexit is [ErrGoexit] (RUN-4, RUN-5). After a stop was
// requested, context.Canceled, http.ErrServerClosed, net.ErrClosed, the
// context's cause and what [WithCleanError] names are what main is expected to
// return, and not an error (RUN-7).
//
// A main that does not return does not keep Run from returning: it returns
// within the drain delay plus both timeouts, counted from the stop (STATE-2),
// with ErrMainRunning (RUN-11), plus at most 100 ms for observers and the log to
// have seen the end (STATE-4). Several Runs, at once, in turn or nested, do not
// disturb each other (RUN-9). A signal that arrives before Run returns does not
// end the process (SIG-1), nor does a standard output or error that nobody
// reads, from the stop on (SIG-4). After Run has returned, signals have their
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

// newRun makes a run; pc is the call of Run.
func newRun(cfg *config, pc uintptr) *run {
	r := &run{
		cfg:       cfg,
		machine:   fsm.New(),
		events:    make(chan func()),
		over:      make(chan struct{}),
		hooksOver: make(chan struct{}),
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

// listen delivers the signals that request a stop to the loop (SIG-1).
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

// start launches main. If the parent is cancelled already, main is given a
// cancelled context (RUN-12).
func (r *run) start(main func(context.Context) error) {
	switch {
	case r.cfg.parent.Err() != nil:
		r.requestStop(stopRequest{cause: context.Cause(r.cfg.parent)})
	case r.cfg.manualStart:
		r.warnOfLongStart(time.Minute)
	default:
		r.fire(fsm.Started)
	}
	go call(func() error {
		id := goroutineID()
		r.mainID.Store(&id)
		return main(r.ctx)
	}, func(err error) {
		r.judge(err, func(o outcome) {
			if !r.post(func() { r.mainExited(o) }) && err != nil && !o.clean {
				r.log.tooLate(0, "main", err)
			}
		})
	})
}

// finish releases what the run holds. It waits at most 100 ms for observers and
// the log to have seen the end, and for servers that served until then
// (STATE-4, RUN-10, HTTP-7). Signals are released last (SIG-1).
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
	for _, ended := range r.trailing.close() {
		wait(ended)
	}
	for _, q := range r.observers {
		wait(q.done)
	}
	r.log.queue.close()
	wait(r.log.queue.done)
	r.releaseSignals()
}
