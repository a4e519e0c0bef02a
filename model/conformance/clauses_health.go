package conformance

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// probed says whether the scenario has a probe of that sort.
func probed(of model.Ask, such func(s model.Scenario, want model.Trace, i int) bool) func(model.Scenario, model.Trace) bool {
	return func(s model.Scenario, want model.Trace) bool {
		for i, p := range s.Probes {
			if p.Of == of && such(s, want, i) {
				return true
			}
		}
		return false
	}
}

func anyProbe(model.Scenario, model.Trace, int) bool { return true }

// probes asks for readiness at each of the instants.
func probes(of model.Ask, at ...int) (all []model.Probe) {
	for _, n := range at {
		all = append(all, model.Probe{Of: of, At: second/2*time.Duration(n) + 64})
	}
	return all
}

func healthClauses() []Clause {
	long := model.Main{After: 10 * second}
	drains := model.Scenario{Follow: true, Main: model.Main{After: 2 * second}, Groups: busyFor(model.Unit{Lasts: 5 * second}), Hooks: []model.Hook{{Lasts: 2*second + 1}}}
	with := func(s model.Scenario, ps []model.Probe, checks ...model.Check) model.Scenario {
		s.Probes, s.Checks = ps, checks
		return s
	}
	asks := model.Scenario{Main: long}
	off := model.Scenario{Main: long, Ready: []model.Ready{{At: second, Is: false}, {At: 3 * second, Is: true}}}
	return []Clause{
		{
			ID: "HEALTH-1", Level: Core,
			Sentence: "Liveness answers 200 to GET and HEAD always; it runs no check, waits for nothing and shares no lock with checks.",
			premise:  probed(model.Liveness, anyProbe), needs: []Need{NeedHealth},
			examples: []model.Scenario{
				with(asks, probes(model.Liveness, 1, 3), model.Check{Ends: model.ReturnsError}),
				with(off, probes(model.Liveness, 1, 3), model.Check{}),
			},
			checks: []check{
				{"the body, for GET and HEAD", []Need{NeedHealth}, checkLivenessBody},
				{"while a check hangs", []Need{NeedHealth}, checkLivenessBesideHungCheck},
			},
		},
		{
			ID: "HEALTH-2", Level: Core,
			Sentence: "Readiness runs every check. All pass: 200, ok; any fails: 503, degraded; checks maps each name to ok or the error's text. No checks: 200, without checks.",
			premise:  probed(model.Readiness, func(_ model.Scenario, want model.Trace, i int) bool { return want.Answers[i].Status != "not_ready" }),
			needs:    []Need{NeedHealth},
			examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1)),
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{Ends: model.ReturnsError}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{}),
			},
			checks: []check{{"the body", []Need{NeedHealth}, checkReadinessBody}},
		},
		{
			ID: "HEALTH-3", Level: Core,
			Sentence: "After SetReady(false): 503, not_ready, and no check is run, until SetReady(true).",
			premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return want.Answers[i].Status == "not_ready" && (!s.Follow || stateAt(want, s.Probes[i].At) == model.Running)
			}),
			needs:    []Need{NeedHealth},
			examples: []model.Scenario{with(off, probes(model.Readiness, 1, 3, 7), model.Check{})},
		},
		{
			ID: "HEALTH-4", Level: Extended,
			Sentence: "Readiness is running, and SetReady, and every check. In any other state of the lifecycle that is followed: 503, not_ready, the state is named, no check is run, and SetReady(true) does not help.",
			premise:  probed(model.Readiness, func(s model.Scenario, _ model.Trace, _ int) bool { return s.Follow }),
			needs:    []Need{NeedFollow},
			examples: []model.Scenario{
				with(drains, probes(model.Readiness, 1, 7, 11, 20), model.Check{}),
				withReady(with(drains, probes(model.Readiness, 1, 7, 11, 20)), model.Ready{At: 3*second + 2, Is: true}),
			},
			checks: []check{
				{"Follow with a foreign context changes nothing", []Need{NeedFollow}, checkFollowNothing},
			},
		},
		{
			ID: "HEALTH-5", Level: Extended,
			Sentence: "The state and SetReady are looked at again when the checks are done: a probe under way when draining begins answers 503.",
			premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return want.Answers[i].Status == "not_ready" && want.Answers[i].At > s.Probes[i].At
			}),
			needs: []Need{NeedFollow, NeedAddCheckContext},
			examples: []model.Scenario{
				with(drains, probes(model.Readiness, 3), model.Check{Lasts: second + 8}),
				with(off, probes(model.Readiness, 1), model.Check{Lasts: second + 8}),
			},
		},
		{
			ID: "HEALTH-6", Level: Core,
			Sentence: "Content-Type is application/json, responses are not cached, HEAD is GET without a body, other methods get 405 with Allow, and every body has tool and version.",
			checks: []check{
				{"the type, the methods, tool and version", []Need{NeedHealth}, checkHTTP},
				{"no-store, and the right length", []Need{NeedHealth, NeedFollow}, checkHeaders},
			},
		},
		{
			ID: "HEALTH-7", Level: Core,
			Sentence: "uptime is whole seconds as time.Duration prints them, and never goes back.",
			checks:   []check{{"through hours of virtual time", []Need{NeedHealth}, checkUptime}},
		},
		{
			ID: "HEALTH-8", Level: Core,
			Sentence: "A check that panics, nil too, or calls Goexit is a failed check; the process and the other checks go on.",
			premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return len(want.Answers[i].Ran) > 0 && wildCheck(s)
			}),
			needs: []Need{NeedHealth},
			examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{Ends: model.Panics}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{Ends: model.PanicsNil}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{Ends: model.CallsGoexit}, model.Check{}),
			},
			checks: []check{{"an error that panics in Error", []Need{NeedHealth}, checkPanickingError}},
		},
		slowCheckClause(with, asks),
		{
			ID: "HEALTH-10", Level: Extended,
			Sentence: "Checks run side by side, but a thousand do not start a thousand goroutines at once; hung ones do not starve the others.",
			checks: []check{
				{"ten that take 10 ms take 10 ms", []Need{NeedAddCheckContext}, checkSideBySide},
				{"a thousand checks, bounded", []Need{NeedAddCheckContext}, checkThousand},
				{"a hundred that hang, and one that does not", []Need{NeedAddCheckContext}, checkNoStarving},
			},
		},
		{
			ID: "HEALTH-11", Level: Extended,
			Sentence: "A client that goes away does not fail the check for the others.",
			checks:   []check{{"two probes share a run, one leaves", []Need{NeedAddCheckContext}, checkClientLeaves}},
		},
		{
			ID: "HEALTH-12", Level: Core,
			Sentence: "Any name and error text gives valid JSON with sorted keys; a long text is cut on a rune boundary, an empty one or ok still says that it failed.",
			checks: []check{
				{"odd names and texts", []Need{NeedHealth}, checkOddTexts},
				{"keys are sorted", []Need{NeedHealth}, checkSortedKeys},
				{"long, empty and misleading texts", []Need{NeedHealth, NeedAddCheckContext}, checkClipped},
			},
		},
		{
			ID: "HEALTH-13", Level: Core,
			Sentence: "AddCheck with a name already there replaces it; a nil function is a check that fails and says so.",
			checks: []check{
				{"the second replaces the first", []Need{NeedHealth}, checkReplaced},
				{"a nil function", []Need{NeedHealth, NeedAddCheckContext}, checkNilCheck},
			},
		},
		{
			ID: "HEALTH-14", Level: Core,
			Sentence: "AddCheck, SetReady and the handlers may be called from anywhere at any time, from inside a check too.",
			checks: []check{
				{"from inside a check", []Need{NeedHealth}, checkReentrant},
				{"from many goroutines", []Need{NeedHealth}, checkConcurrentHealth},
			},
		},
		{
			ID: "HEALTH-15", Level: Extended,
			Sentence: "An optional check is listed and does not fail readiness. Startup is 503 until running has been reached, and 200 ever after.",
			premise:  optionalOrStartup, needs: []Need{NeedAddCheckContext, NeedStartup, NeedFollow},
			examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1), model.Check{Optional: true, Ends: model.ReturnsError}, model.Check{}),
				with(drains, probes(model.Startup, 1, 7, 20)),
				{ManualStart: true, Follow: true, Main: long, Starts: []time.Duration{second}, Probes: probes(model.Startup, 1, 3)},
				{ManualStart: true, Follow: true, Main: model.Main{After: second}, Probes: probes(model.Startup, 1, 3)},
			},
		},
	}
}

