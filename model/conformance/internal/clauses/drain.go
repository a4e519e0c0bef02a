package clauses

import (
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// busyFor is a group with one unit of work.
func busyFor(d ...model.Unit) []model.Group { return []model.Group{{Units: d}} }

func drainClauses() []Clause {
	hook := []model.Hook{{Lasts: second + 1}}
	ends := model.Main{After: second}
	term := []model.Stop{{By: model.SIGTERM, At: second}}
	never := busyFor(model.Unit{Lasts: model.Never})
	return []Clause{
		{
			ID: "DRAIN-1", Level: Core,
			Sentence: "No hook runs before every drain group has reached zero, or the drain timeout has run out.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return len(s.Groups) > 0 && len(want.Hooks) > 0 && want.Entered(model.Hooks) > max(want.Cancelled.At, min(want.MainEnded, want.Returned))
			},
			Examples: []model.Scenario{
				{Main: ends, Groups: busyFor(model.Unit{Lasts: 2 * second}), Hooks: hook},
				{Main: ends, Groups: append(busyFor(model.Unit{Lasts: 2 * second}), model.Group{Units: []model.Unit{{Lasts: 3 * second}}}), Hooks: hook},
				{DrainTimeout: 2 * second, Main: ends, Groups: never, Hooks: hook},
			},
			Checks: []Check{
				{"one busy group of many", nil, checks.ManyGroups},
				{"one busy unit, or task, of many", []subject.Need{subject.NeedTrack, subject.NeedGo}, checks.ManyUnits},
				{"as many units as fill a counter", []subject.Need{subject.NeedTrack}, checks.UnitsFillACounter},
				{"groups and units made with derived contexts", nil, checks.DerivedWork},
			},
		},
		{
			ID: "DRAIN-2", Level: Core,
			Sentence: "The drain timeout counts from the cancel. When it runs out, or a signal forces: within 100 ms, however busy the processors are, that is logged, hooks run and the result has an error. The error and the record list every task that is busy and every group that is or may be busy by its call site, and count units and requests, those too that end because of it.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return want.Left(model.Draining) == model.DrainTimedOut },
			Examples: []model.Scenario{
				{DrainTimeout: 2 * second, Main: ends, Groups: never, Hooks: hook},
				{Main: ends, Groups: never, Hooks: hook},
				{Main: ends, Groups: never},
				{DrainDelay: 2*second + 1, DrainTimeout: 4 * second, Main: model.Main{AfterCancel: true}, Stops: term, Groups: never, Hooks: hook},
			},
			Checks: []Check{
				{"a drain timeout that never runs out", nil, checks.EndlessDrain},
				{"the timeout counts from a real SIGTERM, though main takes its time", []subject.Need{subject.NeedUnix}, checks.DrainTimeoutFromCancel},
				{"the error and the log line name every busy group and task, and count units", []subject.Need{subject.NeedLog, subject.NeedTrack, subject.NeedGo}, checks.BusyIsNamed},
				{"when a signal forces, the error and the log line name every busy group and task", []subject.Need{subject.NeedSignals, subject.NeedLog, subject.NeedTrack, subject.NeedGo, subject.NeedIs}, checks.BusyIsNamedWhenForced},
				{"the error names a group and a task that end because of the drain timeout", []subject.Need{subject.NeedTrack, subject.NeedGo, subject.NeedWorkContext, subject.NeedIs}, checks.BusyIsNamedThoughItEnds},
				{"a drain timeout on busy processors", nil, checks.TimeoutOnBusyProcessors},
				{"a further interrupt on busy processors", []subject.Need{subject.NeedSignals}, checks.ForcedOnBusyProcessors},
				{"the error and the log line count requests", []subject.Need{subject.NeedLog, subject.NeedHandler}, checks.RequestsAreCounted},
				{"when a signal forces, the error and the log line count requests", []subject.Need{subject.NeedSignals, subject.NeedLog, subject.NeedHandler}, checks.RequestsAreCountedWhenForced},
				{"the error and the log line name work that is begun while draining", []subject.Need{subject.NeedLog, subject.NeedTrack, subject.NeedGo}, checks.BusyIsNamedThoughLate},
				{"the error counts each request once, and units too", []subject.Need{subject.NeedServe, subject.NeedParent}, checks.ServedRequestsAreCounted},
				{"the last of many tasks is named", []subject.Need{subject.NeedGo, subject.NeedRunWith}, checks.LastOfManyTasksIsNamed},
				{"the error and the log line count many units and requests", []subject.Need{subject.NeedLog, subject.NeedTrack}, checks.ManyUnitsAreCounted},
			},
		},
		{
			ID: "DRAIN-3", Level: Core,
			Sentence: "Groups made while draining, and work added to a busy group, are waited for. After draining, work is refused, and the refusal is reported.",
			Premise:  workWhileDraining,
			Examples: []model.Scenario{
				{Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: term, Groups: []model.Group{{At: 2*second + 2, Units: []model.Unit{{Lasts: 5*second + 4}}}}, Hooks: hook},
				{Main: ends, Groups: busyFor(model.Unit{Lasts: 3 * second}, model.Unit{After: 2*second + 2, Lasts: 4*second + 4}), Hooks: hook},
				{Main: ends, Groups: busyFor(model.Unit{Lasts: 3 * second}), Tracks: []model.Track{{At: 2*second + 2, Lasts: 3 * second}, {At: 5*second + 4}}, Hooks: []model.Hook{{Lasts: 4*second + 8}}},
				{Main: ends, Tasks: []model.Task{{At: 2*second + 2}}, Hooks: []model.Hook{{Lasts: 4*second + 8}}},
			},
			Checks: []Check{
				{"groups that work of groups makes while draining, and theirs", nil, checks.GroupsOfGroups},
				{"a group made after a real SIGTERM is waited for", []subject.Need{subject.NeedUnix}, checks.GroupWhileDraining},
				{"groups that work makes and adds to while draining", []subject.Need{subject.NeedGo, subject.NeedTrack, subject.NeedStop}, checks.GroupsAreWaitedFor},
				{"units that are begun as draining ends", []subject.Need{subject.NeedTrack, subject.NeedLog}, checks.TrackAtTheEnd},
				{"after draining, Track, Go and DrainGroup report that nothing is waited for", []subject.Need{subject.NeedLog, subject.NeedTrack, subject.NeedGo}, checks.RefusedWorkIsLogged},
			},
		},
		{
			ID: "DRAIN-4", Level: Core,
			Sentence: "Main is waited for first, until its return grace is over, which is at most half of the drain timeout. Then there is a warning that names the remedy, never a drain timeout. A first warning comes after a fifth of the grace, and none while tracked work is out.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return want.MainEnded > want.Cancelled.At && want.Cancelled.At != model.Never
			},
			Needs: []subject.Need{subject.NeedStopFromOutside},
			Examples: []model.Scenario{
				{Main: model.Main{After: model.Never}, Stops: term, Hooks: hook},
				{DrainTimeout: 4 * second, Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: term, Hooks: hook},
				{Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: term, Hooks: hook},
				{ReturnGrace: 2 * second, Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: term, Hooks: hook},
				{ReturnGrace: model.NoGrace, Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: term, Hooks: hook},
			},
			Checks: []Check{
				{"a return grace that never ends is half of the drain timeout", []subject.Need{subject.NeedGrace, subject.NeedStop}, checks.EndlessGrace},
				{"the warning when the grace is over names the remedy", []subject.Need{subject.NeedLog, subject.NeedStop}, checks.GraceWarning},
				{"no warning about main while tracked work is out", []subject.Need{subject.NeedLog, subject.NeedStop, subject.NeedTrack, subject.NeedGo}, checks.NoGraceWarning},
				{"no warning about main once main is back", []subject.Need{subject.NeedLog, subject.NeedStop}, checks.NoWarningOnceBack},
				{"no warning about main while main serves", []subject.Need{subject.NeedLog, subject.NeedStop, subject.NeedServeFunc}, checks.NoWarningWhileServing},
				{"the first warning comes after a fifth of the grace", []subject.Need{subject.NeedDelay, subject.NeedGrace, subject.NeedLog, subject.NeedStop}, checks.EarlyWarning},
				{"hooks wait for main after a real SIGTERM", []subject.Need{subject.NeedUnix}, checks.MainFirst},
				{"hooks wait for main for half of the drain timeout at most, and its end is not an error", []subject.Need{subject.NeedUnix}, checks.GraceIsHalf},
			},
		},
		{
			ID: "DRAIN-5", Level: Core,
			Sentence: "Once main is back and no work is out, hooks begin at once.",
			Premise: func(_ model.Scenario, want model.Trace) bool {
				return want.Left(model.Draining) == model.Drained && len(want.Hooks) > 0
			},
			Examples: []model.Scenario{
				{Main: ends, Hooks: hook},
				{Main: ends, Groups: busyFor(model.Unit{Lasts: 3 * second}), Hooks: hook},
			},
			Checks: []Check{
				{"work that ends with the cancel", nil, checks.WorkEndsWithTheCancel},
				{"hooks begin when the last of many units ends", nil, checks.ManyEndAtOnce},
			},
		},
		{
			ID: "DRAIN-6", Level: Core,
			Sentence: "A WaitGroup that is reused while it is waited for, or driven below zero, never crashes the process from the library's side.",
			Checks: []Check{
				{"a group reused while it is waited for", nil, checks.ReusedGroup},
				{"a group driven below zero", nil, checks.NegativeGroup},
			},
		},
		{
			ID: "DRAIN-7", Level: Extended,
			Sentence: "With a drain delay the context stays live for that long after the stop, even if the parent is cancelled; main's exit or a forcing signal ends the delay early.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return s.DrainDelay > 0 && scenarios.ByRequest(want) && scenarios.StopAt(want) > 0
			},
			Needs: []subject.Need{subject.NeedDelay, subject.NeedStopFromOutside},
			Examples: []model.Scenario{
				{DrainDelay: 2*second + 1, Main: model.Main{AfterCancel: true}, Stops: term, Hooks: hook},
				{DrainDelay: 2*second + 1, Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.ParentCancelled, At: second}}, Hooks: hook},
				{DrainDelay: 4*second + 1, Main: model.Main{After: 2 * second}, Stops: term, Hooks: hook},
				{DrainDelay: 4*second + 1, Main: model.Main{After: 2 * second, Ends: model.ReturnsError}, Stops: term, Hooks: hook},
				{DrainDelay: 4*second + 1, Main: model.Main{After: 2 * second, Ends: model.Panics}, Stops: term, Hooks: hook},
				{DrainDelay: 4*second + 1, Main: model.Main{After: 2 * second, Ends: model.CallsGoexit}, Stops: term, Hooks: hook},
				{DrainDelay: 4*second + 1, Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.SIGTERM, At: second}, {By: model.SIGINT, At: 2*second + 2}}, Hooks: hook},
				{DrainDelay: 4*second + 1, Main: model.Main{AfterCancel: true}, Stops: []model.Stop{{By: model.SIGINT, At: second}, {By: model.SIGINT, At: second + 100*millis}}, Hooks: hook},
				{DrainDelay: 9*second + 1, Main: model.Main{AfterCancel: true}, Hooks: hook, Tasks: []model.Task{{Lasts: 5*second + 64, Ends: model.ReturnsError}}, Stops: []model.Stop{
					{By: model.StopNil, At: second}, {By: model.SIGTERM, At: 2*second + 4}, {By: model.StopWithError, At: 3*second + 8}, {By: model.ParentCancelled, At: 4*second + 16}, {By: model.StopNil, At: 6*second + 32},
				}},
			},
			Checks: []Check{{"a delay that never ends", []subject.Need{subject.NeedDelay, subject.NeedStop}, checks.EndlessDelay}},
		},
		taskClause(ends, hook),
		{
			ID: "DRAIN-9", Level: Extended,
			Sentence: "A group that is made, or first added to, by main within its grace, a task, a unit, a request or the work of an earlier group, at any moment of draining, is not a data race with the library.",
			Checks:   []Check{{"groups at any moment, in real time", []subject.Need{subject.NeedGo, subject.NeedTrack, subject.NeedStop}, checks.GroupsAtAnyMoment}},
		},
	}
}

