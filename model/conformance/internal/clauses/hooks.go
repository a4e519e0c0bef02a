package clauses

import (
	"slices"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func hookClauses() []Clause {
	ends := model.Main{After: second}
	two := func(first, second model.Hook) model.Scenario {
		return model.Scenario{Main: ends, Hooks: []model.Hook{first, second}}
	}
	plain := model.Hook{Lasts: second + 1}
	return []Clause{
		{
			ID: "HOOK-1", Level: Core,
			Sentence: "Hooks run one at a time, last registered first, each exactly once.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return len(scenarios.InTime(want.Hooks)) > 1 },
			Examples: []model.Scenario{
				two(plain, model.Hook{Lasts: second + 2}),
				{Main: ends, Hooks: []model.Hook{plain, {}, {Lasts: second + 4}, {At: 8, Lasts: 16}}},
			},
			Checks: []Check{
				{"many hooks", nil, checks.ManyInOrder},
				{"hooks registered with derived contexts", nil, checks.DerivedHooks},
			},
		},
		{
			ID: "HOOK-2", Level: Core,
			Sentence: "A hook that fails, panics or calls Goexit does not stop the others; its error names the call site that registered it.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool {
					return !r.Late && r.Outcome == model.Ended && scenarios.Fails(s.Hooks[r.Hook-1].Ends)
				})
			},
			Examples: []model.Scenario{
				two(plain, model.Hook{Lasts: second + 2, Ends: model.ReturnsError}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.Panics}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.PanicsNil}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.PanicsError}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.CallsGoexit}),
				two(model.Hook{Lasts: second + 2, Ends: model.ReturnsError}, plain),
			},
			Checks: []Check{
				{"the error names the call site that registered the hook, however the hook fails", []subject.Need{subject.NeedRunWith}, checks.HookPlace},
				{"the error names the call site of each of several hooks that fail", []subject.Need{subject.NeedRunWith}, checks.EachHookPlace},
				{"errors of unusual types", nil, checks.UnusualHookErrors},
				{"a failing hook registered after stopped does not stop its caller", []subject.Need{subject.NeedRunWith}, checks.LateHookEnds},
			},
		},
		{
			ID: "HOOK-3", Level: Core,
			Sentence: "The shutdown timeout counts from the entry into hooks, after a signal too. When it runs out, hooks are interrupted, those that have not begun do not run, and the result has an error that names them all. What an interrupted hook returns later is logged.",
			Premise: func(_ model.Scenario, want model.Trace) bool {
				return want.Left(model.Hooks) == model.ShutdownTimedOut && scenarios.HooksLeft(want)
			},
			Examples: []model.Scenario{
				two(plain, model.Hook{Lasts: model.Never}),
				{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{plain, {Lasts: 2*second + 2}, {Lasts: 2*second + 4}}},
				{ShutdownTimeout: 3 * second, Main: ends, Groups: busyFor(model.Unit{Lasts: 3*second + 8}), Hooks: []model.Hook{plain, {Lasts: model.Never}}},
			},
			Checks: []Check{
				{"a shutdown timeout that never runs out", nil, checks.EndlessShutdown},
				{"the error names the running hook and those that did not run", []subject.Need{subject.NeedRunWith}, checks.InterruptedAreNamed},
				{"the error names interrupted hooks that are registered in a loop", []subject.Need{subject.NeedRunWith}, checks.InterruptedInALoop},
				{"the error names interrupted hooks that were registered while hooks ran", []subject.Need{subject.NeedRunWith}, checks.InterruptedAmongLate},
				{"the error names the hooks when a signal forces the end before the first", []subject.Need{subject.NeedSignals, subject.NeedServeFunc}, checks.ForcedBeforeTheFirst},
				{"the context of the running hook is cancelled, with the cause", []subject.Need{subject.NeedIs, subject.NeedOnShutdownContext}, checks.InterruptedContext},
				{"the context of the running hook is cancelled, beside an observer that hangs", []subject.Need{subject.NeedObserve, subject.NeedOnShutdownContext}, checks.InterruptedBesideHangingObserver},
				{"the timeout is no longer where requests were cut", []subject.Need{subject.NeedServe, subject.NeedParent, subject.NeedObserve}, checks.ShutdownTimeoutAfterCut},
				{"the error of an interrupted hook is logged", []subject.Need{subject.NeedLog}, checks.InterruptedIsLogged},
				{"after a real SIGTERM the timeout is whole", []subject.Need{subject.NeedUnix}, checks.ShutdownTimeoutAfterSignal},
			},
		},
		{
			ID: "HOOK-4", Level: Core,
			Sentence: "A hook registered while hooks run is next. One registered after stopped runs at once, with a fresh timeout; its caller waits for it, and its error is logged, whenever it comes. No hook is dropped silently.",
			Premise:  registeredLate,
			Examples: []model.Scenario{
				{Main: ends, Hooks: []model.Hook{plain, {Lasts: second + 2}, {By: 2, Lasts: second + 4}}},
				{Main: ends, Hooks: []model.Hook{plain, {Lasts: second + 2}, {At: second + 8, Lasts: second + 4}}},
				{Main: ends, Hooks: []model.Hook{plain, {At: 5 * second, Lasts: second + 4}}},
				{Main: model.Main{AfterCancel: true, After: 12 * second}, Stops: []model.Stop{{By: model.SIGTERM, At: second}}, Hooks: []model.Hook{plain, {At: 9 * second, Lasts: second + 4}}},
				{Main: ends, Hooks: []model.Hook{plain, {At: 5 * second, Lasts: model.Never}}},
				{Main: ends, Hooks: []model.Hook{plain, {At: 5 * second, Lasts: second + 4, Ends: model.Panics}}},
			},
			Checks: []Check{
				{"a late hook that fails is logged, in whichever way it fails", []subject.Need{subject.NeedLog}, checks.LateHookIsLogged},
				{"a late hook that fails after its timeout is logged", []subject.Need{subject.NeedLog}, checks.AbandonedLateHook},
				{"a hook that work registers after a signal", []subject.Need{subject.NeedUnix}, checks.WorkRegistersAfterSignal},
				{"a hook that main registers after a signal, when the others have run", []subject.Need{subject.NeedUnix}, checks.MainRegistersLast},
				{"a thousand hooks, each registered by the one before", nil, checks.ChainOfHooks},
				{"late hooks that register others", []subject.Need{subject.NeedRunWith}, checks.LateHookRegisters},
			},
		},
		{
			ID: "HOOK-5", Level: Extended,
			Sentence: "The context of a hook is live when the hook begins, and has the values of the run's context and the deadline of the phase or of the hook's timeout. So has that of a hook registered after stopped, with a deadline of its own.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return scenarios.TakesContext(s.Hooks[r.Hook-1]) })
			},
			Needs: []subject.Need{subject.NeedOnShutdownContext},
			Examples: []model.Scenario{
				two(plain, model.Hook{Lasts: second + 2, Aware: true}),
				two(plain, model.Hook{Lasts: second + 2, Aware: true, Timeout: 2*second + 4}),
				{ShutdownTimeout: 5*second + 8, Main: ends, Hooks: []model.Hook{{Lasts: second + 2, Aware: true, Timeout: 20 * second}, {Lasts: second + 4, Aware: true, Timeout: 20 * second}}},
				{Main: ends, Hooks: []model.Hook{{Lasts: 3*second + 2, Aware: true}}, Stops: []model.Stop{{By: model.ParentCancelled, At: 2*second + 4}}},
			},
			Checks: []Check{
				{"a hook's context has the values of the run's context", []subject.Need{subject.NeedOnShutdownContext, subject.NeedParent}, checks.HookValues},
				{"a hook's context is accepted by the library's functions", []subject.Need{subject.NeedOnShutdownContext}, checks.HookContextIsOfTheRun},
				{"the context of a hook registered after stopped has the values of the run's context", []subject.Need{subject.NeedOnShutdownContext, subject.NeedParent}, checks.LateHookContext},
			},
		},
		hookTimeoutClause(two, plain),
		{
			ID: "HOOK-7", Level: Core,
			Sentence: "Registration from many goroutines at once loses none, and a hook may call anything in the library without deadlock.",
			Checks: []Check{
				{"a thousand registrations at once", nil, checks.ManyRegistrations},
				{"a hook that calls every function after a signal", []subject.Need{subject.NeedUnix}, checks.HookCallsEverythingAfterSignal},
				{"two hundred registrations at once, after a signal", []subject.Need{subject.NeedUnix}, checks.ManyRegistrationsAfterSignal},
				{"a hook calls everything", nil, checks.HookCallsEverything},
				{"a hook calls what serves", []subject.Need{subject.NeedRunWith}, checks.HookServes},
			},
		},
		{
			ID: "HOOK-8", Level: Core,
			Sentence: "A hook that returns after it was abandoned changes nothing.",
			Premise: func(s model.Scenario, want model.Trace) bool {
				return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool {
					return r.Outcome != model.Ended && s.Hooks[r.Hook-1].Lasts != model.Never
				})
			},
			Examples: []model.Scenario{
				{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{plain, {Lasts: 5*second + 2, Ends: model.ReturnsError}}},
				{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{plain, {Lasts: 5*second + 2, Ends: model.Panics}}},
				// Only one that was abandoned can come back while others run.
				two(model.Hook{Lasts: 4*second + 1}, model.Hook{Lasts: 3*second + 4, Timeout: 2*second + 2, Ends: model.ReturnsError}),
				two(model.Hook{Lasts: 4*second + 1}, model.Hook{Lasts: 3*second + 4, Timeout: 2*second + 2, Ends: model.Panics}),
			},
			Checks: []Check{{"the error that Run has returned stays as it is", nil, checks.LateReturnChangesNothing}},
		},
		{
			ID: "HOOK-9", Level: Extended,
			Sentence: "With a context that does not come from Run, every function is harmless and logs an error with its call site; groups, done functions and handlers are usable, and what would serve returns an error.",
			Checks:   withContextsOfNoRun(),
		},
		{
			ID: "HOOK-10", Level: Extended,
			Sentence: "The function that OnShutdownContext returns, which is never nil, takes the hook back and releases what it holds: true if it kept the hook from running, false if the hook has begun, was taken back before or was dropped by the shutdown timeout. It may be called from anywhere at any time.",
			Premise:  func(s model.Scenario, _ model.Trace) bool { return len(s.TakeBacks) > 0 },
			Needs:    []subject.Need{subject.NeedOnShutdownStop},
			Examples: takeBacks(ends),
			Checks: []Check{
				{"what a hook holds is released when it is taken back", []subject.Need{subject.NeedOnShutdownStop}, checks.TakenBackIsLetGo},
				{"every second of a thousand hooks is taken back, twice concurrently", []subject.Need{subject.NeedOnShutdownStop}, checks.ManyTakenBack},
				{"a hook is taken back while it begins", []subject.Need{subject.NeedOnShutdownStop}, checks.TakenBackAsItBegins},
				{"a hook registered after stopped is taken back", []subject.Need{subject.NeedOnShutdownStop}, checks.LateIsNotTakenBack},
			},
		},
	}
}

