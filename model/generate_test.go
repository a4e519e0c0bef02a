package model

import (
	"math/bits"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNoTwoDurationsOfADrawnScenarioShareTheirLowBit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := Scenarios().Draw(rt, "scenario")
		var taken uint64
		s.durations(func(d *time.Duration, _ bool) {
			if *d <= 0 || *d == Never {
				return
			}
			low := uint64(*d % grain)
			if d == &s.DrainTimeout {
				low |= low >> 1 // half of it is the grace
			} else if bits.OnesCount64(low) != 1 {
				rt.Fatalf("%v has no low bit of its own in\n%v", *d, s)
			}
			if taken&low != 0 || low >= 1<<maxBits {
				rt.Fatalf("the low bit of %v is taken in\n%v", *d, s)
			}
			taken |= low
		})
	})
}

func TestADrawnScenarioIsValidAndEndsAndHasOneTrace(t *testing.T) {
	for _, g := range []*rapid.Generator[Scenario]{Scenarios(), CoreScenarios(), CoreSignalScenarios()} {
		rapid.Check(t, func(rt *rapid.T) {
			s := g.Draw(rt, "scenario")
			if err := s.Validate(); err != nil {
				rt.Fatalf("%v", err)
			}
			if !only(rt, s).Returns() {
				rt.Fatalf("nothing ends\n%v", s)
			}
		})
	}
}

func TestCoreScenariosNeedNothingButTheDocumentedAPI(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := CoreScenarios().Draw(rt, "scenario")
		if len(s.Stops) > 0 || s.Main.AfterCancel || s.Main.After == Never {
			rt.Fatalf("main does not end by itself in\n%v", s)
		}
		mustBeCore(rt, s)
	})
	rapid.Check(t, func(rt *rapid.T) {
		s := CoreSignalScenarios().Draw(rt, "scenario")
		for _, stop := range s.Stops {
			if stop.By != SIGINT && stop.By != SIGTERM {
				rt.Fatalf("%v is outside of the core", stop.By)
			}
		}
		if only(rt, s).Finds(Forced) {
			rt.Fatalf("a forcing signal is outside of the core")
		}
		mustBeCore(rt, s)
	})
}

func mustBeCore(t *rapid.T, s Scenario) {
	if s.ManualStart || s.DrainDelay != 0 || s.ReturnGrace != 0 || s.Follow || s.CheckTimeout != 0 ||
		len(s.Starts)+len(s.Tracks)+len(s.Tasks) > 0 || s.CleanError || s.SignalError || len(s.TakeBacks) > 0 || s.Main.Ends.clean(true) || s.Main.Ends == ReturnsOwnMixed || s.Main.Ends == ReturnsMixed {
		t.Fatalf("outside of the core:\n%v", s)
	}
	for _, h := range s.Hooks {
		if h.Aware || h.Timeout != 0 {
			t.Fatalf("a hook outside of the core:\n%v", s)
		}
	}
	for _, c := range s.Checks {
		if c.Lasts != 0 || c.Optional {
			t.Fatalf("a check outside of the core:\n%v", s)
		}
	}
	for _, r := range only(t, s).Hooks {
		if r.Late {
			t.Fatalf("a late hook is outside of the core:\n%v", s)
		}
	}
}