func withReady(s model.Scenario, r ...model.Ready) model.Scenario {
	s.Ready = r
	return s
}

func slowCheckClause(with func(model.Scenario, []model.Probe, ...model.Check) model.Scenario, asks model.Scenario) Clause {
	brief := asks
	brief.CheckTimeout = 2 * second
	return Clause{
		ID: "HEALTH-9", Level: Extended,
		Sentence: "A check that exceeds its timeout is reported failed in time; at most one run of a check is under way; a probe gets no result of an earlier run unless that is still under way or cached.",
		premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
			return want.Answers[i].At > s.Probes[i].At
		}),
		needs: []Need{NeedAddCheckContext},
		examples: []model.Scenario{
			with(asks, probes(model.Readiness, 1, 9), model.Check{Lasts: model.Never}, model.Check{}),
			with(brief, probes(model.Readiness, 1, 2, 9), model.Check{Lasts: second + 8}),
			with(brief, probes(model.Readiness, 1, 2, 9), model.Check{Lasts: model.Never}),
		},
		checks: []check{{"a result is kept for as long as CacheFor says", []Need{NeedAddCheckContext}, checkCacheFor}},
	}
}

// wildCheck says whether a check panics or exits.
func wildCheck(s model.Scenario) bool {
	return slices.ContainsFunc(s.Checks, func(c model.Check) bool { return panics(c.Ends) || c.Ends == model.CallsGoexit })
}

func optionalOrStartup(s model.Scenario, want model.Trace) bool {
	optional := slices.ContainsFunc(s.Checks, func(c model.Check) bool { return c.Optional })
	for i, p := range s.Probes {
		if p.Of == model.Startup || optional && len(want.Answers[i].Ran) > 0 {
			return true
		}
	}
	return false
}
