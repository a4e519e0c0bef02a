package clauses

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

const (
	second = time.Second
	millis = time.Millisecond
)

func mainEnds(exits ...model.Exit) func(model.Scenario, model.Trace) bool {
	return func(s model.Scenario, want model.Trace) bool {
		return want.MainEnded <= want.Returned && want.Returns() && slices.Contains(exits, s.Main.Ends)
	}
}

// stopsBy returns a scenario for each way to ask for a stop.
func stopsBy(base model.Scenario) (all []model.Scenario) {
	for _, by := range []model.Trigger{model.SIGINT, model.SIGTERM, model.ParentCancelled, model.StopNil, model.StopWithError} {
		s := base
		s.Stops = []model.Stop{{By: by, At: second}}
		all = append(all, s)
	}
	return all
}

// endsBy returns a scenario for each ending of main.
func endsBy(base model.Scenario, exits ...model.Exit) (all []model.Scenario) {
	for _, e := range exits {
		s := base
		s.Main.Ends = e
		all = append(all, s)
	}
	return all
}

func runClauses() []Clause {
	waits := model.Scenario{Main: model.Main{AfterCancel: true}}
	byItself := model.Scenario{Main: model.Main{After: second}, Hooks: []model.Hook{{Lasts: second + 1}}}
	return []Clause{
		{
			ID: "RUN-1", Level: Core,
			Sentence: "Run calls main exactly once, on a goroutine of its own, with a live context, and returns after stopped.",
			Premise:  always,
			Examples: []model.Scenario{{}, byItself},
			Checks:   []Check{{"main is called once, and has a goroutine of its own and a live context", nil, checks.MainGoroutine}},
		},
		{
			ID: "RUN-2", Level: Core,
			Sentence: "The context is cancelled when main exits, a signal arrives, the parent is cancelled or Stop is called, and its cause says which: context.Canceled after main's exit or Stop(ctx, nil); after a failed task, the cause names the task's call site. It has the parent's values, but not its deadline. Stop and MarkStarted return once they have taken effect.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return want.Cancelled.At != model.Never },
			Examples: append(stopsBy(waits), byItself),
			Checks: []Check{
				{"the context has the parent's values and not its deadline", []subject.Need{subject.NeedParent}, checks.Parent},
				{"a parent that expires is a parent that is cancelled", []subject.Need{subject.NeedParent}, checks.ExpiringParent},
				{"Stop returns once it has taken effect, and cancels with its error", []subject.Need{subject.NeedRunWith, subject.NeedStop, subject.NeedState}, checks.StopIsTaken},
				{"causes of unusual types", []subject.Need{subject.NeedRunWith, subject.NeedStop}, checks.UnusualCauses},
				{"the first of several signals is the cause", []subject.Need{subject.NeedSignals, subject.NeedIs}, checks.FirstOfSource},
				{"Stop with a derived context", []subject.Need{subject.NeedRunWith, subject.NeedStop}, checks.DerivedStops},
				{"MarkStarted returns once it has taken effect", []subject.Need{subject.NeedManualStart, subject.NeedMarkStarted, subject.NeedState}, checks.MarkStartedIsTaken},
				{"the cause after a failed task names the call of Go", []subject.Need{subject.NeedRunWith, subject.NeedGo}, checks.TaskIsCause},
			},
		},
		{
			ID: "RUN-3", Level: Core,
			Sentence: "When main exits first, drain and hooks run just as after a signal.",
			Premise: func(_ model.Scenario, want model.Trace) bool {
				return !scenarios.ByRequest(want) && len(want.Hooks) > 0
			},
			Examples: []model.Scenario{byItself},
		},
		{
			ID: "RUN-4", Level: Core,
			Sentence: "A panic in main, panic(nil) included, is an error, whatever WithCleanError accepts, that shows the value and unwraps to it where it is an error; drain and hooks still run.",
			Premise:  mainEnds(model.Panics, model.PanicsNil, model.PanicsError, model.PanicsCanceled),
			Examples: append(endsBy(byItself, model.Panics, model.PanicsNil, model.PanicsError, model.PanicsCanceled),
				endsBy(model.Scenario{Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.SIGTERM, At: second}}}, model.Panics, model.PanicsCanceled)...),
			Checks: []Check{
				{"the text of a panic's error has the value", []subject.Need{subject.NeedIs}, checks.PanicValue},
				{"panics with values of unusual types", []subject.Need{subject.NeedIs}, checks.UnusualPanics},
				{"a panic in a deferred function", []subject.Need{subject.NeedIs}, checks.PanicInGoexit},
				{"a panic where WithCleanError takes any error", []subject.Need{subject.NeedStop, subject.NeedCleanError}, checks.PanicIsNeverClean},
			},
		},
		{
			ID: "RUN-5", Level: Core,
			Sentence: "runtime.Goexit in main is an error, never a hang; drain and hooks still run.",
			Premise:  mainEnds(model.CallsGoexit),
			Examples: endsBy(byItself, model.CallsGoexit),
		},
		{
			ID: "RUN-6", Level: Core,
			Sentence: "If main's error is the only one, it is returned as it is. Several are joined in this order: main, Stop, tasks, drain, hooks, shutdown, main still running, the signal. None is dropped.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return len(want.Errors) > 0 },
			Examples: severalErrors(),
			Checks: []Check{
				{"the errors of many hooks", nil, checks.ManyFailures},
				{"main's error of an unusual type", nil, checks.AnyErrorIsReturned},
				{"errors of what a stop often closes, after a real SIGTERM", []subject.Need{subject.NeedUnix}, checks.ErrorsAfterASignal},
				{"the same error several times", nil, checks.EqualErrorsAreKept},
				{"the errors of many calls of Stop", []subject.Need{subject.NeedRunWith, subject.NeedStop}, checks.EveryStopIsKept},
				{"an error of Stop that would be a clean end of main", []subject.Need{subject.NeedRunWith, subject.NeedStop}, checks.CleanErrorsOfStopAreKept},
				{"the error of the last task, while WithCleanError takes long", []subject.Need{subject.NeedStop, subject.NeedGo, subject.NeedCleanError}, checks.SlowCleanErrorLosesNothing},
				{"the errors of several tasks", []subject.Need{subject.NeedRunWith, subject.NeedGo}, checks.EveryTaskIsKept},
				{"errors of any shape, from anywhere, in order", []subject.Need{subject.NeedRunWith, subject.NeedStop, subject.NeedGo}, checks.Results},
			},
		},
		{
			ID: "RUN-7", Level: Extended,
			Sentence: "After a requested stop, http.ErrServerClosed, context.Canceled, net.ErrClosed, the cause and what WithCleanError accepts are a clean end of main or a task, if every leaf of the error is one of them: not an error, but logged at Debug. Before a stop they are errors, and an error that unwraps to itself always is, as is what Stop is given. The error of a Dial that the stop has cancelled is clean too.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return want.MainEnded <= want.Returned && scenarios.SaysStopped(s.Main.Ends)
			},
			Needs: []subject.Need{subject.NeedStopFromOutside},
			Examples: slices.Concat(
				endsBy(model.Scenario{Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.SIGTERM, At: second}}}, cleanOrNearly...),
				endsBy(model.Scenario{Main: model.Main{After: second}}, cleanOrNearly...),
				endsBy(model.Scenario{CleanError: true, Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.SIGTERM, At: second}}}, ownOrNearly...),
				endsBy(model.Scenario{CleanError: true, Main: model.Main{After: second}}, ownOrNearly...)),
			Checks: []Check{
				{"WithCleanError is asked of each leaf", []subject.Need{subject.NeedStop, subject.NeedCleanError}, checks.CleanErrorIsAskedOfLeaves},
				{"an error that unwraps to itself is not clean", []subject.Need{subject.NeedCleanError, subject.NeedStop}, checks.EndlessError},
				{"other errors are not clean", []subject.Need{subject.NeedRunWith, subject.NeedStop}, checks.OthersAreNotClean},
				{"WithCleanError is asked of errors that cannot be compared", []subject.Need{subject.NeedStop, subject.NeedCleanError}, checks.UncomparableErrors},
				{"WithCleanError adds to the clean ends", []subject.Need{subject.NeedCleanError, subject.NeedStop}, checks.CleanErrorAdds},
				{"a Dial that the stop has cancelled", []subject.Need{subject.NeedRunWith, subject.NeedStop}, checks.CancelledDial},
				{"a clean end in the drain delay", []subject.Need{subject.NeedDelay, subject.NeedStop}, checks.CleanInDelay},
				{"errors of any shape", []subject.Need{subject.NeedRunWith, subject.NeedStop, subject.NeedGo}, checks.CleanResults},
				{"an end because of the parent's end", []subject.Need{subject.NeedRunWith, subject.NeedParent}, checks.EndsWithParent},
				{"a task that ends with a clean error before a stop", []subject.Need{subject.NeedRunWith, subject.NeedGo}, checks.TaskBeforeStop},
				{"a clean end is logged at Debug", []subject.Need{subject.NeedLog, subject.NeedStop}, checks.CleanEndIsLogged},
				{"a task's clean end is logged at Debug", []subject.Need{subject.NeedLog, subject.NeedStop, subject.NeedGo}, checks.CleanTaskIsLogged},
			},
		},
		{
			ID: "RUN-8", Level: Extended,
			Sentence: "A bad argument of Run or of an option is an error that names it, and main is not called; a bad argument of a function that serves is its error. A nil hook of either kind is an error that names its call site, and does not panic.",
			Checks: []Check{
				{"every bad argument is named", []subject.Need{subject.NeedMisuses}, checks.Misuses},
				{"a nil hook is an error with its call site", []subject.Need{subject.NeedRunWith}, checks.NilHook},
				{"a nil hook that takes a context is an error with its call site", []subject.Need{subject.NeedRunWith, subject.NeedOnShutdownContext}, checks.NilContextHook},
				{"a nil hook among others, in a hook and after stopped", []subject.Need{subject.NeedLog}, checks.NilHookLater},
			},
		},
		{
			ID: "RUN-9", Level: Core,
			Sentence: "Two Runs at once, in turn or nested do not disturb each other; one signal stops all that are running.",
			Checks: []Check{
				{"runs one after another, at once and nested", nil, checks.SeveralRuns},
				{"one signal stops two runs, and forty, after another run has ended", []subject.Need{subject.NeedUnix}, checks.SignalStopsAll},
				{"a signal stops a run that a hook has begun", []subject.Need{subject.NeedUnix}, checks.SignalStopsRunInHook},
				{"a hundred runs at once", nil, checks.ManyRuns},
				{"a run under the context of another", []subject.Need{subject.NeedParent}, checks.NestedUnderContext},
			},
		},
		{
			ID: "RUN-10", Level: Core,
			Sentence: "After Run returns, nothing that it started is still running, except user code that would not stop and the waiters of groups that are still busy.",
			Premise:  always,
			Examples: []model.Scenario{byItself, {Main: model.Main{After: second}, Groups: []model.Group{{Units: []model.Unit{{Lasts: model.Never}}}}}},
			Checks: []Check{
				{"many runs leave no goroutine, whatever is set and called", nil, checks.NoGoroutineStays},
				{"runs that a signal stops leave no goroutine", []subject.Need{subject.NeedUnix}, checks.NoGoroutineStaysAfterSignal},
			},
		},
		{
			ID: "RUN-11", Level: Core,
			Sentence: "A main that has not returned when the hooks have run is waited for until the shutdown timeout; the result then has the error of that timeout and one of its own, not a drain timeout. So it cannot delay Run beyond the drain delay and both timeouts.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return slices.Contains(want.Errors, model.MainRunning) },
			Needs:    []subject.Need{subject.NeedStopFromOutside},
			Examples: []model.Scenario{{Main: model.Main{After: model.Never}, Stops: []model.Stop{{By: model.SIGTERM, At: second}}, Hooks: []model.Hook{{Lasts: second + 1}}}},
			Checks:   []Check{{"after a real SIGTERM", []subject.Need{subject.NeedUnix}, checks.MainStays}},
		},
		{
			ID: "RUN-12", Level: Extended,
			Sentence: "Under a parent that is already cancelled, main is still called, once, with a cancelled context, and its hooks run; there is no delay.",
			Premise:  func(s model.Scenario, _ model.Trace) bool { return scenarios.BeforeRun(s) },
			Needs:    []subject.Need{subject.NeedParent},
			Examples: []model.Scenario{
				{DrainDelay: second, Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.ParentCancelled, At: model.BeforeRun}}, Hooks: []model.Hook{{Lasts: second + 1}}},
			},
			Checks: []Check{
				{"main's context is cancelled when main begins", []subject.Need{subject.NeedParent}, checks.EndedParent},
			},
		},
		{
			ID: "RUN-13", Level: Extended,
			Sentence: "With manual start the state is starting until MarkStarted; a stop before that leads straight to draining, and a later MarkStarted is ignored.",
			Premise:  func(s model.Scenario, _ model.Trace) bool { return s.ManualStart },
			Needs:    []subject.Need{subject.NeedManualStart, subject.NeedMarkStarted},
			Examples: []model.Scenario{
				{ManualStart: true, Starts: []time.Duration{second}, Main: model.Main{After: 2*second + 1}},
				{ManualStart: true, Starts: []time.Duration{2 * second}, Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: []model.Stop{{By: model.SIGTERM, At: second + 1}}},
			},
			Checks: []Check{
				{"MarkStarted several times, with derived contexts", []subject.Need{subject.NeedManualStart, subject.NeedMarkStarted, subject.NeedState}, checks.DerivedStarts},
				{"MarkStarted twice at once", []subject.Need{subject.NeedManualStart, subject.NeedMarkStarted, subject.NeedState}, checks.StartedAtOnce},
			},
		},
		signalErrorClause(),
	}
}