// workWhileDraining says whether work begins after the stop and before the end
// of the run.
func workWhileDraining(s model.Scenario, want model.Trace) bool {
	from, to := scenarios.StopAt(want), want.Returned
	for _, u := range s.Tracks {
		if u.At > from && u.At < to {
			return true
		}
	}
	for _, k := range s.Tasks {
		if k.At > from && k.At < to {
			return true
		}
	}
	for _, g := range s.Groups {
		for _, u := range g.Units {
			if begins := scenarios.Plus(g.At, u.After); begins > from && begins < want.Entered(model.Hooks) {
				return true
			}
		}
	}
	return false
}

func taskClause(ends model.Main, hook []model.Hook) Clause {
	busy := []model.Task{{Lasts: 3 * second}}
	fails := func(e model.Exit) model.Scenario {
		return model.Scenario{Main: model.Main{AfterCancel: true}, Tasks: []model.Task{{Lasts: second, Ends: e}}, Hooks: hook}
	}
	return Clause{
		ID: "DRAIN-8", Level: Extended,
		Sentence: "A task that fails, panics or calls Goexit is an error that names its call site, and requests a stop. Only the first call of Track's done counts. A work context is live until draining ends, whatever becomes of the context it is made from, and its cause says what ended it: context.Canceled if the work was done.",
		Premise: func(s model.Scenario, _ model.Trace) bool {
			return len(s.Tasks)+len(s.Tracks) > 0
		},
		Needs: []subject.Need{subject.NeedGo, subject.NeedTrack, subject.NeedRunWith},
		Examples: []model.Scenario{
			{Main: ends, Tasks: busy, Hooks: hook},
			{Main: ends, Tracks: []model.Track{{Lasts: 3 * second}}, Hooks: hook},
			fails(model.ReturnsError), fails(model.Panics), fails(model.PanicsError), fails(model.CallsGoexit),
			{Main: ends, Tasks: []model.Task{{Lasts: 3 * second, Ends: model.PanicsCanceled}}, Hooks: hook},
			{Main: ends, Tasks: []model.Task{{Lasts: 3 * second, Ends: model.CallsGoexit}}, Hooks: hook},
			{Main: ends, Tasks: []model.Task{{Lasts: 3 * second, Ends: model.Panics}}, Hooks: hook},
			{Main: ends, Tasks: []model.Task{{Lasts: 3 * second, Ends: model.ReturnsError}}, Hooks: hook},
			{DrainTimeout: 2 * second, Main: ends, Tracks: []model.Track{{Lasts: model.Never}}, Hooks: hook},
			{
				Main: ends, Tracks: []model.Track{{Lasts: model.Never}}, Hooks: hook,
				Stops: []model.Stop{{By: model.SIGINT, At: 3*second + 2}},
			},
		},
		Checks: []Check{
			{"only the first call of done counts", []subject.Need{subject.NeedTrack}, checks.DoneTwice},
			{"only one of many concurrent calls of done counts", []subject.Need{subject.NeedTrack}, checks.DoneAtOnce},
			{"a task with a derived context", []subject.Need{subject.NeedRunWith, subject.NeedGo}, checks.DerivedTasks},
			{"the error of a task names the call of Go", []subject.Need{subject.NeedRunWith, subject.NeedGo}, checks.TaskIsNamed},
			{"a work context has the values of the context it is made from", []subject.Need{subject.NeedWorkContext}, checks.WorkContextValues},
			{"a work context made after draining is already cancelled", []subject.Need{subject.NeedWorkContext}, checks.WorkContextLater},
			{"hundreds of work contexts", []subject.Need{subject.NeedWorkContext}, checks.ManyWorkContexts},
		},
	}
}