// premises are what the random scenarios must reach, so that nothing that is
// tried with them is true only because it is never the case.
var premises = map[string]func(Scenario, Trace) bool{
	"the stop comes while starting":  func(_ Scenario, t Trace) bool { return t.Steps[0].On == StopRequested },
	"the parent is cancelled before": func(_ Scenario, t Trace) bool { return t.Cancelled == Cancellation{0, CauseParent} },
	"main never comes back":          func(_ Scenario, t Trace) bool { return t.Finds(MainRunning) },
	"main comes back in Hooks":       func(_ Scenario, t Trace) bool { return t.MainEnded > t.Entered(Hooks) && t.MainEnded < t.Returned },
	"main exits in the drain delay": func(s Scenario, t Trace) bool {
		return s.DrainDelay > 0 && t.Cancelled.At == t.MainEnded && t.Cancelled.Cause != CauseCanceled
	},
	"a SIGINT ends the drain delay": func(s Scenario, t Trace) bool {
		return s.DrainDelay > 0 && t.Cancelled.At < t.MainEnded && t.Cancelled.At > t.Entered(Draining) && t.Cancelled.At < t.Entered(Draining)+s.DrainDelay
	},
	"both phases are forced":     func(_ Scenario, t Trace) bool { return t.Left(Draining) == PhaseForced && t.Left(Hooks) == PhaseForced },
	"the grace ends the waiting": func(s Scenario, t Trace) bool { return t.Left(Draining) == Drained && t.MainEnded > t.Entered(Hooks) },
	"the drain timeout runs out": func(_ Scenario, t Trace) bool { return t.Left(Draining) == DrainTimedOut },
	"both timeouts run out": func(_ Scenario, t Trace) bool {
		return t.Left(Draining) == DrainTimedOut && t.Left(Hooks) == ShutdownTimedOut
	},
	"a clean end is no error": func(s Scenario, t Trace) bool {
		return s.Main.Ends.clean(s.CleanError) && t.MainEnded < t.Returned && len(t.Errors) == 0
	},
	"a task requests the stop": func(_ Scenario, t Trace) bool {
		n, _ := t.Cancelled.Cause.Parts()
		return n == "task error" || n == "task panic" || n == "task goexit"
	},
	"work is refused": func(_ Scenario, t Trace) bool {
		return len(t.Tracks) > 0 && !t.Tracks[0] || len(t.Tasks) > 0 && !t.Tasks[0]
	},
	"work is added while draining": func(s Scenario, t Trace) bool {
		return len(s.Groups) > 0 && s.Groups[0].At > t.Entered(Draining) && s.Groups[0].At < t.Entered(Hooks) && len(s.Groups[0].Units) > 0
	},
	"a hook is abandoned":  func(_ Scenario, t Trace) bool { return len(t.Hooks) > 0 && t.Hooks[0].Outcome == Abandoned },
	"a hook is late":       func(_ Scenario, t Trace) bool { return len(t.Hooks) > 0 && t.Hooks[len(t.Hooks)-1].Late },
	"a hook is taken back": func(_ Scenario, t Trace) bool { return slices.Contains(t.TakeBacks, true) },
	"a hook is taken back by another": func(s Scenario, t Trace) bool {
		return slices.ContainsFunc(s.TakeBacks, func(b TakeBack) bool { return b.By != 0 && t.TakeBacks[slices.Index(s.TakeBacks, b)] })
	},
	"a hook is taken back too late": func(s Scenario, t Trace) bool {
		return len(t.TakeBacks) > 0 && !t.TakeBacks[0] && len(t.Hooks) > 0 && t.Hooks[0].Hook == s.TakeBacks[0].Hook
	},
	"the signal is an error": func(_ Scenario, t Trace) bool { return t.Finds(CauseSIGINT) || t.Finds(CauseSIGTERM) },
	"a user's clean error is clean": func(s Scenario, t Trace) bool {
		return (s.Main.Ends == ReturnsOwnClean || s.Main.Ends == ReturnsOwnJoined) && t.MainEnded < t.Returned && !t.Finds(MainError)
	},
	"a hook does not run":                      func(_ Scenario, t Trace) bool { return len(t.NotRun) > 0 },
	"a hook registers another":                 func(s Scenario, t Trace) bool { return len(s.Hooks) > 1 && s.Hooks[1].By == 1 && len(t.Hooks) > 1 },
	"three hooks run":                          func(_ Scenario, t Trace) bool { return len(t.Hooks) > 2 },
	"a probe is answered that all is well":     func(_ Scenario, t Trace) bool { return len(t.Answers) > 0 && t.Answers[0].Status == statusOK },
	"a probe is answered that something fails": func(_ Scenario, t Trace) bool { return len(t.Answers) > 0 && t.Answers[0].Status == statusDegraded },
	"a probe is overtaken": func(_ Scenario, t Trace) bool {
		return len(t.Answers) > 0 && t.Answers[0].Code == 503 && t.Answers[0].Status == statusNotReady && len(t.Answers[0].Ran) > 0
	},
	"a probe joins a run": func(s Scenario, t Trace) bool {
		return len(t.Answers) > 1 && len(s.Checks) > 0 && t.Answers[1].Status != statusNotReady && len(t.Answers[1].Ran) < len(s.Checks)
	},
}

func TestRandomScenariosReachEveryPremiseAndEveryPairOfRows(t *testing.T) {
	notUnderRace(t)
	reached, pairs := map[string]int{}, map[[2]Edge]int{}
	const drawn = 30_000
	g := Scenarios()
	for seed := range drawn {
		s := g.Example(seed)
		trace := only(t, s)
		for name, holds := range premises {
			if holds(s, trace) {
				reached[name]++
			}
		}
		for i := 1; i < len(trace.Steps); i++ {
			pairs[[2]Edge{trace.Steps[i-1].Edge, trace.Steps[i].Edge}]++
		}
	}
	for name := range premises {
		if reached[name] < 20 {
			t.Errorf("%s in %d of %d scenarios", name, reached[name], drawn)
		}
	}
	for _, a := range Edges() {
		for _, b := range Edges() {
			if a.To == b.From && pairs[[2]Edge{a, b}] < 20 {
				t.Errorf("%v and then %v in %d of %d scenarios", a, b, pairs[[2]Edge{a, b}], drawn)
			}
		}
	}
	t.Log(reached)
}

func TestSmallScenariosAreDistinctAndReachEveryEnd(t *testing.T) {
	seen, ends := map[string]bool{}, map[Event]int{}
	for s := range Exhaustive() {
		text := s.String()
		if seen[text] {
			t.Fatalf("twice:\n%s", text)
		}
		seen[text] = true
		for _, step := range only(t, s).Steps {
			ends[step.On]++
		}
	}
	for _, e := range Edges() {
		if ends[e.On] == 0 {
			t.Errorf("no small scenario takes %s", e.On)
		}
	}
	t.Logf("%d scenarios: %v", len(seen), ends)
}

func TestTheSmallScenariosCanBeLeftEarly(t *testing.T) {
	for range Exhaustive() {
		return
	}
}