// takeBacks take hooks back before, while and after they run, by main and by
// other hooks.
func takeBacks(ends model.Main) []model.Scenario {
	hooks := []model.Hook{{Lasts: second + 1}, {Lasts: second + 2}, {Lasts: second + 4}}
	scenario := func(all ...model.TakeBack) model.Scenario {
		return model.Scenario{Main: ends, Hooks: hooks, TakeBacks: all}
	}
	late := scenario(model.TakeBack{Hook: 4, By: 2}, model.TakeBack{Hook: 4, By: 2})
	late.Hooks = append(slices.Clone(hooks), model.Hook{By: 2, Lasts: second + 8})
	return []model.Scenario{
		late, scenario(model.TakeBack{Hook: 2}),
		scenario(model.TakeBack{Hook: 3}, model.TakeBack{Hook: 3}),
		scenario(model.TakeBack{Hook: 1}, model.TakeBack{Hook: 2}, model.TakeBack{Hook: 3}),
		scenario(model.TakeBack{Hook: 1, By: 3}),
		scenario(model.TakeBack{Hook: 2, By: 3, At: second / 2}, model.TakeBack{Hook: 1, By: 3, At: 8}),
		scenario(model.TakeBack{Hook: 3, By: 3}, model.TakeBack{Hook: 3, By: 2}),
		scenario(model.TakeBack{Hook: 2, At: second + 16}, model.TakeBack{Hook: 3, At: second + 32}, model.TakeBack{Hook: 1, At: 20 * second}),
		{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{{Lasts: second}, {Lasts: model.Never}},
			TakeBacks: []model.TakeBack{{Hook: 1, At: 5 * second}, {Hook: 2, At: 5*second + 1}}},
	}
}