func signalErrorClause() Clause {
	stopped := func(ends model.Exit, stops ...model.Stop) model.Scenario {
		return model.Scenario{
			SignalError: true, Main: model.Main{Ends: ends, AfterCancel: true, After: second}, Stops: stops,
			Hooks: []model.Hook{{Lasts: second + 1}, {Lasts: second + 2, Ends: model.ReturnsError}},
		}
	}
	term, interrupt := model.Stop{By: model.SIGTERM, At: second}, model.Stop{By: model.SIGINT, At: second}
	return Clause{
		ID: "RUN-14", Level: Extended,
		Sentence: "With WithSignalError, a stop that a signal requested joins the signal's error to the result, last and once, even if main returns the cause. ExitCode is 0 for nil, 128 plus the signal's number if every leaf is a signal's error, and 1 otherwise.",
		Premise:  func(s model.Scenario, _ model.Trace) bool { return s.SignalError },
		Needs:    []subject.Need{subject.NeedSignals, subject.NeedSignalError},
		Examples: []model.Scenario{
			stopped(model.ReturnsNil, term), stopped(model.ReturnsCause, term), stopped(model.ReturnsCause, interrupt), stopped(model.ReturnsError, term),
			stopped(model.ReturnsCause, model.Stop{By: model.StopNil, At: second}, model.Stop{By: model.SIGTERM, At: second + 4}),
			stopped(model.ReturnsNil, interrupt, model.Stop{By: model.SIGTERM, At: second + 4}),
			{SignalError: true, Main: model.Main{AfterCancel: true}, Stops: []model.Stop{term}},
			{SignalError: true, Main: model.Main{After: model.Never}, Stops: []model.Stop{interrupt, {By: model.SIGINT, At: 2*second + 4}}, Tracks: []model.Track{{Lasts: model.Never}}},
			{SignalError: true, Main: model.Main{After: second}, Hooks: []model.Hook{{Lasts: 2*second + 2}}, Stops: []model.Stop{{By: model.SIGTERM, At: 2*second + 4}}},
		},
		Checks: []Check{
			{"the signal is in the result once, whatever main returns", []subject.Need{subject.NeedSignals, subject.NeedSignalError, subject.NeedIs}, checks.SignalErrorIsOnce},
			{"Stop is given the error of another run's signal", []subject.Need{subject.NeedSignals, subject.NeedSignalError, subject.NeedStop}, checks.SignalErrorOfAnother},
			{"errors of any shape beside the signal", []subject.Need{subject.NeedIs, subject.NeedSignals, subject.NeedSignalError, subject.NeedStop, subject.NeedGo}, checks.SignalResults},
			{"exit codes", []subject.Need{subject.NeedSignals, subject.NeedSignalError, subject.NeedExitCode}, checks.ExitCode},
		},
	}
}

