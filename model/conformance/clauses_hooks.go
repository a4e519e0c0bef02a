package conformance

import (
	"slices"

	"github.com/greynewell/mist-go/model"
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
			premise:  func(_ model.Scenario, want model.Trace) bool { return len(inTime(want.Hooks)) > 1 },
			examples: []model.Scenario{
				two(plain, model.Hook{Lasts: second + 2}),
				{Main: ends, Hooks: []model.Hook{plain, {}, {Lasts: second + 4}, {At: 8, Lasts: 16}}},
			},
		},
		{
			ID: "HOOK-2", Level: Core,
			Sentence: "A hook that fails, panics or calls Goexit does not stop the others; its error names the place that registered it.",
			premise: func(s model.Scenario, want model.Trace) bool {
				return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return !r.Late && r.Fate == model.Ended && fails(s.Hooks[r.Hook-1].Ends) })
			},
			examples: []model.Scenario{
				two(plain, model.Hook{Lasts: second + 2, Ends: model.ReturnsError}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.Panics}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.PanicsNil}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.PanicsError}),
				two(plain, model.Hook{Lasts: second + 2, Ends: model.CallsGoexit}),
				two(model.Hook{Lasts: second + 2, Ends: model.ReturnsError}, plain),
			},
			checks: []check{{"the error names the place that registered the hook", []Need{NeedRunWith}, checkHookPlace}},
		},
		{
			ID: "HOOK-3", Level: Core,
			Sentence: "The shutdown timeout counts from the entry into hooks, after a signal too. Then hooks are interrupted, those not begun do not run, and the result has an error, which names them all. What an interrupted hook returns later is logged.",
			premise: func(_ model.Scenario, want model.Trace) bool {
				return want.Left(model.Hooks) == model.ShutdownTimedOut && hooksLeft(want)
			},
			examples: []model.Scenario{
				two(plain, model.Hook{Lasts: model.Never}),
				{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{plain, {Lasts: 2*second + 2}, {Lasts: 2*second + 4}}},
				{ShutdownTimeout: 3 * second, Main: ends, Groups: busyFor(model.Unit{Lasts: 3*second + 8}), Hooks: []model.Hook{plain, {Lasts: model.Never}}},
			},
			checks: []check{
				{"the error names the running hook and those that did not run", []Need{NeedRunWith}, checkInterruptedAreNamed},
				{"the context of the running hook is cancelled, with the cause", []Need{NeedIs, NeedOnShutdownContext}, checkInterruptedContext},
				{"the error of an interrupted hook is logged", []Need{NeedRunWith}, checkInterruptedIsLogged},
				{"after a real SIGTERM the timeout is whole", []Need{NeedUnix}, checkShutdownTimeoutAfterSignal},
			},
		},
		{
			ID: "HOOK-4", Level: Core,
			Sentence: "A hook registered while hooks run is next. One registered after stopped runs at once on the caller, with a fresh timeout. None is dropped in silence.",
			premise:  registeredLate,
			examples: []model.Scenario{
				{Main: ends, Hooks: []model.Hook{plain, {Lasts: second + 2}, {By: 2, Lasts: second + 4}}},
				{Main: ends, Hooks: []model.Hook{plain, {Lasts: second + 2}, {At: second + 8, Lasts: second + 4}}},
				{Main: ends, Hooks: []model.Hook{plain, {At: 5 * second, Lasts: second + 4}}},
				{Main: ends, Hooks: []model.Hook{plain, {At: 5 * second, Lasts: model.Never}}},
				{Main: ends, Hooks: []model.Hook{plain, {At: 5 * second, Lasts: second + 4, Ends: model.Panics}}},
			},
			checks: []check{{"a late hook that fails is logged", []Need{NeedRunWith}, checkLateHookIsLogged}},
		},
		{
			ID: "HOOK-5", Level: Extended,
			Sentence: "The context of a hook is live when the hook begins, has the values of the run's, and the deadline of the phase or of the hook's timeout. That of a hook registered after stopped has them too, with a deadline of its own.",
			premise: func(s model.Scenario, want model.Trace) bool {
				return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return takesContext(s.Hooks[r.Hook-1]) })
			},
			needs: []Need{NeedOnShutdownContext},
			examples: []model.Scenario{
				two(plain, model.Hook{Lasts: second + 2, Aware: true}),
				two(plain, model.Hook{Lasts: second + 2, Aware: true, Timeout: 2*second + 4}),
			},
			checks: []check{
				{"it has the values of the run's context", []Need{NeedOnShutdownContext, NeedRunWith}, checkHookValues},
				{"so has that of a hook registered after stopped", []Need{NeedOnShutdownContext, NeedRunWith}, checkLateHookContext},
			},
		},
		hookTimeoutClause(two, plain),
		{
			ID: "HOOK-7", Level: Core,
			Sentence: "Registration from many goroutines at once loses none, and a hook may call anything in the library without deadlock.",
			checks: []check{
				{"a thousand registrations at once", nil, checkManyRegistrations},
				{"a hook calls everything", nil, checkHookCallsEverything},
			},
		},
		{
			ID: "HOOK-8", Level: Core,
			Sentence: "A hook that returns after it was let go of changes nothing.",
			premise: func(s model.Scenario, want model.Trace) bool {
				return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool {
					return r.Fate != model.Ended && s.Hooks[r.Hook-1].Lasts != model.Never
				})
			},
			examples: []model.Scenario{
				{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{plain, {Lasts: 5*second + 2, Ends: model.ReturnsError}}},
				{ShutdownTimeout: 3 * second, Main: ends, Hooks: []model.Hook{plain, {Lasts: 5*second + 2, Ends: model.Panics}}},
				// Only one that was abandoned can come back while others run.
				two(model.Hook{Lasts: 4*second + 1}, model.Hook{Lasts: 3*second + 4, Timeout: 2*second + 2, Ends: model.ReturnsError}),
				two(model.Hook{Lasts: 4*second + 1}, model.Hook{Lasts: 3*second + 4, Timeout: 2*second + 2, Ends: model.Panics}),
			},
		},
		{
			ID: "HOOK-10", Level: Extended,
			Sentence: "A hook is taken back by the function that OnShutdownContext returns, never nil, and what it holds is let go of: true if it will not run for that, false if it has begun, was taken back before or was dropped by the shutdown timeout. From anywhere at any time.",
			premise:  func(s model.Scenario, _ model.Trace) bool { return len(s.TakeBacks) > 0 },
			needs:    []Need{NeedOnShutdownStop},
			examples: takeBacks(ends),
			checks: []check{
				{"what it holds is let go of", []Need{NeedOnShutdownStop}, checkTakenBackIsLetGo},
				{"every second of a thousand, twice at once", []Need{NeedOnShutdownStop}, checkManyTakenBack},
				{"as it begins", []Need{NeedOnShutdownStop}, checkTakenBackAsItBegins},
			},
		},
		{
			ID: "HOOK-9", Level: Extended,
			Sentence: "With a context that does not come from Run, nothing does harm, and each call logs an error with its place; groups, done and handlers can be used, and what would serve returns an error.",
			checks:   foreignChecks(),
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
	return []model.Scenario{
		scenario(model.TakeBack{Hook: 2}),
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
		Sentence: "A hook that exceeds its own timeout is abandoned with an error, its context cancelled, and the next begins; one of zero or less is none. A hook that returns context.Canceled gets a log line that says why, and names OnShutdownContext.",
		premise: func(_ model.Scenario, want model.Trace) bool {
			return slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return r.Fate == model.Abandoned && !r.Late })
		},
		needs: []Need{NeedOnShutdownContext},
		examples: []model.Scenario{
			two(plain, model.Hook{Lasts: model.Never, Timeout: 2*second + 2}),
			two(plain, model.Hook{Lasts: 3*second + 4, Timeout: 2*second + 2, Ends: model.ReturnsError}),
			two(plain, model.Hook{Lasts: model.Never, Aware: true, Timeout: 2*second + 2}),
		},
		checks: []check{
			{"a hook that used the run's context is told so", []Need{NeedRunWith}, checkCanceledHint},
			{"a timeout of zero or less is none", []Need{NeedRunWith, NeedOnShutdownContext}, checkNoHookTimeout},
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
