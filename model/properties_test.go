package model

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A property is a sentence that is true of every trace. Properties look only
// at the scenario and the trace: none knows how the one comes from the other.
type property struct {
	sentence string
	holds    func(s Scenario, t Trace) bool
}

var properties = []property{
	{"STATE-1 the steps are a path of the table from Starting to Stopped, forward in time", func(_ Scenario, t Trace) bool {
		at, state := time.Duration(0), Starting
		for _, step := range t.Steps {
			if step.From != state || step.At < at || !slices.Contains(edges, step.Edge) {
				return false
			}
			at, state = step.At, step.To
		}
		return state == Stopped && at == t.Returned
	}},
	{"STATE-2 RUN-11 Run returns within the delay and both timeouts of the stop", func(s Scenario, t Trace) bool {
		return t.Returned <= t.Entered(Draining)+s.DrainDelay+s.drainTimeout()+s.shutdownTimeout()
	}},
	{"RUN-2 DRAIN-7 the context is cancelled in Draining, within the delay", func(s Scenario, t Trace) bool {
		stop := t.Entered(Draining)
		return t.Cancelled.At >= stop && t.Cancelled.At <= stop+s.DrainDelay && t.Cancelled.At <= t.Entered(Hooks)
	}},
	{"RUN-3 main's own exit cancels the context at once", func(_ Scenario, t Trace) bool {
		return max(t.MainEnded, t.Entered(Draining)) >= t.Cancelled.At
	}},
	{"RUN-6 errors are ordered by class", func(_ Scenario, t Trace) bool {
		// Forced has two places, which the hand-written traces look at.
		others := slices.DeleteFunc(slices.Clone(t.Errors), func(k Kind) bool { return k == Forced })
		return slices.IsSortedFunc(others, func(a, b Kind) int { return class(a) - class(b) })
	}},
	{"RUN-11 main that is out is said to be", func(_ Scenario, t Trace) bool {
		return t.Finds(MainRunning) == (t.MainEnded > t.Returned)
	}},
	{"DRAIN-2 DrainTimeout is an error exactly when the drain timeout ran out", func(s Scenario, t Trace) bool {
		out := t.Left(Draining) == DrainTimedOut
		return t.Finds(DrainTimeout) == out && (!out || t.Entered(Hooks) == t.Cancelled.At+s.drainTimeout())
	}},
	{"DRAIN-1 Draining ends by itself only when all accepted work is done", func(s Scenario, t Trace) bool {
		return t.Left(Draining) != Drained || lastWork(s, t) <= t.Entered(Hooks)
	}},
	{"DRAIN-4 DRAIN-5 and it ends as soon as main is back, or its grace over, and the work done", func(s Scenario, t Trace) bool {
		due := max(min(max(t.MainEnded, t.Cancelled.At), t.Cancelled.At+s.grace()), lastWork(s, t))
		return t.Left(Draining) != Drained || t.Entered(Hooks) == due
	}},
	{"DRAIN-8 work contexts end with Draining", func(_ Scenario, t Trace) bool {
		want := map[Event]Kind{Drained: CauseCanceled, DrainTimedOut: DrainTimeout, PhaseForced: Forced}[t.Left(Draining)]
		return t.WorkEnded == Cancellation{t.Entered(Hooks), want}
	}},
	{"HOOK-1 hooks run one at a time, at most once, each after Draining", hooksInTurn},
	{"HOOK-1 hooks run last registered first", lastFirst},
	{"HOOK-1 HOOK-4 every hook whose registration is known is run, or is said not to have been", func(s Scenario, t Trace) bool {
		for i, h := range s.Hooks {
			if _, ran := t.Run(i + 1); h.By == 0 && !ran && !slices.Contains(t.NotRun, i+1) && !wasTakenBack(s, t, i+1) {
				return false
			}
		}
		return true
	}},
	{"HOOK-10 a hook is taken back once at most, and then neither runs nor is left over", func(s Scenario, t Trace) bool {
		seen := map[int]bool{}
		for i, b := range s.TakeBacks {
			if !t.TakeBacks[i] {
				continue
			}
			if _, ran := t.Run(b.Hook); ran || seen[b.Hook] || slices.Contains(t.NotRun, b.Hook) {
				return false
			}
			seen[b.Hook] = true
		}
		return true
	}},
	{"RUN-14 the signal is an error exactly when it is asked for and was the cause, and comes last", func(s Scenario, t Trace) bool {
		cause := t.Cancelled.Cause
		want := s.SignalError && (cause == CauseSIGINT || cause == CauseSIGTERM)
		at := slices.IndexFunc(t.Errors, func(k Kind) bool { return k == CauseSIGINT || k == CauseSIGTERM })
		return (at >= 0) == want && (at < 0 || at == len(t.Errors)-1 && t.Errors[at] == cause)
	}},
	{"HOOK-3 the shutdown timeout counts from Hooks, and is an error exactly when it ran out", func(s Scenario, t Trace) bool {
		out := t.Left(Hooks) == ShutdownTimedOut
		return slices.Contains(t.Errors, ShutdownTimeout) == out && (!out || t.Returned == t.Entered(Hooks)+s.shutdownTimeout())
	}},
	{"HOOK-3 hooks are cut short only by a timeout or a forcing signal", func(_ Scenario, t Trace) bool {
		cut := len(t.NotRun) > 0
		for _, r := range t.Hooks {
			cut = cut || r.Outcome == Interrupted && !r.Late
		}
		return !cut || t.Left(Hooks) != HooksFinished
	}},
	{"SIG-2 Forced is in the result once for each phase that was forced", func(_ Scenario, t Trace) bool {
		forced := 0
		for _, step := range t.Steps {
			if step.On == PhaseForced {
				forced++
			}
		}
		return len(slices.DeleteFunc(slices.Clone(t.Errors), func(k Kind) bool { return k != Forced })) == forced
	}},
	{"HEALTH-1 liveness is 200, at once", func(s Scenario, t Trace) bool {
		for i, p := range s.Probes {
			if a := t.Answers[i]; p.Of == Liveness && (a.Code != 200 || a.At != p.At) {
				return false
			}
		}
		return true
	}},
	{"HEALTH-4 readiness is 200 only in Running", func(s Scenario, t Trace) bool {
		for i, p := range s.Probes {
			a := t.Answers[i]
			if p.Of == Readiness && s.Follow && a.Code == 200 && (a.At < t.Entered(Running) || a.At > t.Entered(Draining)) {
				return false
			}
		}
		return true
	}},
	{"HEALTH-9 every probe is answered within the check timeout", func(s Scenario, t Trace) bool {
		for i, p := range s.Probes {
			if a := t.Answers[i]; a.At < p.At || a.At > p.At+s.checkTimeout() {
				return false
			}
		}
		return true
	}},
}