func hookTimeoutClause(two func(a, b model.Hook) model.Scenario, plain model.Hook) Clause {
	return Clause{
		ID: "HOOK-6", Level: Extended,
		Sentence: "A hook that exceeds its own timeout is abandoned with an error that names its call site, its context is cancelled, and the next begins; a timeout of zero or less means none, and one that ends with the phase counts as that of the phase. A hook that returns context.Canceled, wrapped or joined with other errors too, gets a record that says why and names OnShutdownContext.",
		Premise: func(_ model.Scenario, want model.Trace) bool {
			return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return r.Outcome == model.Abandoned && !r.Late })
		},
		Needs: []subject.Need{subject.NeedOnShutdownContext},
		Examples: []model.Scenario{
			two(plain, model.Hook{Lasts: model.Never, Timeout: 2*second + 2}),
			two(plain, model.Hook{Lasts: 3*second + 4, Timeout: 2*second + 2, Ends: model.ReturnsError}),
			two(plain, model.Hook{Lasts: model.Never, Aware: true, Timeout: 2*second + 2}),
		},
		Checks: []Check{
			{"a hook that used the run's context is reported", []subject.Need{subject.NeedLog}, checks.CanceledHint},
			{"the error of an abandoned hook names a call site", []subject.Need{subject.NeedRunWith, subject.NeedOnShutdownContext}, checks.AbandonedHookPlace},
			{"a timeout of a nanosecond", []subject.Need{subject.NeedRunWith, subject.NeedOnShutdownContext}, checks.ShortHookTimeout},
			{"a timeout of zero or less means none", []subject.Need{subject.NeedRunWith, subject.NeedOnShutdownContext}, checks.NoHookTimeout},
			{"a timeout that never runs out", []subject.Need{subject.NeedOnShutdownContext}, checks.EndlessHookTimeout},
			{"the contexts of several abandoned hooks are cancelled", []subject.Need{subject.NeedOnShutdownContext}, checks.AbandonedContexts},
		},
	}
}

// registeredLate says whether a hook is registered while hooks run, or later,
// and runs.
func registeredLate(s model.Scenario, want model.Trace) bool {
	return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool {
		h := s.Hooks[r.Hook-1]
		return r.Late || h.By != 0 || h.At >= want.Entered(model.Hooks)
	})
}

// withContextsOfNoRun returns one check for each function.
func withContextsOfNoRun() (all []Check) {
	for _, f := range checks.NoRunChecks() {
		all = append(all, Check{f.Name + " with a context of no run", []subject.Need{f.Need}, f.Run})
	}
	return all
}