var cleanOrNearly = []model.Exit{
	model.ReturnsCanceled, model.ReturnsWrapped, model.ReturnsClosed, model.ReturnsCause, model.ReturnsJoined, model.ReturnsNetClosed, model.ReturnsMixed,
	model.ReturnsOwnClean, model.ReturnsOwnJoined,
}

var ownOrNearly = []model.Exit{model.ReturnsOwnClean, model.ReturnsOwnJoined, model.ReturnsOwnMixed, model.ReturnsMixed}

// severalErrors returns scenarios whose errors are of one class, of two, and
// of every class.
func severalErrors() []model.Scenario {
	busy := []model.Group{{Units: []model.Unit{{Lasts: model.Never}}}}
	hooks := []model.Hook{{Lasts: second + 1, Ends: model.ReturnsError}, {Lasts: second + 2, Ends: model.PanicsError}}
	fails := model.Main{After: second, Ends: model.ReturnsError}
	return []model.Scenario{
		{Main: fails},
		{Main: fails, Hooks: hooks},
		{Main: fails, Groups: busy, Hooks: hooks},
		{Main: fails, Groups: busy, Hooks: append([]model.Hook{{Lasts: model.Never}}, hooks...)},
		{
			Main: model.Main{AfterCancel: true, After: second + 8, Ends: model.ReturnsError}, Groups: busy, Hooks: hooks,
			Tasks: []model.Task{{Lasts: second, Ends: model.ReturnsError}},
			Stops: []model.Stop{{By: model.StopWithError, At: second + 16}, {By: model.StopWithError, At: 2*second + 32}},
		},
	}
}