// class is the place of a kind in the order of RUN-6.
func class(k Kind) int {
	name, _ := k.Parts()
	order := map[string]int{
		"stop error": 1, "task error": 2, "task panic": 2, "task goexit": 2, "drain timeout": 3,
		"hook error": 4, "hook panic": 4, "hook goexit": 4, "hook timeout": 4, "shutdown timeout": 5, "main running": 6, "SIGINT": 7, "SIGTERM": 7,
	}
	return order[name]
}

// wasTakenBack says whether one of the calls has taken a hook back.
func wasTakenBack(s Scenario, t Trace, hook int) bool {
	for i, b := range s.TakeBacks {
		if b.Hook == hook && t.TakeBacks[i] {
			return true
		}
	}
	return false
}

// lastWork is when the last unit of work ends that was taken before Hooks.
func lastWork(s Scenario, t Trace) time.Duration {
	last := time.Duration(0)
	work := func(begin, lasts time.Duration) {
		if begin < t.Entered(Hooks) {
			last = max(last, plus(begin, lasts))
		}
	}
	for _, g := range s.Groups {
		for _, u := range g.Units {
			if g.At < t.Entered(Hooks) {
				work(g.At+u.After, u.Lasts)
			}
		}
	}
	for _, u := range s.Tracks {
		work(u.At, u.Lasts)
	}
	for _, k := range s.Tasks {
		work(k.At, k.Lasts)
	}
	return last
}

func hooksInTurn(_ Scenario, t Trace) bool {
	seen, free := map[int]bool{}, t.Entered(Hooks)
	for _, r := range t.Hooks {
		if seen[r.Hook] || r.Late != (r.Start > t.Returned) || !r.Late && (r.Start < free || r.End > t.Returned) {
			return false
		}
		seen[r.Hook] = true
		if !r.Late {
			free = r.End
		}
	}
	return true
}

// lastFirst says that no hook begins while one that was registered after it
// waits. It looks at the hooks whose registration is at an instant of its own.
func lastFirst(s Scenario, t Trace) bool {
	for _, r := range t.Hooks {
		for j, other := range s.Hooks {
			h := s.Hooks[r.Hook-1]
			if r.Late || h.By != 0 || other.By != 0 || r.Hook == j+1 || wasTakenBack(s, t, j+1) {
				continue
			}
			later := other.At > h.At || other.At == h.At && j+1 > r.Hook
			run, ran := t.Run(j + 1)
			if later && other.At < r.Start && (!ran || run.Start > r.Start) {
				return false
			}
		}
	}
	return true
}

