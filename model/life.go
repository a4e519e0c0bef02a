package model

import (
	"fmt"
	"time"
)

// A life is one scenario being played through. Everything that happens is an
// item on the agenda; its effect is a method of life, in stopping.go,
// draining.go, hooks.go or health.go; and after each of them the life
// settles: it takes the transitions that have become due by themselves.
type life struct {
	agenda
	s     Scenario
	trace Trace

	// problem says why the trace means nothing, if it does, and remedy takes
	// what is undefined out of a scenario.
	problem error
	remedy  func(*Scenario)

	state     State
	stopAt    time.Duration // when a stop was requested, or main exited first
	asked     bool          // a stop was requested
	cause     Kind          // what the context is, or will be, cancelled with
	cancelled bool
	lastINT   time.Duration // the last SIGINT, counted or not

	mainBack   bool
	graceOver  bool
	inFlight   int   // units of work, of every sort, that are out
	busy       []int // of these, per group
	notAwaited []bool

	waiting   []int // hooks that are registered and not begun, as a stack
	running   int   // the hook that is running, counted from 1; 0: none
	errs      errorsByClass
	checkRuns []checkRun // per check: the run under way, or the last
	notReady  bool       // SetReady(false) was the last
}

// errorsByClass keeps the errors separate until the end, because what Run
// returns is ordered by class, not by time (RUN-6).
type errorsByClass struct {
	main, drain, shutdown, running, signal Kind
	stops, tasks, hooks                    []Kind
}

// joined returns the errors in the order of RUN-6.
func (e errorsByClass) joined() []Kind {
	var all []Kind
	one := func(k Kind) {
		if k != "" {
			all = append(all, k)
		}
	}
	one(e.main)
	all = append(all, e.stops...)
	all = append(all, e.tasks...)
	one(e.drain)
	all = append(all, e.hooks...)
	one(e.shutdown)
	one(e.running)
	one(e.signal)
	return all
}

// live plays a scenario through, with the ties taken as script says.
func live(s Scenario, script []int) *life {
	l := &life{
		s:     s,
		state: Starting,
		// No SIGINT has come yet, so none is near the first one.
		lastINT:    -ForceAfter,
		busy:       make([]int, len(s.Groups)),
		notAwaited: make([]bool, len(s.Groups)),
		checkRuns:  make([]checkRun, len(s.Checks)),
	}
	l.script = script
	for i := range l.checkRuns {
		l.checkRuns[i].ends = -1
	}
	l.trace = Trace{
		Cancelled: Cancellation{At: Never},
		WorkEnded: Cancellation{At: Never},
		MainEnded: Never,
		Returned:  Never,
		Tracks:    make([]bool, len(s.Tracks)),
		Tasks:     make([]bool, len(s.Tasks)),
		TakeBacks: make([]bool, len(s.TakeBacks)),
		Answers:   make([]Answer, len(s.Probes)),
	}
	l.begin()
	l.settle()
	for do := l.next(); do != nil; do = l.next() {
		do()
		l.settle()
	}
	return l
}

// begin is what happens when Run is entered: a parent that is cancelled
// already is a stop (RUN-12), then main is launched (RUN-1), which without
// manual start ends Starting (RUN-13), and main does what its first lines do.
func (l *life) begin() {
	for i, stop := range l.s.Stops {
		if stop.At == BeforeRun {
			l.requestStop(CauseParent, 0)
			if l.graceOver {
				l.undefined(func(s *Scenario) { s.ReturnGrace = 0 },
					"Stops[%d] is BeforeRun, under NoGrace: hooks may begin before main's first lines", i)
			}
		} else {
			l.at(stop.At, unranked, func() { l.stop(i) })
		}
	}
	if l.state == Starting && !l.s.ManualStart {
		l.fire(Started)
	}
	if !l.s.Main.AfterCancel {
		l.at(l.s.Main.After, unranked, l.mainEnds)
	}
	l.firstLines()
}

// firstLines puts everything on the agenda that the user's code does at
// instants of its own, and does what is due at once.
func (l *life) firstLines() {
	when := func(at time.Duration, do func()) {
		if at == 0 {
			do()
		} else {
			l.at(at, unranked, do)
		}
	}
	for _, at := range l.s.Starts {
		when(at, l.markStarted)
	}
	for i, g := range l.s.Groups {
		when(g.At, func() { l.makeGroup(i) })
	}
	for i, t := range l.s.Tracks {
		when(t.At, func() { l.track(i) })
	}
	for i, t := range l.s.Tasks {
		when(t.At, func() { l.startTask(i) })
	}
	for i, h := range l.s.Hooks {
		if h.By == 0 {
			when(h.At, func() { l.register(i) })
		}
	}
	for i, t := range l.s.TakeBacks {
		if t.By == 0 {
			when(t.At, func() { l.takeBack(i) })
		}
	}
	for _, r := range l.s.Ready {
		when(r.At, func() { l.notReady = !r.Is })
	}
	for i, p := range l.s.Probes {
		when(p.At, func() { l.probe(i) })
	}
}

// undefined notes that the contract leaves open what happens now.
func (l *life) undefined(remedy func(*Scenario), format string, args ...any) {
	l.problem = fmt.Errorf("model: scenario: "+format, args...)
	l.remedy = remedy
}

// fire takes one transition of the table.
func (l *life) fire(on Event) {
	to, ok := follow(l.state, on)
	if !ok {
		panic(fmt.Sprintf("model: no row for %s in %s", on, l.state))
	}
	l.trace.Steps = append(l.trace.Steps, Step{l.now, Edge{l.state, on, to}})
	l.state = to
}

// settle takes the transitions that nobody has to ask for.
func (l *life) settle() {
	if l.drained() {
		l.enterHooks(Drained, CauseCanceled)
	}
	l.nextHook()
	if l.state == Hooks && l.running == 0 && l.mainBack {
		l.enterStopped(HooksFinished)
	}
}
