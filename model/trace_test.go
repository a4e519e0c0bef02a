package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestKindsSplitAndFindWhatTheyWrap(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		name  string
		n     int
		finds []Kind
	}{
		{MainError, "main error", 0, []Kind{MainError}},
		{MainPanic, "main panic", 0, []Kind{MainPanic, Panic}},
		{MainGoexit, "main goexit", 0, []Kind{MainGoexit, Goexit}},
		{StopError(3), "stop error", 3, []Kind{StopError(3)}},
		{TaskError(1), "task error", 1, []Kind{TaskError(1)}},
		{TaskPanic(12), "task panic", 12, []Kind{TaskPanic(12), TaskError(12), Panic}},
		{TaskGoexit(1), "task goexit", 1, []Kind{TaskGoexit(1), TaskError(1), Goexit}},
		{HookError(1), "hook error", 1, []Kind{HookError(1)}},
		{HookPanic(2), "hook panic", 2, []Kind{HookPanic(2), HookError(2), Panic}},
		{HookGoexit(2), "hook goexit", 2, []Kind{HookGoexit(2), HookError(2), Goexit}},
		{HookTimeout(2), "hook timeout", 2, []Kind{HookTimeout(2), HookError(2), ShutdownTimeout}},
		{Forced, "forced", 0, []Kind{Forced}},
	} {
		if name, n := c.kind.Parts(); name != c.name || n != c.n {
			t.Errorf("%s splits into %q and %d", c.kind, name, n)
		}
		if got := c.kind.Finds(); !slices.Equal(got, c.finds) {
			t.Errorf("in %s are found %v, not %v", c.kind, got, c.finds)
		}
	}
}

func TestRUN6OnlyAnErrorThatIsTheOnlyOneIsReturnedAsItIs(t *testing.T) {
	for want, errors := range map[bool][]Kind{true: {MainError}, false: {MainError, DrainTimeout}} {
		if got := (Trace{Errors: errors}).AsItIs(); got != want {
			t.Errorf("%v as it is: %t", errors, got)
		}
	}
	if (Trace{Errors: []Kind{MainPanic}}).AsItIs() {
		t.Error("a panic is wrapped")
	}
}

