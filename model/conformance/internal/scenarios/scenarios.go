// Package scenarios has what can be said of a scenario, and of the trace that must
// come of it, by looking at them.
package scenarios

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// Fails says whether an ending of a hook or a check is a failure.
func Fails(e model.Exit) bool { return e != model.ReturnsNil }

// Panics says whether an ending is a panic.
func Panics(e model.Exit) bool {
	return e == model.Panics || e == model.PanicsNil || e == model.PanicsError || e == model.PanicsCanceled
}

// Wild says whether an ending is a panic or an exit.
func Wild(e model.Exit) bool { return Panics(e) || e == model.CallsGoexit }

// ByRequest says whether the stop was asked for, and not main's own exit.
func ByRequest(t model.Trace) bool {
	return t.Left(model.Starting) == model.StopRequested || t.Left(model.Running) == model.StopRequested
}

// StopAt is when the stop was requested or main exited first.
func StopAt(t model.Trace) time.Duration { return t.Entered(model.Draining) }

// BeforeRun says whether the parent is cancelled before Run.
func BeforeRun(s model.Scenario) bool {
	return slices.ContainsFunc(s.Stops, func(stop model.Stop) bool { return stop.At == model.BeforeRun })
}

// StoppedBySignal says whether a signal was what stopped the run.
func StoppedBySignal(t model.Trace) bool {
	return t.Cancelled.Cause == model.CauseSIGINT || t.Cancelled.Cause == model.CauseSIGTERM
}

// Show prints an instant.
func Show(d time.Duration) string {
	if d == model.Never {
		return "never"
	}
	return d.String()
}

// Plus adds two durations of which either may be Never.
func Plus(a, b time.Duration) time.Duration {
	if a == model.Never || b == model.Never {
		return model.Never
	}
	return a + b
}

// TakesContext says whether a hook takes a context.
func TakesContext(h model.Hook) bool { return h.Aware || h.Timeout > 0 }

// OwnSettings says whether a check needs more than AddCheck. One that takes
// its time does, because nothing but a check timeout bounds it (HEALTH-9).
func OwnSettings(c model.Check) bool { return c.Optional || c.Lasts != 0 }

// Grace is the return grace as it counts.
func Grace(s model.Scenario) time.Duration {
	drain, grace := s.DrainTimeout, s.ReturnGrace
	if drain == 0 {
		drain = model.DefaultDrainTimeout
	}
	switch grace {
	case model.NoGrace:
		return 0
	case 0:
		grace = model.DefaultReturnGrace
	}
	return min(grace, drain/2)
}

// SaysStopped says whether an ending is one that is clean after a stop, or
// nearly (RUN-7).
func SaysStopped(e model.Exit) bool {
	switch e {
	case model.ReturnsCanceled, model.ReturnsWrapped, model.ReturnsClosed, model.ReturnsCause, model.ReturnsJoined, model.ReturnsMixed,
		model.ReturnsNetClosed, model.ReturnsOwnClean, model.ReturnsOwnJoined, model.ReturnsOwnMixed:
		return true
	}
	return false
}

// HooksLeft says whether a hook was cut short or not run.
func HooksLeft(t model.Trace) bool {
	if len(t.NotRun) > 0 {
		return true
	}
	for _, r := range t.Hooks {
		if !r.Late && r.Outcome == model.Interrupted {
			return true
		}
	}
	return false
}

// WildCheck says whether a check panics or exits.
func WildCheck(s model.Scenario) bool {
	return slices.ContainsFunc(s.Checks, func(c model.Check) bool { return Wild(c.Ends) })
}

// StateAt is the state at an instant.
func StateAt(t model.Trace, at time.Duration) model.State {
	state := model.Starting
	for _, step := range t.Steps {
		if step.At <= at {
			state = step.To
		}
	}
	return state
}

// InTime leaves out the late hooks.
func InTime(runs []model.HookRun) (rest []model.HookRun) {
	for _, r := range runs {
		if !r.Late {
			rest = append(rest, r)
		}
	}
	return rest
}
