package conformance

func logClauses() []Clause {
	logger := []Need{NeedRunWith, NeedLogger}
	return []Clause{
		{
			ID: "LOG-1", Level: Extended,
			Sentence: "Each transition is one record, with from, to, event and elapsed; that of draining has the cause, at (the place that caused it), waits_for as it was before the cancel, and at_most. Durations are text. A record's source is the place that it is about, else the call of Run.",
			checks: []check{
				{"each transition is one record", append(logger, NeedStop, NeedTrack), checkTransitionsAreLogged},
				{"the cause and its place", append(logger, NeedStop, NeedGo), checkCauseIsLogged},
				{"what is waited for is as before the cancel", append(logger, NeedStop, NeedTrack), checkWaitsForIsOfBefore},
				{"durations are text, and every record has a source", append(logger, NeedStop, NeedTrack), checkDurationsAreText},
				{"the source of a record that is about a call", append(logger, NeedGo), checkPlaceIsSource},
			},
		},
		{
			ID: "LOG-2", Level: Extended,
			Sentence: "After an interrupt the log says that a further one ends the phase. With manual start there is a warning after a minute of starting, and after each doubling.",
			checks: []check{
				{"after an interrupt the log says more than after a SIGTERM", logger, checkInterruptIsExplained},
				{"warnings while starting", append(logger, NeedMarkStarted), checkLongStartIsLogged},
			},
		},
	}
}