// only returns the one trace of a scenario that has no tie.
func only(t interface{ Fatalf(string, ...any) }, s Scenario) Trace {
	traces := Predict(s)
	if len(traces) != 1 {
		t.Fatalf("%d traces for\n%v", len(traces), s)
	}
	return traces[0]
}

func TestEveryPropertyHoldsForRandomScenarios(t *testing.T) {
	for name, g := range map[string]*rapid.Generator[Scenario]{
		"full": Scenarios(), "core": CoreScenarios(), "core with signals": CoreSignalScenarios(),
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				s := g.Draw(rt, "scenario")
				trace := only(rt, s)
				for _, p := range properties {
					if !p.holds(s, trace) {
						rt.Fatalf("%s: not so for\n%v\n%v", p.sentence, s, trace)
					}
				}
			})
		})
	}
}

func TestEveryPropertyHoldsForEverySmallScenario(t *testing.T) {
	count := 0
	for s := range Exhaustive() {
		count++
		trace := only(t, s)
		for _, p := range properties {
			if !p.holds(s, trace) {
				t.Fatalf("%s: not so for\n%v\n%v", p.sentence, s, trace)
			}
		}
	}
	t.Logf("%d scenarios", count)
}

// A change that the contract says makes no difference makes none.
func TestWhatMakesNoDifferenceMakesNone(t *testing.T) {
	notUnderRace(t)
	for _, c := range []struct {
		name   string
		change func(s *Scenario, t Trace)
	}{
		{"SIG-2 a SIGTERM after the stop", func(s *Scenario, t Trace) {
			s.Stops = append(s.Stops, Stop{SIGTERM, t.Entered(Draining) + grain/2})
		}},
		{"RUN-10 any stop after Run has returned", func(s *Scenario, t Trace) {
			s.Stops = append(s.Stops, Stop{StopWithError, t.Returned + 1}, Stop{SIGINT, t.Returned + 1})
		}},
		{"RUN-13 MarkStarted after the stop", func(s *Scenario, t Trace) {
			s.Starts = append(s.Starts, t.Entered(Draining)+grain/2)
		}},
		{"HOOK-3 whether a hook looks at its context", func(s *Scenario, _ Trace) {
			for i := range s.Hooks {
				s.Hooks[i].Aware = !s.Hooks[i].Aware
			}
		}},
		{"HOOK-10 to take a hook back when it has begun, or a second time", func(s *Scenario, t Trace) {
			taken := map[time.Duration]bool{} // two at one instant would be a tie
			add := func(hook int, at time.Duration) {
				if !taken[at] {
					s.TakeBacks = append(s.TakeBacks, TakeBack{Hook: hook, At: at})
				}
				taken[at] = true
			}
			for i, b := range s.TakeBacks {
				if t.TakeBacks[i] && b.By == 0 {
					add(b.Hook, b.At+1)
				}
			}
			for _, r := range t.Hooks {
				add(r.Hook, r.Start+1)
			}
		}},
		{"an option that is given its default", func(s *Scenario, _ Trace) {
			s.DrainTimeout, s.ShutdownTimeout, s.CheckTimeout = s.drainTimeout(), s.shutdownTimeout(), s.checkTimeout()
			if s.ReturnGrace == 0 {
				s.ReturnGrace = DefaultReturnGrace
			}
		}},
	} {
		t.Run(c.name, rapid.MakeCheck(func(rt *rapid.T) {
			s := Scenarios().Draw(rt, "scenario")
			before := only(rt, s)
			changed := s.clone()
			c.change(&changed, before)
			after := only(rt, changed)
			after.TakeBacks = after.TakeBacks[:len(before.TakeBacks)] // those that the change has added
			if diff := Diff(before, after); diff != "" {
				rt.Fatalf("%s", diff)
			}
		}))
	}
}

func TestProbesDoNotChangeTheLifecycle(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := Scenarios().Draw(rt, "scenario")
		want := only(rt, s)
		want.Answers = nil
		s.Checks, s.Probes, s.Ready, s.Follow = nil, nil, nil, false
		if diff := Diff(want, only(rt, s)); diff != "" {
			rt.Fatalf("%s", diff)
		}
	})
}

func BenchmarkPredict(b *testing.B) {
	var all []Scenario
	for i := range 1000 {
		all = append(all, Scenarios().Example(i))
	}
	i := 0
	for b.Loop() {
		Predict(all[i%len(all)])
		i++
	}
}

func BenchmarkScenarios(b *testing.B) {
	g, i := Scenarios(), 0
	for b.Loop() {
		g.Example(i)
		i++
	}
}
