package lifecycle

import (
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Snapshot describes a run at one moment, for status pages, metrics and
// supervisors. The [fsm.Source] in a run's context has a method that returns it:
//
//	src, _ := fsm.FromContext(ctx)
//	if s, ok := src.(interface{ Snapshot() lifecycle.Snapshot }); ok {
//		use(s.Snapshot())
//	}
//
// A Snapshot is a copy and does not change.
type Snapshot struct {
	State   fsm.State  // the current state (STATE-5)
	At      time.Time  // when the snapshot was taken
	Began   time.Time  // when Run was entered
	Entered time.Time  // when State was entered
	History []fsm.Step // the transitions so far, oldest first (STATE-1)

	// Budget is how long State may last at most, counted from Entered, and
	// Deadline is when that ends: after the drain delay and the drain timeout, or
	// after the shutdown timeout (DRAIN-2, DRAIN-7, HOOK-3). Both are zero in a
	// state without a limit.
	Budget   time.Duration
	Deadline time.Time
	// Left is the longest time from At until Stopped, whatever happens: what is
	// left of State and of the states after it (STATE-2). It is zero before a stop.
	Left time.Duration

	// Cause is the cause of the stop, as context.Cause returns it to main (RUN-2);
	// nil before a stop, and for a clean one.
	Cause    error
	MainBack bool // main has returned

	// Groups, Tasks and Hooks have at most 1000 elements each, so that a snapshot
	// is cheap however many there are; the counts are of all.
	Groups     []GroupStatus // drain groups, oldest first; if there are too many, idle ones are left out (DRAIN-3)
	GroupCount int
	Tasks      []TaskStatus // running tasks, oldest first
	TaskCount  int
	Tracked    int // units of Track in flight, not counting tasks
	Requests   int // HTTP requests in flight (HTTP-4)
	// Hooks lists those that ran, then the one that is running or was interrupted,
	// then those that have not begun, next first (HOOK-1). If there are too many,
	// the oldest that ran without an error are left out, and then the last of
	// those that have not begun.
	Hooks     []HookStatus
	HookCount int
}

// snapshotRows is the limit for groups, tasks and hooks in a snapshot.
const snapshotRows = 1000

// GroupStatus is one drain group, created by a call of [DrainGroup] (DRAIN-3).
type GroupStatus struct {
	Place string    // file:line of the call of DrainGroup
	Made  time.Time // when it was created
	// Busy and Idle report whether its counter is above or at zero. Both are
	// false if this package cannot read the counter.
	Busy, Idle bool
}

// TaskStatus is one running task, started by a call of [Go] (DRAIN-8).
type TaskStatus struct {
	Place string    // file:line of the call of Go
	Began time.Time // when it was started
}

// HookStatus is one hook, whether it has run or not (HOOK-1).
type HookStatus struct {
	Name  string    // its HookName; may be empty
	Place string    // file:line that registered it
	Began time.Time // zero if it has not begun
	// Ended is zero for a hook that has not ended; in Stopped, that is one that was
	// interrupted (HOOK-3). For a hook that was abandoned it is the time at which
	// that happened, though the hook may still be running (HOOK-6).
	Ended time.Time
	// Err is what it returned, a [*PanicError], [ErrGoexit], or an error in which
	// errors.Is finds [ErrShutdownTimeout] if it was abandoned; nil if it has not
	// failed (HOOK-2).
	Err error
}

// Snapshot returns a description of the run at this moment. It may be called at
// any time and from any goroutine, including hooks and observers. It does not
// noticeably delay the run or Go: how much it copies while they wait is bounded.
func (r *run) Snapshot() Snapshot {
	var v view
	if !r.do(func() { v = r.view() }) {
		v = r.view() // the loop has ended, so nothing changes any more
	}
	return v.snapshot()
}

// view is the data of a snapshot, copied on the loop.
type view struct {
	Snapshot
	groups       []*group // never changed, only appended to
	tasks        []taskView
	ran          []finishedHook // only appended to
	running      *runningHook
	pending      []*hookEntry
	hooksPending int
}

type taskView struct {
	pc    uintptr
	began time.Time
}

func (r *run) view() view {
	v := view{groups: r.work.known(), ran: r.phase.ran, running: r.phase.running, pending: r.hooks.pending(snapshotRows)}
	v.Snapshot = Snapshot{
		State: r.State(), At: time.Now(), Began: r.began, Entered: r.entered,
		History: r.machine.History(), Cause: r.stop.cause, MainBack: r.mainBack,
	}
	if v.running == nil {
		v.running = r.phase.interrupted
	}
	v.hooksPending = r.hooks.size()
	out := r.work.counts()
	v.Tracked, v.Requests, v.TaskCount = out.tracked, out.requests, out.tasks
	v.tasks = r.work.oldestTasks(snapshotRows)
	switch v.State {
	case fsm.Draining:
		v.Budget, v.Deadline = r.drain.deadline.Sub(r.stop.at).Round(time.Millisecond), r.drain.deadline
		v.Left = sum(max(0, v.Deadline.Sub(v.At)), r.cfg.shutdownTimeout)
	case fsm.Hooks:
		v.Budget, v.Deadline = r.cfg.shutdownTimeout, r.phase.deadline
		v.Left = max(0, v.Deadline.Sub(v.At))
	}
	return v
}

// oldestTasks returns at most limit running tasks, oldest first.
func (w *inFlight) oldestTasks(limit int) (tasks []taskView) {
	w.mu.Lock()
	defer w.mu.Unlock()
	tasks = make([]taskView, 0, min(limit, w.tasks.n))
	for t := w.tasks.first; t != nil && len(tasks) < limit; t = t.next {
		tasks = append(tasks, taskView{t.v.pc, t.v.began})
	}
	return tasks
}

// snapshot formats the places, off the loop.
func (v *view) snapshot() Snapshot {
	s := v.Snapshot
	places := places{}
	for _, t := range v.tasks {
		s.Tasks = append(s.Tasks, TaskStatus{Place: places.of(t.pc), Began: t.began})
	}
	s.Groups, s.GroupCount = v.groupStatus(places), len(v.groups)
	s.Hooks, s.HookCount = v.hookStatus(places), len(v.ran)+v.hooksPending
	if v.running != nil {
		s.HookCount++
	}
	return s
}

// groupStatus prefers busy groups to idle ones, but keeps the order.
func (v *view) groupStatus(places places) (rows []GroupStatus) {
	spare := snapshotRows // rows for groups that are not busy
	for _, g := range v.groups {
		if g.state() != groupIdle {
			spare--
		}
	}
	for _, g := range v.groups {
		state := g.state()
		row := GroupStatus{Made: g.made, Busy: state == groupBusy, Idle: state == groupIdle}
		if row.Idle {
			if spare <= 0 {
				continue
			}
			spare--
		}
		if len(rows) == snapshotRows {
			break
		}
		row.Place = places.of(g.pc)
		rows = append(rows, row)
	}
	return rows
}

func (v *view) hookStatus(places places) (rows []HookStatus) {
	spare := snapshotRows - len(v.pending) // rows for hooks that ran without an error
	if v.running != nil {
		spare--
	}
	for _, ran := range v.ran {
		if ran.err != nil {
			spare--
		}
	}
	add := func(h *hookEntry, began, ended time.Time, err error) {
		rows = append(rows, HookStatus{Name: h.name, Place: places.of(h.pc), Began: began, Ended: ended, Err: err})
	}
	skip := 0 // the oldest of those are left out
	for _, ran := range v.ran {
		if ran.err == nil {
			skip++
		}
	}
	skip -= max(0, spare)
	for _, ran := range v.ran {
		if ran.err == nil && skip > 0 {
			skip--
			continue
		}
		add(ran.hook, ran.began, ran.began.Add(ran.took), ran.err)
	}
	if v.running != nil {
		add(v.running.hook, v.running.began, time.Time{}, nil)
	}
	for _, h := range v.pending {
		add(h, time.Time{}, time.Time{}, nil)
	}
	return rows[:min(len(rows), snapshotRows)]
}