func TestNilAndEmptyAreTheSameTrace(t *testing.T) {
	a := Predict(Scenario{})[0]
	b := a
	b.Hooks, b.Errors, b.NotRun, b.Tracks = []HookRun{}, []Kind{}, []int{}, []bool{}
	if diff := Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

// A trace that differs anywhere is reported, on a line with a mark.
func TestManyLinesThatAreTheSameAreShortened(t *testing.T) {
	for hooks := range 12 {
		want := Predict(Scenario{Hooks: make([]Hook, hooks)})[0]
		got := Predict(Scenario{Hooks: make([]Hook, hooks)})[0]
		got.MainEnded++
		got.Returned++
		diff := Diff(want, got)
		lines, same := strings.Split(strings.TrimSpace(diff), "\n"), 0
		for _, line := range lines[1:] {
			if strings.HasPrefix(line, "  ") {
				same++
			}
		}
		n := strings.Count(diff, "more that are the same")
		if n > 0 != (hooks > 1) || same > 8 || strings.Count(diff, "\n< ") != 2 || strings.Count(diff, "\n> ") != 2 {
			t.Errorf("with %d hooks:\n%s", hooks, diff)
		}
	}
}

func TestADifferenceAnywhereIsReported(t *testing.T) {
	given := Scenario{
		DrainTimeout: 4 * s, ShutdownTimeout: 3 * s, Follow: true,
		Main: Main{AfterCancel: true, After: 1 * s}, Stops: []Stop{{SIGTERM, 1 * s}},
		Tracks: []Track{{Lasts: Never}}, Tasks: []Task{{Lasts: 2 * s, Ends: ReturnsError}},
		Hooks:  []Hook{{}, {Lasts: Never}},
		Checks: []Check{{Ends: ReturnsError}}, Probes: []Probe{{Readiness, 1}, {Readiness, 7 * s}},
	}
	for name, change := range map[string]func(*Trace){
		"a step's instant":   func(t *Trace) { t.Steps[1].At++ },
		"a step's event":     func(t *Trace) { t.Steps[1].On = MainExited },
		"a missing step":     func(t *Trace) { t.Steps = t.Steps[:2] },
		"the cancellation":   func(t *Trace) { t.Cancelled.At = Never },
		"its cause":          func(t *Trace) { t.Cancelled.Cause = CauseSIGINT },
		"the work context":   func(t *Trace) { t.WorkEnded.Cause = Forced },
		"main's return":      func(t *Trace) { t.MainEnded = Never },
		"what Track said":    func(t *Trace) { t.Tracks[0] = false },
		"what Go said":       func(t *Trace) { t.Tasks[0] = false },
		"a hook's beginning": func(t *Trace) { t.Hooks[0].Start++ },
		"a hook's end":       func(t *Trace) { t.Hooks[0].End++ },
		"a hook's deadline":  func(t *Trace) { t.Hooks[0].Deadline++ },
		"a hook's outcome":   func(t *Trace) { t.Hooks[0].Outcome = Ended },
		"a late hook":        func(t *Trace) { t.Hooks[0].Late = true },
		"a hook not run":     func(t *Trace) { t.NotRun = nil },
		"an answer's code":   func(t *Trace) { t.Answers[0].Code = 200 },
		"an answer's status": func(t *Trace) { t.Answers[0].Status = "" },
		"an answer's state":  func(t *Trace) { t.Answers[0].State = "" },
		"an answer's time":   func(t *Trace) { t.Answers[0].At++ },
		"the checks run":     func(t *Trace) { t.Answers[0].Ran = nil },
		"the checks failed":  func(t *Trace) { t.Answers[0].Failed = nil },
		"a missing answer":   func(t *Trace) { t.Answers = t.Answers[:1] },
		"the return":         func(t *Trace) { t.Returned++ },
		"a missing error":    func(t *Trace) { t.Errors = t.Errors[1:] },
		"the errors' order":  func(t *Trace) { slices.Reverse(t.Errors) },
	} {
		t.Run(name, func(t *testing.T) {
			want, got := Predict(given)[0], Predict(given)[0]
			if diff := Diff(want, got); diff != "" {
				t.Fatalf("the same scenario has two traces:\n%s", diff)
			}
			change(&got)
			diff := Diff(want, got)
			if !strings.Contains(diff, "\n<") && !strings.Contains(diff, "\n>") {
				t.Errorf("not reported:\n%s", diff)
			}
		})
	}
}

func TestWhatMakesNoSenseIsNotPredicted(t *testing.T) {
	for _, c := range []struct {
		names string
		given Scenario
	}{
		{"negative option", Scenario{DrainTimeout: -1}},
		{"ReturnGrace", Scenario{ReturnGrace: -1}},
		{"Main.After", Scenario{Main: Main{After: -1}}},
		{"Stops[0].By", Scenario{Stops: []Stop{{At: 1}}}},
		{"Stops[1].At", Scenario{Stops: []Stop{{ParentCancelled, BeforeRun}, {SIGTERM, BeforeRun}}}},
		{"Starts[0]", Scenario{Starts: []time.Duration{-1}}},
		{"Groups[0].At", Scenario{Groups: []Group{{At: -1}}}},
		{"Units[0]", Scenario{Groups: []Group{{Units: []Unit{{Lasts: -1}}}}}},
		{"Tracks[0]", Scenario{Tracks: []Track{{At: -1}}}},
		{"Tasks[0]", Scenario{Tasks: []Task{{At: -1}}}},
		{"Hooks[0].By", Scenario{Hooks: []Hook{{By: 1}}}},
		{"Hooks[0] has", Scenario{Hooks: []Hook{{Timeout: -1}}}},
		{"Checks[0]", Scenario{Checks: []Check{{Lasts: -1}}}},
		{"Ready[0]", Scenario{Ready: []Ready{{At: -1}}}},
		{"Probes[0].Of", Scenario{Probes: []Probe{{}}}},
		{"Probes[0].At", Scenario{Probes: []Probe{{Liveness, -1}}}},
		{"without Follow", Scenario{Probes: []Probe{{Startup, 1}}}},
		{"from zero at 3s", Scenario{Main: Main{After: 1 * s}, Tracks: []Track{{Lasts: 5 * s}},
			Groups: []Group{{At: 2 * s, Units: []Unit{{After: 1 * s}}}}}},
		{"late hook", Scenario{Hooks: []Hook{{At: 1 * s}, {By: 1}}}},
		{"NoGrace", Scenario{ReturnGrace: NoGrace, Stops: []Stop{{ParentCancelled, BeforeRun}}}},
	} {
		err := c.given.Validate()
		if err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%v is said of\n%v\nwhich should name %q", err, c.given, c.names)
		}
		func() {
			defer func() {
				if fmt.Sprint(recover()) != fmt.Sprint(err) {
					t.Errorf("Predict does not panic with %v", err)
				}
			}()
			Predict(c.given)
		}()
	}
}

func TestAScenarioThatNothingEndsDoesNotReturn(t *testing.T) {
	trace := Predict(Scenario{Main: Main{After: Never}})[0]
	if trace.Returns() || trace.Entered(Draining) != Never || trace.Left(Running) != "" {
		t.Errorf("it should go on:\n%v", trace)
	}
}

func TestEveryNameIsThatOfItsConstant(t *testing.T) {
	for want, got := range map[string]fmt.Stringer{
		"ReturnsNil": ReturnsNil, "CallsGoexit": CallsGoexit, "Exit(99)": Exit(99),
		"SIGINT": SIGINT, "StopWithError": StopWithError, "Trigger(0)": Trigger(0),
		"Liveness": Liveness, "Startup": Startup, "Ask(9)": Ask(9),
		"running --stop_requested--> draining": Edge{Running, StopRequested, Draining},
	} {
		if got.String() != want {
			t.Errorf("%v instead of %s", got, want)
		}
	}
}
