package clauses

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// checkClauses are about the checks behind readiness, and start-up.
func checkClauses() []Clause {
	return []Clause{
		{
			ID: "HEALTH-8", Level: Core,
			Sentence: "A check that panics, panic(nil) included, whose error panics in Error, or that calls Goexit, is a failed check, whether it takes a context or not; the process and the other checks go on.",
			Premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return len(want.Answers[i].Ran) > 0 && scenarios.WildCheck(s)
			}),
			Needs: []subject.Need{subject.NeedHealth},
			Examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{Ends: model.Panics}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{Ends: model.PanicsNil}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{Ends: model.CallsGoexit}, model.Check{}),
			},
			Checks: []Check{
				{"an error that panics in Error", []subject.Need{subject.NeedHealth}, checks.PanickingError},
				{"a check panics with values of any type", []subject.Need{subject.NeedHealth}, checks.PanicValues},
				{"checks that take a context", []subject.Need{subject.NeedAddCheckContext}, checks.WildContexts},
				{"panic(nil) as it was before Go 1.21", []subject.Need{subject.NeedHealth}, checks.NilPanics},
				{"a check panics or calls Goexit hundreds of times", []subject.Need{subject.NeedHealth}, checks.ManyWild},
				{"a check panics or calls Goexit when its timeout is over", []subject.Need{subject.NeedAddCheckContext}, checks.LateWild},
				{"hundreds of checks panic or call Goexit at once, and others run after them", []subject.Need{subject.NeedAddCheckContext}, checks.WildLoseNothing},
			},
		},
		slowCheckClause(),
		{
			ID: "HEALTH-10", Level: Extended,
			Sentence: "Checks run concurrently, but a thousand checks do not start a thousand goroutines at once, and hung checks do not starve the others. A run's timeout counts from the first probe that asked for it, time in the queue included, and that one deadline decides for every prober.",
			Checks: []Check{
				{"ten checks that take 10 ms each take 10 ms together", []subject.Need{subject.NeedAddCheckContext}, checks.SideBySide},
				{"a thousand checks, bounded", []subject.Need{subject.NeedAddCheckContext}, checks.Thousand},
				{"a thousand checks, bounded after runs that were slow, or hung", []subject.Need{subject.NeedAddCheckContext}, checks.ThousandAfterSlow},
				{"a thousand checks, the timeout of those that wait for their turn", []subject.Need{subject.NeedAddCheckContext}, checks.QueuedDeadline},
				{"a hundred checks that hang, and one that does not", []subject.Need{subject.NeedAddCheckContext}, checks.NoStarving},
				{"optional checks that hang in the queue", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.OptionalInQueue},
				{"a thousand checks that hang, and a hundred that do not", []subject.Need{subject.NeedAddCheckContext}, checks.ManyHung},
				{"ten checks, after hundreds of runs that ended in every way", []subject.Need{subject.NeedAddCheckContext}, checks.NothingLost},
				{"hundreds of checks that hang with a short timeout", []subject.Need{subject.NeedAddCheckContext}, checks.HurriedAmongHung},
				{"timeouts of all lengths, of a handler of any age", []subject.Need{subject.NeedAddCheckContext}, checks.MixedTimeouts},
			},
		},
		{
			ID: "HEALTH-11", Level: Extended,
			Sentence: "A client that goes away does not fail the check for the others.",
			Checks:   []Check{{"two probes share a run, one leaves", []subject.Need{subject.NeedAddCheckContext}, checks.ClientLeaves}},
		},
		{
			ID: "HEALTH-12", Level: Core,
			Sentence: "Any name and error text gives valid JSON with sorted keys. A text over 1 KiB is cut on a rune boundary; a text that is empty or ok still says that the check failed, and of two names that become equal the failing one is shown.",
			Checks: []Check{
				{"unusual names and texts", []subject.Need{subject.NeedHealth}, checks.UnusualTexts},
				{"long names", []subject.Need{subject.NeedHealth}, checks.LongNames},
				{"keys are sorted", []subject.Need{subject.NeedHealth}, checks.SortedKeys},
				{"keys are sorted when checks are added later", []subject.Need{subject.NeedHealth}, checks.SortedKeysOfLater},
				{"checks that fail in every way", []subject.Need{subject.NeedHealth, subject.NeedAddCheckContext}, checks.FailingTexts},
				{"names that become equal", []subject.Need{subject.NeedHealth, subject.NeedAddCheckContext}, checks.EqualNames},
				{"texts that are not UTF-8, short and long", []subject.Need{subject.NeedAddCheckContext}, checks.InvalidTexts},
				{"hundreds and thousands of long texts", []subject.Need{subject.NeedHealth}, checks.LargeBody},
				{"unusual reasons", []subject.Need{subject.NeedSetNotReady}, checks.UnusualReasons},
				{"long, empty and misleading texts", []subject.Need{subject.NeedHealth, subject.NeedAddCheckContext}, checks.Clipped},
			},
		},
		{
			ID: "HEALTH-13", Level: Core,
			Sentence: "AddCheck with a name that exists replaces the check, and RemoveCheck removes it, at once for every probe that begins later. A probe under way does not wait for it and leaves it out, and what its run still returns is neither shown nor logged. A nil function is a check that fails and says so.",
			Checks: []Check{
				{"the second check of a name replaces the first", []subject.Need{subject.NeedHealth}, checks.Replaced},
				{"a nil function", []subject.Need{subject.NeedHealth}, checks.NilCheck},
				{"a check is removed, and one that does not exist", []subject.Need{subject.NeedRemoveCheck}, checks.Removed},
				{"a check whose result is cached is replaced", []subject.Need{subject.NeedAddCheckContext}, checks.ReplacedCached},
				{"a check is replaced by one with other settings", []subject.Need{subject.NeedAddCheckContext}, checks.ReplacedWithOtherSettings},
				{"a check is replaced while a probe waits for another", []subject.Need{subject.NeedAddCheckContext}, checks.ReplacedAfterItsRun},
				{"a check is replaced while a probe waits for it", []subject.Need{subject.NeedAddCheckContext, subject.NeedRemoveCheck}, checks.ReplacedUnderWay},
			},
		},
		{
			ID: "HEALTH-14", Level: Core,
			Sentence: "AddCheck, SetReady, the handlers, RemoveCheck, AddCheckContext and Follow may be called from anywhere at any time, from inside a check too.",
			Checks: []Check{
				{"Core functions from inside a check", []subject.Need{subject.NeedHealth}, checks.Reentrant},
				{"Core functions from inside the error of a check", []subject.Need{subject.NeedHealth}, checks.ReentrantError},
				{"RemoveCheck from inside a check", []subject.Need{subject.NeedRemoveCheck}, checks.RemoveInside},
				{"AddCheckContext from inside a check", []subject.Need{subject.NeedAddCheckContext}, checks.AddContextInside},
				{"Follow from inside a check", []subject.Need{subject.NeedFollow, subject.NeedRunWith}, checks.FollowInside},
				{"readiness from inside a check", []subject.Need{subject.NeedHealth}, checks.ReadinessInside},
				{"readiness and start-up from inside a check", []subject.Need{subject.NeedAddCheckContext, subject.NeedStartup}, checks.ProbesInside},
				{"readiness of groups and SetNotReady from inside a check", []subject.Need{subject.NeedGroups}, checks.GroupsInside},
				{"probes while an answer is written", []subject.Need{subject.NeedHealth}, checks.BodiesAtOnce},
				{"every function from inside the logger", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.InsideLogger},
				{"every function from inside an observer of checks", []subject.Need{subject.NeedHealthObserver}, checks.InsideObserver},
				{"calls from many goroutines", []subject.Need{subject.NeedHealth}, checks.ConcurrentHealth},
				{"SetReady and Follow at once", []subject.Need{subject.NeedFollow}, checks.ReadyAndFollowAtOnce},
			},
		},
		{
			ID: "HEALTH-15", Level: Extended,
			Sentence: "An optional check is listed and does not fail readiness, and a slow one does not delay the answer by more than 100 ms beyond the others: it is listed as still running. Startup is 503 until running has been reached, or a stop has come first, and 200 from then on, even after a later Follow.",
			Premise:  optionalOrStartup, Needs: []subject.Need{subject.NeedAddCheckContext, subject.NeedStartup, subject.NeedFollow},
			Examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1), model.Check{Optional: true, Ends: model.ReturnsError}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 5), model.Check{Optional: true, Lasts: model.Never}, model.Check{Lasts: second + 8}),
				with(asks, probes(model.Readiness, 1), model.Check{Optional: true, Lasts: second + 4}),
				with(drains, probes(model.Startup, 1, 7, 20)),
				{ManualStart: true, Follow: true, Main: longMain, Starts: []time.Duration{second}, Probes: probes(model.Startup, 1, 3)},
				{ManualStart: true, Follow: true, Main: model.Main{After: second}, Probes: probes(model.Startup, 1, 3)},
			},
			Checks: []Check{
				{"start-up in every state, and whatever readiness is", []subject.Need{subject.NeedStartup, subject.NeedFollow, subject.NeedManualStart, subject.NeedMarkStarted}, checks.StartupInEveryState},
				{"start-up without a run", []subject.Need{subject.NeedStartup}, checks.StartupOfNoRun},
				{"start-up when another run is followed", []subject.Need{subject.NeedStartup, subject.NeedFollow, subject.NeedManualStart}, checks.StartupForEver},
				{"hundreds of slow optional checks", []subject.Need{subject.NeedAddCheckContext}, checks.ManySlowOptional},
				{"start-up of the run in the request's context", []subject.Need{subject.NeedStartup, subject.NeedFollow, subject.NeedManualStart, subject.NeedMarkStarted}, checks.StartupByRequest},
				{"optional checks that end one after another", []subject.Need{subject.NeedAddCheckContext}, checks.OptionalOneByOne},
				{"an optional check with other settings", []subject.Need{subject.NeedAddCheckContext}, checks.OptionalInAllSettings},
			},
		},
	}
}

