package lifecycle

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// run is one call of Run. What happens to it arrives at its loop as a function
// on acts; everything below "the loop's own" is touched by the loop alone.
type run struct {
	cfg     config
	machine *fsm.Machine

	base, ctx, workCtx context.Context
	cancel, workCancel context.CancelCauseFunc

	acts chan func()
	over chan struct{} // closed when the loop has ended and takes nothing more

	mainID    atomic.Pointer[string] // main's goroutine
	asked     atomic.Pointer[error]  // why a stop was requested; nil: none was
	work      *work
	hooks     hookStack
	journal   *journal
	observers []*mailbox[fsm.Step]

	// The loop's own.
	signals    chan os.Signal // registered with os/signal; nil with a source
	source     <-chan os.Signal
	parentDone <-chan struct{}
	timers     []*time.Timer
	began      time.Time
	entered    time.Time // when the state was entered
	stop       stopping
	drain      draining
	phase      hooking
	failures   failures
}

// failures is Run's result in the making, in the order in which it is joined
// (RUN-6).
type failures struct {
	main, stops, tasks, drain, hooks, shutdown, running []error
}

func (f *failures) join() error {
	var all []error
	for _, errs := range [][]error{f.main, f.stops, f.tasks, f.drain, f.hooks, f.shutdown, f.running} {
		all = append(all, errs...)
	}
	return join(all)
}

// Run calls main once, on a goroutine of its own, and returns when the service
// has stopped: when main has exited, or a stop was requested by a signal
// (SIGINT and SIGTERM unless [WithSignals] says otherwise), by the parent's
// end ([WithContext]), by [Stop] or by a failed task ([Go]); when the work in
// flight was waited for; and when the hooks have run (RUN-1 to RUN-3).
//
// The context given to main carries the run, for [OnShutdown], [DrainGroup]
// and the other functions of this package, and is cancelled when main should
// return. context.Cause says why: a [*SignalError], the parent's cause, the
// error given to Stop, the failed task's [*TaskError], or context.Canceled.
//
// The result is nil for a clean stop. Main's error, when it is the only one,
// is returned as it is; several are joined, in this order: main's, those given
// to Stop, those of tasks as they ended, [ErrDrainTimeout], those of hooks in
// the order they ran, [ErrShutdownTimeout], [ErrMainRunning] (RUN-6). A panic
// in main is a [*PanicError], runtime.Goexit is [ErrGoexit] (RUN-4, RUN-5).
// After a stop was requested, context.Canceled, http.ErrServerClosed and the
// context's cause are what main is expected to return, and no error (RUN-7).
//
// Main that does not come back does not keep Run: it returns within the drain
// delay plus both timeouts, counted from the stop, with ErrMainRunning
// (RUN-11). To that come at most 100 ms for observers and the log to have seen
// the end (STATE-4). Several Runs, at once, in turn or nested, do not disturb
// each other (RUN-9). After Run has returned, signals have their default effect
// again (SIG-3).
func Run(main func(ctx context.Context) error, opts ...Option) error {
	cfg, err := configure(main, opts)
	if err != nil {
		return err
	}
	r := newRun(cfg)
	r.listen()
	r.begin(main)
	r.loop()
	r.end()
	return r.failures.join()
}

func newRun(cfg config) *run {
	r := &run{
		cfg:        cfg,
		machine:    fsm.New(),
		acts:       make(chan func()),
		over:       make(chan struct{}),
		work:       newWork(),
		parentDone: cfg.parent.Done(),
		began:      time.Now(),
	}
	r.entered = r.began
	r.contexts()
	r.journal = newJournal(r.base, cfg.logger)
	for _, observe := range cfg.observers {
		r.observers = append(r.observers, newMailbox(observe, func(err error) {
			r.journal.log(slog.LevelError, 0, "an observer failed", slog.Any("error", err))
		}))
	}
	return r
}

// listen has signals requested from here on delivered to the loop (SIG-1).
func (r *run) listen() {
	switch {
	case r.cfg.source != nil:
		r.source = r.cfg.source
	case len(r.cfg.signals) > 0:
		r.signals = make(chan os.Signal, 16)
		r.source = r.signals
		signal.Notify(r.signals, r.cfg.signals...)
	}
}

// begin launches main. A parent that is cancelled already means that main is
// given a cancelled context (RUN-12).
func (r *run) begin(main func(context.Context) error) {
	switch {
	case r.cfg.parent.Err() != nil:
		r.parentDone = nil
		r.requestStop(context.Cause(r.cfg.parent), 0)
	case !r.cfg.manualStart:
		r.fire(fsm.Started, nil, nil)
	}
	go call(func() error {
		id := goroutineID()
		r.mainID.Store(&id)
		return main(r.ctx)
	}, func(err error) {
		ended := ending{err: err, clean: err != nil && clean(err, r.causes()...)}
		if !r.post(func() { r.mainExited(ended) }) && err != nil && !ended.clean {
			r.tooLate(0, "main", err)
		}
	})
}

// end gives back what the run had, and waits a moment for observers and the
// log to have seen the end (STATE-4, RUN-10).
func (r *run) end() {
	for _, box := range r.observers {
		box.close()
	}
	r.journal.box.close()
	if r.signals != nil {
		signal.Stop(r.signals)
	}
	for _, timer := range r.timers {
		timer.Stop()
	}
	r.phase.interrupt(nil)
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
	for _, box := range r.observers {
		wait(box.done)
	}
	wait(r.journal.box.done)
}
