package model

import (
	"fmt"
	"slices"
)

// Predict returns every trace that the contract allows for a scenario. A
// scenario without ties has exactly one. Where several things happen at one
// instant, each order of them is followed, and the traces that differ are all
// returned; the number of orders is exponential in the number of such things,
// so that ties are for scenarios written by hand. The generators and
// [Exhaustive] yield none.
//
// A trace of a scenario that nothing ends has Returned set to Never.
//
// Predict panics where [Scenario.Validate] returns an error: what the
// contract does not fix cannot be predicted.
func Predict(s Scenario) []Trace {
	traces, problem := predict(s)
	if problem != nil {
		panic(problem)
	}
	return traces
}

// predict follows every order of the ties in turn.
func predict(s Scenario) ([]Trace, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var traces []Trace
	for script := []int{}; script != nil; {
		l := live(s, script)
		if l.problem != nil {
			return nil, l.problem
		}
		if !slices.ContainsFunc(traces, l.trace.Equal) {
			traces = append(traces, l.trace)
		}
		script = nextScript(script, l.ties)
	}
	return traces, nil
}

// Validate returns an error that names the part of a scenario which makes no
// sense, or which does something that the contract leaves open: adding to a
// group from zero while its Wait may be under way (DRAIN-3), or registering a
// hook as the first thing a late hook does.
func (s Scenario) Validate() error {
	_, err := predict(s)
	return err
}

// check finds what is wrong with a scenario at sight.
func (s Scenario) check() error {
	var bad []string
	must := func(ok bool, format string, args ...any) {
		if !ok {
			bad = append(bad, fmt.Sprintf(format, args...))
		}
	}
	must(s.DrainDelay >= 0 && s.DrainTimeout >= 0 && s.ShutdownTimeout >= 0 && s.CheckTimeout >= 0, "a negative option")
	must(s.ReturnGrace >= 0 || s.ReturnGrace == NoGrace, "a negative ReturnGrace")
	must(s.Main.After >= 0, "Main.After is negative")
	for i, stop := range s.Stops {
		must(stop.By >= SIGINT && stop.By <= StopWithError, "Stops[%d].By is none", i)
		must(stop.At >= 0 || stop.At == BeforeRun && stop.By == ParentCancelled, "Stops[%d].At is negative", i)
	}
	for i, g := range s.Groups {
		must(g.At >= 0, "Groups[%d].At is negative", i)
		for j, u := range g.Units {
			must(u.After >= 0 && u.Lasts >= 0, "Groups[%d].Units[%d] has a negative time", i, j)
		}
	}
	for i, h := range s.Hooks {
		must(h.By >= 0 && h.By <= i, "Hooks[%d].By is not the number of an earlier hook", i)
		must(h.At >= 0 && h.Lasts >= 0 && h.Timeout >= 0, "Hooks[%d] has a negative time", i)
	}
	for i, t := range s.TakeBacks {
		must(t.Hook >= 1 && t.Hook <= len(s.Hooks), "TakeBacks[%d].Hook is not the number of a hook", i)
		must(t.By >= 0 && t.By <= len(s.Hooks), "TakeBacks[%d].By is not the number of a hook", i)
		must(t.At >= 0, "TakeBacks[%d].At is negative", i)
	}
	s.checkRest(must)
	if len(bad) > 0 {
		return fmt.Errorf("model: scenario: %s", bad[0])
	}
	return nil
}

func (s Scenario) checkRest(must func(ok bool, format string, args ...any)) {
	for i, at := range s.Starts {
		must(at >= 0, "Starts[%d] is negative", i)
	}
	for i, t := range s.Tracks {
		must(t.At >= 0 && t.Lasts >= 0, "Tracks[%d] has a negative time", i)
	}
	for i, t := range s.Tasks {
		must(t.At >= 0 && t.Lasts >= 0, "Tasks[%d] has a negative time", i)
	}
	for i, c := range s.Checks {
		must(c.Lasts >= 0, "Checks[%d].Lasts is negative", i)
	}
	for i, r := range s.Ready {
		must(r.At >= 0, "Ready[%d].At is negative", i)
	}
	for i, p := range s.Probes {
		must(p.Of >= Liveness && p.Of <= Startup, "Probes[%d].Of is none", i)
		must(p.At >= 0, "Probes[%d].At is negative", i)
		must(p.Of != Startup || s.Follow, "Probes[%d] asks for start-up without Follow", i)
	}
}