func slowCheckClause() Clause {
	brief := asks
	brief.CheckTimeout = 2 * second
	return Clause{
		ID: "HEALTH-9", Level: Extended,
		Sentence: "A check that exceeds its timeout, with the Error of what it returns, is reported as failed, in time for the answer, to every probe that waits for that run, early or late, so that probers do not disagree for good. At most one run of a check is under way. A probe gets no result of an earlier run unless that is still under way or cached.",
		Premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
			return want.Answers[i].At > s.Probes[i].At
		}),
		Needs: []subject.Need{subject.NeedAddCheckContext},
		Examples: []model.Scenario{
			with(asks, probes(model.Readiness, 1, 9), model.Check{Lasts: model.Never}, model.Check{}),
			with(brief, probes(model.Readiness, 1, 2, 9), model.Check{Lasts: second + 8}),
			with(brief, probes(model.Readiness, 1, 2, 9), model.Check{Lasts: model.Never}),
		},
		Checks: []Check{
			{"a check hangs for hours", []subject.Need{subject.NeedAddCheckContext}, checks.HungIsNotGivenUp},
			{"a result is that of a run that begins with the probe", []subject.Need{subject.NeedAddCheckContext}, checks.ResultsAreFresh},
			{"a result is kept for as long as CacheFor says", []subject.Need{subject.NeedAddCheckContext}, checks.CacheFor},
			{"CacheFor with any result, and with any other settings", []subject.Need{subject.NeedAddCheckContext}, checks.CachedInAllSettings},
			{"after a run that ends too late, the next run counts", []subject.Need{subject.NeedAddCheckContext}, checks.LateEnds},
			{"timeouts of every length", []subject.Need{subject.NeedAddCheckContext}, checks.AnyTimeout},
			{"checks that hang after they failed with several texts", []subject.Need{subject.NeedAddCheckContext}, checks.HangAfterTexts},
			{"a check without settings", []subject.Need{subject.NeedAddCheckContext}, checks.AddedPlainly},
			{"a CacheFor of every length", []subject.Need{subject.NeedAddCheckContext}, checks.AnyCacheFor},
			{"a result that came too late", []subject.Need{subject.NeedAddCheckContext}, checks.LateAndCached},
			{"an error whose text takes long", []subject.Need{subject.NeedAddCheckContext}, checks.SlowError},
			{"probers that come early and late", []subject.Need{subject.NeedAddCheckContext}, checks.ProbersAgree},
			{"checks with timeouts of their own", []subject.Need{subject.NeedAddCheckContext}, checks.OwnTimeouts},
			{"hundreds of probers at once", []subject.Need{subject.NeedAddCheckContext}, checks.ManyProbers},
		},
	}
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
