package lifecycle

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Snapshot is what there is to know about a run at one moment: for
// status pages, metrics and supervisors. The source that [fsm.FromContext]
// finds in the context of a run has it:
//
//	src, _ := fsm.FromContext(ctx)
//	if s, ok := src.(interface{ Snapshot() lifecycle.Snapshot }); ok {
//		use(s.Snapshot())
//	}
//
// It is a copy of its own.
type Snapshot struct {
	State   fsm.State  // what the run is doing (STATE-5)
	At      time.Time  // when the snapshot was taken
	Began   time.Time  // when Run was entered
	Entered time.Time  // when the state was entered
	History []fsm.Step // the transitions so far, oldest first (STATE-1)

	// Budget is how long the state may last before it is ended, counted from
	// Entered, and Deadline when that is: the drain delay and the drain
	// timeout, or the shutdown timeout (DRAIN-2, DRAIN-7, HOOK-3). Both are
	// zero in a state that nothing bounds.
	Budget   time.Duration
	Deadline time.Time
	// Left is the most that may pass from At until Stopped, whatever happens:
	// of the state and of those after it (STATE-2). It is zero before a stop.
	Left time.Duration

	// Cause is what context.Cause tells main of the stop (RUN-2); nil before
	// one, and for a clean one.
	Cause    error
	MainBack bool // main has come back

	// Of groups, tasks and hooks a snapshot has at most 1000 each, so that it
	// costs little however many there are; the counts are of all.
	Groups     []GroupStatus // drain groups, oldest first; busy ones rather than idle ones (DRAIN-3)
	GroupCount int
	Tasks      []TaskStatus // those under way, oldest first
	TaskCount  int
	Tracked    int // units of Track that are out; tasks are not among them
	Requests   int // HTTP requests under way (HTTP-4)
	// Hooks are those that ran, the one under way or interrupted, then those
	// to come, in the order of their turns (HOOK-1). Where there are too many,
	// the oldest that ran without an error are left out, and then the last of
	// those to come.
	Hooks     []HookStatus
	HookCount int
}

// snapshotRows is how many groups, tasks and hooks a snapshot has at most.
const snapshotRows = 1000

// GroupStatus is one drain group: what one call of [DrainGroup] made (DRAIN-3).
type GroupStatus struct {
	Place string    // file:line of the call of DrainGroup
	Made  time.Time // when that was
	// Busy and Idle say whether its counter is above or at zero. Both are
	// false where this package cannot read the counter.
	Busy, Idle bool
}

// TaskStatus is one task under way: what one call of [Go] began (DRAIN-8).
type TaskStatus struct {
	Place string    // file:line of the call of Go
	Began time.Time // when that was
}

// HookStatus is one hook, whether it has had its turn or not (HOOK-1).
type HookStatus struct {
	Name  string    // of HookName; may be empty
	Place string    // file:line that registered it
	Began time.Time // zero: not yet
	// Ended is zero for a hook that has not ended yet, and in Stopped for one
	// that was interrupted (HOOK-3). For one that was abandoned it is when that
	// was, though it may still be running (HOOK-6).
	Ended time.Time
	// Err is what it returned, a [*PanicError], [ErrGoexit], or an error in
	// which errors.Is finds [ErrShutdownTimeout] if it was abandoned; nil if
	// it did not fail, or not yet (HOOK-2).
	Err error
}

// Snapshot returns what there is to know about the run now. It may be called
// at any time and from any goroutine, hooks and observers included. It delays
// neither the run nor Go: what it copies while they wait is bounded.
func (r *run) Snapshot() Snapshot {
	var v view
	if !r.do(func() { v = r.view() }) {
		v = r.view() // the loop has ended, and with it every change
	}
	return v.snapshot()
}

// view is what a snapshot is made from. It is taken on the loop.
type view struct {
	Snapshot
	groups       []*group // never changed, only appended to
	tasks        []taskView
	ran          []hookRan // only appended to
	running      *attempt
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
	out := r.work.out()
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

// oldestTasks returns the tasks under way, at most so many.
func (w *inFlight) oldestTasks(limit int) (tasks []taskView) {
	w.mu.Lock()
	defer w.mu.Unlock()
	tasks = make([]taskView, 0, min(limit, w.tasks.n))
	for t := w.tasks.first; t != nil && len(tasks) < limit; t = t.next {
		tasks = append(tasks, taskView{t.v.pc, t.v.began})
	}
	return tasks
}

// snapshot makes the texts, off the loop.
func (v *view) snapshot() Snapshot {
	s := v.Snapshot
	places := places{}
	for _, t := range v.tasks {
		s.Tasks = append(s.Tasks, TaskStatus{Place: places.of(t.pc), Began: t.began})
	}
	slices.SortStableFunc(s.Tasks, func(a, b TaskStatus) int { return a.Began.Compare(b.Began) })
	s.Groups, s.GroupCount = v.groupStatus(places), len(v.groups)
	s.Hooks, s.HookCount = v.hookStatus(places), len(v.ran)+v.hooksPending
	if v.running != nil {
		s.HookCount++
	}
	return s
}

// groupStatus has the busy groups first in mind, but keeps them in order.
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
	spare := snapshotRows - len(v.pending) // rows for hooks that have run well
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
