package clauses

import (
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// operatorClauses are about what those who run a service are told, and can set.
func operatorClauses() []Clause {
	return []Clause{
		{
			ID: "HEALTH-16", Level: Extended,
			Sentence: "A check that exceeds its timeout is logged by then, whoever asked and whether or not they still wait. One record, and one call of each observer with the text that readiness shows, is made when a check begins to fail, when it fails with another text than the last one logged (at most once a minute), and when it passes again, which takes a run within its timeout, and nothing else that is said above Debug names it; in order, without delaying a probe, and whether or not an earlier call has failed. A replacement inherits that the check is failing; removal ends it silently.",
			Checks: []Check{
				{"a check that hangs when every prober has hung up", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.HungIsLogged},
				{"a check that hangs, whatever its settings", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.HungIsLoggedWhateverElse},
				{"a check with FailAfter, whatever its other settings", []subject.Need{subject.NeedHealthLog, subject.NeedFailAfter}, checks.FailAfterWhateverElse},
				{"each change is one line, and one call", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext, subject.NeedRemoveCheck}, checks.Changes},
				{"a check that is always late does not pass again", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.LateIsNoRecovery},
				{"several checks that change at once, several times", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.ManyChanges},
				{"timeouts that FailAfter tolerates", []subject.Need{subject.NeedHealthLog, subject.NeedFailAfter}, checks.ToleratedTimeouts},
				{"a check that hangs soon after it failed with another text", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.HangAfterAnotherText},
				{"a check passes late, but in time", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.SlowIsNotLogged},
				{"a check is late twice within a minute", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.LateAgainWithinAMinute},
				{"a failing check is replaced", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.ReplacementInherits},
				{"failures whose text stays", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.TextsThatStay},
				{"texts that change within a minute, and one that stays", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.TextsThatFlap},
				{"with FailAfter, the text of the n-th run", []subject.Need{subject.NeedHealthLog, subject.NeedFailAfter}, checks.TextsUntilItFails},
				{"thousands of changes, in order", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.ChangesInOrder},
				{"the time at which a timeout was exceeded", []subject.Need{subject.NeedHealthObserver}, checks.TimeOfTimeout},
				{"a check that is replaced each second", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.ReplacedEachSecond},
				{"a check that is removed and added again", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext, subject.NeedRemoveCheck}, checks.RemovedAndAdded},
				{"changes with any settings, and whether probers wait or not", []subject.Need{subject.NeedHealthLog, subject.NeedAddCheckContext}, checks.ChangesWhateverElse},
				{"texts are those that readiness shows", []subject.Need{subject.NeedHealthObserver}, checks.ObservedTexts},
				{"an observer that takes long", []subject.Need{subject.NeedHealthObserver}, checks.SlowObserverGetsAll},
				{"observers and loggers that fail each time", []subject.Need{subject.NeedHealthLog, subject.NeedHealthObserver, subject.NeedAddCheckContext}, checks.FailingObserverGetsAll},
				{"observers that hang and panic", []subject.Need{subject.NeedHealthObserver}, checks.SlowObserver},
			},
		},
		{
			ID: "HEALTH-17", Level: Extended,
			Sentence: "ReadinessOf and CheckOf run the checks of the given groups and those without a group, and otherwise do what readiness does, which runs all. An unknown group has no checks; with no group given there are only the checks without one. A check in several groups is one check.",
			Checks: []Check{
				{"groups, known and unknown", []subject.Need{subject.NeedGroups}, checks.Groups},
				{"a check that is added later", []subject.Need{subject.NeedGroups}, checks.GroupsOfLater},
				{"a check in two groups", []subject.Need{subject.NeedGroups}, checks.GroupsShare},
				{"hundreds of groups", []subject.Need{subject.NeedGroups}, checks.ManyCheckGroups},
				{"readiness of groups answers requests as readiness does", []subject.Need{subject.NeedGroups}, checks.GroupsAnswerAlike},
				{"readiness of groups in every state of a run", []subject.Need{subject.NeedGroups, subject.NeedFollow, subject.NeedManualStart, subject.NeedMarkStarted}, checks.GroupsFollow},
				{"lists of groups that the caller changes later", []subject.Need{subject.NeedGroups}, checks.EditedGroups},
				{"CheckOf", []subject.Need{subject.NeedCheckOf}, checks.CheckOf},
				{"SetReady while CheckOf is under way", []subject.Need{subject.NeedCheckOf}, checks.CheckOfUnderWay},
				{"what CheckOf has returned", []subject.Need{subject.NeedCheckOf}, checks.CheckOfIsTheCallers},
				{"a slow optional check in a group", []subject.Need{subject.NeedCheckOf}, checks.GroupsDoNotWaitForOptional},
				{"CheckOf, whatever the settings", []subject.Need{subject.NeedCheckOf}, checks.CheckOfInAllSettings},
			},
		},
		{
			ID: "HEALTH-18", Level: Extended,
			Sentence: "FailAfter(n): the check fails from the n-th failing run in a row on; until then it is listed with its text, and passes. RefreshAhead: a probe that finds a cached result in the second half of its CacheFor is answered with it and begins a run that no probe waits for.",
			Checks: []Check{
				{"a check fails with the third of three failing runs", []subject.Need{subject.NeedFailAfter}, checks.FailAfter},
				{"a check fails with the n-th failing run, for many n", []subject.Need{subject.NeedFailAfter}, checks.FailAfterMany},
				{"runs that exceed their timeout, and a count that begins anew", []subject.Need{subject.NeedFailAfter}, checks.FailAfterCountsAll},
				{"probes in both halves of CacheFor", []subject.Need{subject.NeedRefreshAhead}, checks.RefreshAhead},
				{"runs ahead with other settings", []subject.Need{subject.NeedRefreshAhead}, checks.RefreshedInAllSettings},
			},
		},
		{
			ID: "HEALTH-19", Level: Extended,
			Sentence: "SetNotReady is SetReady(false), and the answer has that reason until SetReady is called, even if Follow is called meanwhile.",
			Checks: []Check{
				{"SetNotReady with a reason, and without one", []subject.Need{subject.NeedSetNotReady}, checks.Reason},
				{"SetNotReady with a reason, and Follow", []subject.Need{subject.NeedSetNotReady, subject.NeedFollow}, checks.ReasonAndFollow},
				{"SetNotReady while a probe is under way", []subject.Need{subject.NeedSetNotReady}, checks.ReasonUnderWay},
			},
		},
	}
}
