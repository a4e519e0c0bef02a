package lifecycle

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// DrainGroup returns a new WaitGroup for work in flight: hooks wait until it
// is at zero, or the drain timeout has run out (DRAIN-1). Every call makes a
// group of its own, which is kept until Run returns; make one for each part of
// the service, not one for each request.
//
// A group made while Draining is waited for too, and so is work added to a
// group that is not at zero (DRAIN-3).
//
// Do not add to a group that may be at zero once the context is cancelled. From
// then on the run may be waiting for the group, and sync.WaitGroup does not
// allow an Add from zero beside a Wait: the Add can panic in your goroutine
// ("WaitGroup misuse: Add called concurrently with Wait"), and what it adds may
// not be waited for. Nothing that waits for a WaitGroup can prevent that. Work
// that may begin at any time, such as a message or a request, belongs to
// [Track] or [Go], which may be called at any moment and say whether the work
// will be waited for. A hint in the log names the groups that are at zero when
// the context is cancelled while main is still out.
//
// After Draining the group is usable, but it is not waited for, which is
// logged. The same with a context that does not come from [Run]. Safe for
// concurrent use.
func DrainGroup(ctx context.Context) *sync.WaitGroup {
	g := &group{pc: caller(), made: time.Now()}
	r := from(ctx)
	if r == nil {
		logMisuse(g.pc, "DrainGroup", "this group will not be waited for")
		return &g.wg
	}
	if !r.work.add(g) {
		r.log.misuse(g.pc, "drain group made after Draining: its work will not be waited for", slog.Any("state", r.State()))
	}
	return &g.wg
}

// Track begins one unit of work in flight, such as a message being handled,
// and returns what ends it. Draining lasts until every unit is done, or the
// drain timeout runs out. done is never nil and may be called more than once;
// only the first call counts (DRAIN-8).
//
// After Draining ok is false, nothing is counted, and that is logged: the
// work should not be begun (DRAIN-3). The same with a context that does not
// come from [Run]. Safe for concurrent use, from any number of goroutines.
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
	// The flag is made apart: with no pointer in it, it costs next to nothing.
	w, over := r.work, new(atomic.Bool)
	return func() {
		if over.CompareAndSwap(false, true) {
			w.end(oneUnit)
		}
	}, true
}

// task is one task under way.
type task struct {
	pc    uintptr // the call of Go
	began time.Time
}

func newTask(pc uintptr) *item[task] {
	return &item[task]{v: task{pc: pc, began: time.Now()}}
}

// Go runs task on a goroutine of its own as work in flight: Draining lasts
// until it returns, or the drain timeout runs out. The context that the task is
// given is ctx, which should be main's: that is cancelled when the service
// should stop.
//
// When the task fails, by an error, a panic or runtime.Goexit, a stop is
// requested, with a [*TaskError] that names the place that called Go as the
// context's cause and in Run's result (DRAIN-8). Once the service is stopping,
// what would be a clean end for main is one for a task: context.Canceled,
// http.ErrServerClosed, net.ErrClosed, the context's cause and what
// [WithCleanError] names (RUN-7).
//
// A request's context, which under [Serve] carries the run too, is cancelled when
// the request is answered. A task that is given that context, and returns
// context.Canceled because of it, has failed, and stops the service. For work that a request leaves behind
// give WorkContext(r.Context()), which lives until Draining ends.
//
// After Draining ok is false, the task does not run, and that is logged
// (DRAIN-3). The same with a context that does not come from [Run]. A nil task
// is one that fails. Safe for concurrent use.
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

// runTask reports the task's failure before it ends the unit, so that Draining
// cannot end, nor Run return, without it.
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
		r.judge(err, func(o outcome) {
			if !r.post(func() { r.taskFailed(t.v.pc, o) }) && !o.clean {
				r.log.tooLate(t.v.pc, "task", err)
			}
			r.work.endTask(t)
		})
	})
}

// WorkContext returns a context with the values of ctx that stays live until
// Draining ends: for finishing what was begun when ctx, main's context, is
// cancelled already (DRAIN-8). Its cause is [ErrDrainTimeout] or [ErrForced]
// where that is what ended Draining. With a context that does not come from
// [Run] it returns ctx itself, and logs an error. Safe for concurrent use.
func WorkContext(ctx context.Context) context.Context {
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "WorkContext", "the context is returned as it is")
		return ctx
	}
	return workContext{Context: r.workCtx, values: ctx}
}

// workContext is the run's work context with the values of another. Its own
// come first: package context keeps what it knows about cancellation there,
// and the work context has nothing else.
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
