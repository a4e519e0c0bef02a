package lifecycle

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Snapshot is everything there is to know about a run at one moment: for
// status pages, metrics and supervisors. The source that [fsm.FromContext]
// finds in the context of a run has it:
//
//	src, _ := fsm.FromContext(ctx)
//	if s, ok := src.(interface{ Snapshot() lifecycle.Snapshot }); ok {
//		use(s.Snapshot())
//	}
//
// It is a copy that nobody changes.
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

	Groups   []GroupStatus // every drain group, oldest first (DRAIN-3)
	Tasks    []TaskStatus  // those under way, oldest first
	Tracked  int           // units of Track that are out; tasks are not among them
	Requests int           // HTTP requests under way (HTTP-4)
	// Hooks are those that ran, the one under way or interrupted, then those
	// to come, in the order of their turns (HOOK-1).
	Hooks []HookStatus
}

// GroupStatus is one drain group: what one call of [DrainGroup] made (DRAIN-3).
type GroupStatus struct {
	Place string    // file:line of the call of DrainGroup
	Made  time.Time // when that was
	// Busy says that it is being waited for, and Idle that it was seen at
	// zero. Before anybody waits it is neither: a sync.WaitGroup does not
	// tell its count. Groups are waited for one after the other, and all of
	// them half a second after that has begun, or a quarter of the drain
	// timeout if that is sooner.
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
	// that was interrupted (HOOK-3). One that was abandoned has ended here, if
	// nowhere else (HOOK-6).
	Ended time.Time
	// Err is what it returned, a [*PanicError], [ErrGoexit], or an error in
	// which errors.Is finds [ErrShutdownTimeout] if it was abandoned; nil if
	// it did not fail, or not yet (HOOK-2).
	Err error
}

// Snapshot returns what there is to know about the run now. It may be called
// at any time and from any goroutine, hooks and observers included. What it
// costs is paid by the call; a run that nobody asks pays nothing.
func (r *run) Snapshot() Snapshot {
	var s Snapshot
	if !r.do(func() { s = r.snapshot() }) {
		s = r.snapshot() // the loop has ended, and with it every change
	}
	return s
}

func (r *run) snapshot() Snapshot {
	s := Snapshot{
		State: r.State(), At: time.Now(), Began: r.began, Entered: r.entered,
		History: r.machine.History(), Cause: r.stop.cause, MainBack: r.stop.mainBack,
	}
	s.Tracked, s.Requests = r.work.out()
	s.Groups, s.Tasks = r.work.status()
	s.Tracked -= min(s.Tracked, len(s.Tasks))
	s.Hooks = r.hookStatus()
	switch s.State {
	case fsm.Draining:
		s.Budget, s.Deadline = r.stop.deadline.Sub(r.stop.at).Round(time.Millisecond), r.stop.deadline
		s.Left = sum(max(0, s.Deadline.Sub(s.At)), r.cfg.shutdownTimeout)
	case fsm.Hooks:
		s.Budget, s.Deadline = r.cfg.shutdownTimeout, r.phase.deadline
		s.Left = max(0, s.Deadline.Sub(s.At))
	}
	return s
}

func (w *work) status() (groups []GroupStatus, tasks []TaskStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		quiet := g.quiet.Load()
		groups = append(groups, GroupStatus{Place: place(g.pc), Made: g.made, Idle: quiet, Busy: !quiet && g.awaited.Load()})
	}
	for t := w.tasks.first; t != nil; t = t.next {
		tasks = append(tasks, TaskStatus{Place: place(t.pc), Began: t.began})
	}
	slices.SortFunc(tasks, func(a, b TaskStatus) int { return a.Began.Compare(b.Began) })
	return groups, tasks
}

func (r *run) hookStatus() (all []HookStatus) {
	for _, ran := range r.phase.ran {
		all = append(all, HookStatus{Name: ran.hook.name, Place: place(ran.hook.pc), Began: ran.began, Ended: ran.began.Add(ran.took), Err: ran.err})
	}
	for _, a := range []*attempt{r.phase.running, r.phase.interrupted} {
		if a != nil {
			all = append(all, HookStatus{Name: a.hook.name, Place: place(a.hook.pc), Began: a.began})
		}
	}
	for _, h := range r.hooks.toCome() {
		all = append(all, HookStatus{Name: h.name, Place: place(h.pc)})
	}
	return all
}
