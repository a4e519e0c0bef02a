package lifecycle

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// DrainGroup returns a new WaitGroup for in-flight work: hooks wait until it is
// at zero or the drain timeout has run out (DRAIN-1). Every call creates a new
// group, which is kept until Run returns, so create one for each part of the
// service, not one for each request.
//
// A group created while Draining is waited for too, and so is work added to a
// group that is not at zero (DRAIN-3).
//
// Do not add to a group that may be at zero once the context is cancelled. From
// then on the run may be waiting for the group, and sync.WaitGroup does not allow
// an Add from zero concurrently with a Wait: the Add can panic in your goroutine
// ("WaitGroup misuse: Add called concurrently with Wait"), and the added work may
// not be waited for. For work that may begin at any time, such as handling a
// message or a request, use [Track] or [Go], which may be called at any time and
// report whether the work will be waited for. If main has not returned when its
// context is cancelled, the log lists the groups that are at zero.
//
// After Draining, or with a context that does not come from [Run], the group is
// usable but not waited for, which is logged. DrainGroup is safe for concurrent
// use.
func DrainGroup(ctx context.Context) *sync.WaitGroup {
	g := &group{pc: caller(), made: time.Now()}
	r := from(ctx)
	if r == nil {
		logMisuse(g.pc, "DrainGroup", "the group will not be waited for")
		return &g.wg
	}
	if !r.work.add(g) {
		r.log.misuse(g.pc, "drain group created after Draining will not be waited for", slog.Any("state", r.State()))
	}
	return &g.wg
}

// Track begins one unit of in-flight work, such as handling a message; call done
// when it ends. Draining lasts until every unit is done or the drain timeout runs
// out. done is never nil and may be called more than once; only the first call
// counts (DRAIN-8).
//
// After Draining, or with a context that does not come from [Run], ok is false,
// nothing is counted, and that is logged: do not begin the work (DRAIN-3). Track
// is safe for concurrent use.
func Track(ctx context.Context) (done func(), ok bool) {
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "Track", "the work is not tracked")
		return func() {}, false
	}
	if !r.work.begin(oneUnit) {
		r.log.refused(caller(), "tracked work", r.State())
		return func() {}, false
	}
	// The flag is allocated separately: without pointers in it, it is cheap.
	w, over := r.work, new(atomic.Bool)
	return func() {
		if over.CompareAndSwap(false, true) {
			w.end(oneUnit)
		}
	}, true
}

// task is one running task.
type task struct {
	pc    uintptr // the call of Go
	began time.Time
}

func newTask(pc uintptr) *item[task] { return &item[task]{v: task{pc: pc}} }

// Go runs task on a new goroutine as in-flight work: Draining lasts until it
// returns or the drain timeout runs out. The task is called with ctx, which
// should be main's context, so that it is cancelled when the service should stop.
//
// If the task fails, with an error, a panic or runtime.Goexit, it requests a
// stop. A [*TaskError] with the call site of Go is then the cause of main's
// context and part of Run's result (DRAIN-8). Once the service is stopping, the
// same errors are clean for a task as for main: context.Canceled,
// http.ErrServerClosed, net.ErrClosed, the context's cause and those that
// [WithCleanError] accepts (RUN-7).
//
// Under [Serve], a request's context also carries the run, but it is cancelled
// when the request is answered. A task that is given that context and returns
// context.Canceled because of it has failed, and stops the service. For work that
// outlives its request, pass WorkContext(r.Context()), which lives until Draining
// ends.
//
// After Draining, or with a context that does not come from [Run], ok is false,
// the task does not run, and that is logged (DRAIN-3). A nil task counts as a task
// that fails. Go is safe for concurrent use.
func Go(ctx context.Context, task func(ctx context.Context) error) (ok bool) {
	pc := caller()
	r := from(ctx)
	if r == nil {
		logMisuse(pc, "Go", "the task will not run")
		return false
	}
	t := newTask(pc)
	if !r.work.beginTask(t) {
		r.log.refused(pc, "task", r.State())
		return false
	}
	go r.runTask(ctx, t, task)
	return true
}

// runTask posts the task's failure before it ends the unit, so that Draining
// cannot end without it.
func (r *run) runTask(ctx context.Context, t *item[task], fn func(context.Context) error) {
	call(func() error {
		if fn == nil {
			return errNilTask
		}
		return fn(ctx)
	}, func(err error) {
		if err == nil {
			r.work.endTask(t)
			return
		}
		r.classify(err, func(o outcome) {
			if !r.post(func() { r.taskFailed(t.v.pc, o) }) && !o.clean {
				r.log.tooLate(t.v.pc, "task", err)
			}
			r.work.endTask(t)
		})
	})
}

// WorkContext returns a context with the values of ctx that stays live until
// Draining ends. Use it to finish work after main's context has been cancelled
// (DRAIN-8). If the drain timeout or a signal ends Draining, its cause is
// [ErrDrainTimeout] or [ErrForced]. With a context that does not come from [Run]
// it returns ctx itself and logs an error. WorkContext is safe for concurrent use.
func WorkContext(ctx context.Context) context.Context {
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "WorkContext", "the context is returned unchanged")
		return ctx
	}
	return workContext{Context: r.workCtx, values: ctx}
}

// workContext is the run's work context with the values of another context. The
// work context is asked first: its only values are package context's own, for
// cancellation.
type workContext struct {
	context.Context
	values context.Context
}

func (c workContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}
