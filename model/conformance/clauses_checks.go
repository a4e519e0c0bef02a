package conformance

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// checkClauses are about the checks behind readiness, and start-up.
func checkClauses() []Clause {
	return []Clause{
		{
			ID: "HEALTH-8", Level: Core,
			Sentence: "A check that panics, nil too and in the error's Error, or calls Goexit is a failed check, whether it takes a context or not; the process and the other checks go on.",
			premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return len(want.Answers[i].Ran) > 0 && wildCheck(s)
			}),
			needs: []Need{NeedHealth},
			examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{Ends: model.Panics}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{Ends: model.PanicsNil}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{Ends: model.CallsGoexit}, model.Check{}),
			},
			checks: []check{
				{"an error that panics in Error", []Need{NeedHealth}, checkPanickingError},
				{"checks that take a context", []Need{NeedAddCheckContext}, checkWildContexts},
			},
		},
		slowCheckClause(),
		{
			ID: "HEALTH-10", Level: Extended,
			Sentence: "Checks run side by side, but a thousand do not start a thousand goroutines at once; hung ones do not starve the others of their turn. A run's timeout counts from the first probe that asked for it, time in the queue included, and that one deadline decides for every prober.",
			checks: []check{
				{"ten that take 10 ms take 10 ms", []Need{NeedAddCheckContext}, checkSideBySide},
				{"a thousand checks, bounded", []Need{NeedAddCheckContext}, checkThousand},
				{"a hundred that hang, and one that does not", []Need{NeedAddCheckContext}, checkNoStarving},
				{"a thousand that hang, and a hundred that do not", []Need{NeedAddCheckContext}, checkManyHung},
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
				{"odd reasons", []Need{NeedSetNotReady}, checkOddReasons},
				{"long, empty and misleading texts", []Need{NeedHealth, NeedAddCheckContext}, checkClipped},
			},
		},
		{
			ID: "HEALTH-13", Level: Core,
			Sentence: "AddCheck with a name already there replaces it, and RemoveCheck takes it away, where there is one, at once for every probe that begins later; a probe under way does not wait for it and leaves it out, and what its run still says is neither shown nor logged. A nil function is a check that fails readiness and says so.",
			checks: []check{
				{"the second replaces the first", []Need{NeedHealth}, checkReplaced},
				{"a nil function", []Need{NeedHealth, NeedAddCheckContext}, checkNilCheck},
				{"a check is removed, and so is what is not there", []Need{NeedRemoveCheck}, checkRemoved},
				{"while a probe waits for it", []Need{NeedAddCheckContext, NeedRemoveCheck}, checkReplacedUnderWay},
			},
		},
		{
			ID: "HEALTH-14", Level: Core,
			Sentence: "AddCheck, SetReady, the handlers, RemoveCheck, AddCheckContext and Follow may be called from anywhere at any time, from inside a check too.",
			checks: []check{
				{"from inside a check", []Need{NeedHealth}, checkReentrant},
				{"RemoveCheck from inside a check", []Need{NeedRemoveCheck}, checkRemoveInside},
				{"AddCheckContext from inside a check", []Need{NeedAddCheckContext}, checkAddContextInside},
				{"Follow from inside a check", []Need{NeedFollow, NeedRunWith}, checkFollowInside},
				{"readiness and start-up from inside a check", []Need{NeedAddCheckContext, NeedStartup}, checkProbesInside},
				{"from many goroutines", []Need{NeedHealth}, checkConcurrentHealth},
			},
		},
		{
			ID: "HEALTH-15", Level: Extended,
			Sentence: "An optional check is listed and does not fail readiness, nor does a slow one delay the answer by more than 100 ms beyond the others: it is listed as still running. Startup is 503 until running has been reached, and 200 ever after, a later Follow notwithstanding.",
			premise:  optionalOrStartup, needs: []Need{NeedAddCheckContext, NeedStartup, NeedFollow},
			examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1), model.Check{Optional: true, Ends: model.ReturnsError}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 5), model.Check{Optional: true, Lasts: model.Never}, model.Check{Lasts: second + 8}),
				with(asks, probes(model.Readiness, 1), model.Check{Optional: true, Lasts: second + 4}),
				with(drains, probes(model.Startup, 1, 7, 20)),
				{ManualStart: true, Follow: true, Main: longMain, Starts: []time.Duration{second}, Probes: probes(model.Startup, 1, 3)},
				{ManualStart: true, Follow: true, Main: model.Main{After: second}, Probes: probes(model.Startup, 1, 3)},
			},
			checks: []check{{"start-up when another run is followed", []Need{NeedStartup, NeedFollow, NeedRunWith}, checkStartupForEver}},
		},
	}
}

func slowCheckClause() Clause {
	brief := asks
	brief.CheckTimeout = 2 * second
	return Clause{
		ID: "HEALTH-9", Level: Extended,
		Sentence: "A check that exceeds its timeout is reported failed in time for the answer, to every probe that gets that run, early or late, so that probers never disagree for good; at most one run of a check is under way; a probe gets no result of an earlier run unless that is still under way or cached.",
		premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
			return want.Answers[i].At > s.Probes[i].At
		}),
		needs: []Need{NeedAddCheckContext},
		examples: []model.Scenario{
			with(asks, probes(model.Readiness, 1, 9), model.Check{Lasts: model.Never}, model.Check{}),
			with(brief, probes(model.Readiness, 1, 2, 9), model.Check{Lasts: second + 8}),
			with(brief, probes(model.Readiness, 1, 2, 9), model.Check{Lasts: model.Never}),
		},
		checks: []check{
			{"a result is kept for as long as CacheFor says", []Need{NeedAddCheckContext}, checkCacheFor},
			{"probers that come early and late", []Need{NeedAddCheckContext}, checkProbersAgree},
			{"timeouts of their own", []Need{NeedAddCheckContext}, checkOwnTimeouts},
		},
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
