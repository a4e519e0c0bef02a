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
// group that is not at zero (DRAIN-3). Adding to one that is at zero after the
// context was cancelled is outside WaitGroup's own contract, and seen on a
// best effort; [Track] has no such hole. After Draining the group is usable,
// but nobody waits for it, which is logged.
//
// With a context that does not come from [Run] the group is usable, nobody
// waits for it, and an error is logged. Safe for concurrent use.
func DrainGroup(ctx context.Context) *sync.WaitGroup {
	g := &group{pc: caller(), made: time.Now()}
	r := from(ctx)
	if r == nil {
		foreign(g.pc, "DrainGroup", "nobody will wait for this group")
		return &g.wg
	}
	if !r.work.add(g) {
		r.journal.log(slog.LevelError, g.pc, "drain group made after Draining: its work will not be waited for",
			slog.String("at", place(g.pc)), slog.Any("state", r.State()))
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
		foreign(caller(), "Track", "the work is not tracked")
		return func() {}, false
	}
	if !r.work.begin(oneUnit) {
		r.late(caller(), "tracked work")
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

// taskEntry is one task under way.
type taskEntry struct {
	pc         uintptr
	began      time.Time
	prev, next *taskEntry
}

// taskList is the tasks under way, oldest first. The links are the entries'
// own, so that a million of them cost no more each than a few do.
type taskList struct {
	first, last *taskEntry
	n           int
}

func (l *taskList) add(t *taskEntry) {
	l.n++
	if t.prev = l.last; t.prev == nil {
		l.first = t
	} else {
		t.prev.next = t
	}
	l.last = t
}

func (l *taskList) remove(t *taskEntry) {
	l.n--
	if t.prev == nil {
		l.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
}

// Go runs task on a goroutine of its own as work in flight: Draining lasts
// until it returns, or the drain timeout runs out. The task is given ctx, which
// should be main's: that is cancelled when the service should stop.
//
// When the task fails, by an error, a panic or runtime.Goexit, a stop is
// requested, with a [*TaskError] that names the place that called Go as the
// context's cause and in Run's result (DRAIN-8). Once the service is stopping,
// context.Canceled, http.ErrServerClosed and the context's cause are a clean
// end, not a failure (RUN-7).
//
// A request's context, which under [Serve] carries the run too, is cancelled when
// the request is answered. A task that is given it and returns context.Canceled
// then has failed, and stops the service. For work that a request leaves behind
// give WorkContext(r.Context()), which lives until Draining ends.
//
// After Draining ok is false, the task does not run, and that is logged
// (DRAIN-3). The same with a context that does not come from [Run]. A nil task
// is one that fails. Safe for concurrent use.
func Go(ctx context.Context, task func(ctx context.Context) error) (ok bool) {
	t := &taskEntry{pc: caller(), began: time.Now()}
	r := from(ctx)
	if r == nil {
		foreign(t.pc, "Go", "the task will not run")
		return false
	}
	if !r.work.begin(oneUnit) {
		r.late(t.pc, "task")
		return false
	}
	r.work.mu.Lock()
	r.work.tasks.add(t)
	r.work.mu.Unlock()
	go r.runTask(ctx, t, task)
	return true
}

// runTask reports the task's failure before it ends the unit, so that Draining
// cannot end, nor Run return, without it.
func (r *run) runTask(ctx context.Context, t *taskEntry, task func(context.Context) error) {
	call(func() error {
		if task == nil {
			return errNilTask
		}
		return task(ctx)
	}, func(err error) {
		if err != nil {
			ended := ending{err: err, clean: clean(err, r.causes()...)}
			if !r.post(func() { r.taskFailed(t, ended) }) && !ended.clean {
				r.tooLate(t.pc, "task", err)
			}
		}
		r.work.mu.Lock()
		r.work.tasks.remove(t)
		r.work.mu.Unlock()
		r.work.end(oneUnit)
	})
}

func (r *run) late(pc uintptr, what string) {
	r.journal.log(slog.LevelError, pc, what+" after Draining is refused: it would not be waited for",
		slog.String("at", place(pc)), slog.Any("state", r.State()))
}

// WorkContext returns a context with the values of ctx that stays live until
// Draining ends: for finishing what was begun when ctx, main's context, is
// cancelled already (DRAIN-8). Its cause is [ErrDrainTimeout] or [ErrForced]
// where that is what ended Draining. With a context that does not come from
// [Run] it returns ctx itself, and logs an error. Safe for concurrent use.
func WorkContext(ctx context.Context) context.Context {
	r := from(ctx)
	if r == nil {
		foreign(caller(), "WorkContext", "the context is returned as it is")
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
