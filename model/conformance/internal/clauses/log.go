package clauses

import (
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func logClauses() []Clause {
	logger := []subject.Need{subject.NeedLogger}
	return []Clause{
		{
			ID: "LOG-1", Level: Extended,
			Sentence: "Each transition is one record, with from, to, event, elapsed (since the transition before, or since the run began) and, if a timeout or a signal forced it, the cause. The record of draining has the cause, at (the call site that caused it), waits_for (how much of each kind of work, or of all, as it was before the cancel) and at_most. Durations are text that time.ParseDuration reads. Every record has a time. A record's source is the call site that it is about, otherwise the call of Run. A logger gets the records that it is enabled for.",
			Checks: []Check{
				{"each transition is one record", append(logger, subject.NeedStop, subject.NeedTrack), checks.TransitionsAreLogged},
				{"a logger that is enabled for warnings only", append(logger, subject.NeedStop, subject.NeedTrack), checks.LoggerIsAsked},
				{"the records of every way through the table", append(logger, subject.NeedSignals, subject.NeedTrack), checks.PathIsLogged},
				{"a phase lasts no longer than at_most says", append(logger, subject.NeedDelay, subject.NeedStop, subject.NeedTrack), checks.AtMostIsEnough},
				{"the cause and its call site", append(logger, subject.NeedStop, subject.NeedGo, subject.NeedSignals), checks.CauseIsLogged},
				{"waits_for lists what was in flight before the cancel", append(logger, subject.NeedStop, subject.NeedTrack), checks.WaitsForIsOfBefore},
				{"waits_for shows amounts", append(logger, subject.NeedStop, subject.NeedTrack), checks.WaitsForTellsAmounts},
				{"waits_for has main only while that runs", append(logger, subject.NeedStop, subject.NeedTrack), checks.WaitsForMainWhileItRuns},
				{"durations are text, and every record has a source and a time", append(logger, subject.NeedStop, subject.NeedTrack, subject.NeedDelay), checks.DurationsAreText},
				{"the level of the moment", logger, checks.LevelOfTheMoment},
				{"what took days", logger, checks.LongAgo},
				{"the source of a record that is about a call", append(logger, subject.NeedGo), checks.PlaceIsSource},
				{"the cause of a forced transition", append(logger, subject.NeedSignals, subject.NeedTrack), checks.ForcedIsLogged},
				{"the source of every record that has a call site", append(logger, subject.NeedGo, subject.NeedTrack), checks.PlaceIsAlwaysSource},
				{"the source of the record of a failed hook, or task", logger, checks.SourceOfFailedHook},
				{"the source of every record, however main ends", logger, checks.SourceOfMain},
				{"the source of a stop without a call site", append(logger, subject.NeedStop, subject.NeedSignals), checks.SourceOfNoPlace},
			},
		},
		{
			ID: "LOG-2", Level: Extended,
			Sentence: "After an interrupt the log says that another one ends the phase. With manual start there is a warning after a minute of starting, and after each doubling of that.",
			Checks: []Check{
				{"after an interrupt the log says more than after a SIGTERM", append(logger, subject.NeedSignals), checks.InterruptIsExplained},
				{"warnings while starting", append(logger, subject.NeedMarkStarted, subject.NeedManualStart), checks.LongStartIsLogged},
			},
		},
	}
}
