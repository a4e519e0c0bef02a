package model

import (
	"slices"
	"time"
)

// Trace is what one scenario leads to: everything that can be seen of one Run
// and of the health handler beside it. All instants are offsets from the one
// at which Run was entered.
type Trace struct {
	Steps     []Step        // the transitions, in order (STATE-1)
	Cancelled Cancellation  // of main's context (RUN-2)
	WorkEnded Cancellation  // of every WorkContext (DRAIN-8)
	MainEnded time.Duration // Never: main did not come back
	Tracks    []bool        // what Track answered, per Scenario.Tracks (DRAIN-3)
	Tasks     []bool        // what Go answered, per Scenario.Tasks (DRAIN-3)
	Hooks     []HookRun     // in the order in which they began (HOOK-1)
	NotRun    []int         // hooks that were registered and did not begin, in the order in which they would have (HOOK-3)
	TakeBacks []bool        // what was answered, per Scenario.TakeBacks (HOOK-10)
	Answers   []Answer      // per Scenario.Probes
	Returned  time.Duration // when Run returned; Never: it did not
	Errors    []Kind        // what Run's error joins, in order (RUN-6); none: it is nil
}

// Step is one transition that was taken.
type Step struct {
	At time.Duration
	Edge
}

// Cancellation is when a context was cancelled, and what context.Cause says.
type Cancellation struct {
	At    time.Duration // Never: it was not
	Cause Kind
}

// HookRun is one hook that was begun.
type HookRun struct {
	Hook     int // which one, counted from 1
	Start    time.Duration
	End      time.Duration // when it ended, or when the library let go of it; Never: neither
	Deadline time.Duration // of its context (HOOK-5)
	Outcome  HookOutcome
	Late     bool // it was registered after Stopped, and ran on its caller (HOOK-4)
}

// HookOutcome is what became of a hook that was begun.
type HookOutcome string

// Every outcome of a hook.
const (
	// Ended: it returned, panicked or called runtime.Goexit in time.
	Ended HookOutcome = "ended"
	// Abandoned: it outlasted the timeout of its own (HOOK-6).
	Abandoned HookOutcome = "abandoned"
	// Interrupted: the shutdown timeout, or a forcing signal, came first
	// (HOOK-3, SIG-2).
	Interrupted HookOutcome = "interrupted"
)

// Answer is the response to one probe.
type Answer struct {
	At     time.Duration // when the answer came
	Code   int
	Status string // "ok", "degraded" or "not_ready"; "" where the contract fixes none
	State  State  // "" where a handler follows nothing, or the endpoint does not say
	// Ran lists the checks of which this probe began a run, in their order
	// (HEALTH-2). A check that is still running is not run once more
	// (HEALTH-9).
	Ran []int
	// Failed lists the checks that the answer says have failed. It is empty
	// under the status "not_ready", which may list checks or not.
	Failed []int
}

// Returns says whether Run returned.
func (t Trace) Returns() bool { return t.Returned != Never }

// Finds says whether errors.Is or errors.As is to find k in Run's error: a
// kind may be in it by itself or inside another, as ErrShutdownTimeout is in
// the error of a hook that outlasted its own timeout.
func (t Trace) Finds(k Kind) bool {
	return slices.ContainsFunc(t.Errors, func(e Kind) bool { return slices.Contains(e.Finds(), k) })
}

// AsItIs says whether main's error is the only one, and is therefore returned
// as it is, not joined or wrapped (RUN-6).
func (t Trace) AsItIs() bool { return slices.Equal(t.Errors, []Kind{MainError}) }

// Entered returns when a state was entered, Never if it was not.
func (t Trace) Entered(s State) time.Duration {
	if s == Starting {
		return 0
	}
	for _, step := range t.Steps {
		if step.To == s {
			return step.At
		}
	}
	return Never
}

// Left returns the event that ended a state, "" if nothing did.
func (t Trace) Left(s State) Event {
	for _, step := range t.Steps {
		if step.From == s {
			return step.On
		}
	}
	return ""
}

// Run returns the run of a hook, counted from 1, and whether there is one.
func (t Trace) Run(hook int) (HookRun, bool) {
	for _, r := range t.Hooks {
		if r.Hook == hook {
			return r, true
		}
	}
	return HookRun{}, false
}

// Equal says whether two traces are the same, instants and all. A nil slice
// is equal to an empty one.
func (t Trace) Equal(u Trace) bool {
	return t.Cancelled == u.Cancelled && t.WorkEnded == u.WorkEnded &&
		t.MainEnded == u.MainEnded && t.Returned == u.Returned &&
		slices.Equal(t.Steps, u.Steps) && slices.Equal(t.Errors, u.Errors) &&
		slices.Equal(t.Tracks, u.Tracks) && slices.Equal(t.Tasks, u.Tasks) &&
		slices.Equal(t.TakeBacks, u.TakeBacks) && slices.Equal(t.Hooks, u.Hooks) && slices.Equal(t.NotRun, u.NotRun) &&
		slices.EqualFunc(t.Answers, u.Answers, Answer.Equal)
}

// Equal says whether two answers are the same.
func (a Answer) Equal(b Answer) bool {
	return a.At == b.At && a.Code == b.Code && a.Status == b.Status && a.State == b.State &&
		slices.Equal(a.Ran, b.Ran) && slices.Equal(a.Failed, b.Failed)
}
