package conformance

import (
	"time"

	"github.com/greynewell/mist-go/model"
)

func signalClauses() []Clause {
	hook := []model.Hook{{Lasts: 3*second + 1}}
	waits := model.Main{AfterCancel: true}
	stops := func(stops ...model.Stop) model.Scenario {
		return model.Scenario{Main: waits, Groups: busyFor(model.Unit{Lasts: model.Never}), Hooks: hook, Stops: stops}
	}
	term := func(at int) model.Stop {
		return model.Stop{By: model.SIGTERM, At: second + millis*50*time.Duration(at)}
	}
	interrupt := func(at int) model.Stop { return model.Stop{By: model.SIGINT, At: second + millis*50*time.Duration(at)} }
	return []Clause{
		{
			ID: "SIG-1", Level: Core,
			Sentence: "SIGINT or SIGTERM requests a stop at any moment from main's first line, one that waits in a signal source before that. A further SIGTERM does not kill the process, nor while hooks run, nor until observers and log are done.",
			premise:  func(_ model.Scenario, want model.Trace) bool { return stoppedBySignal(want) },
			needs:    []Need{NeedRunWith},
			examples: []model.Scenario{
				{Main: waits, Stops: []model.Stop{term(0)}, Hooks: hook},
				{Main: waits, Stops: []model.Stop{interrupt(0)}, Hooks: hook},
				stops(term(0), term(10), term(20)),
			},
			checks: []check{
				{"a real SIGTERM and a real SIGINT", []Need{NeedUnix}, checkRealSignals},
				{"in main's first line", []Need{NeedUnix}, checkFirstLineSignal},
				{"a further SIGTERM does not kill, in main or in a hook", []Need{NeedUnix}, checkFurtherSIGTERM},
				{"until observers and log are done", []Need{NeedUnix, NeedRunWith}, checkSignalsUntilReturn},
				{"a signal that is in the source before Run", []Need{NeedRunWith}, checkFilledSource},
			},
		},
		{
			ID: "SIG-2", Level: Extended,
			Sentence: "A further SIGINT at least 250 ms after the stop and the SIGINT before it ends the phase under way, as forced; a SIGTERM or a bounced key press never does. Whatever a signal source delivers requests a stop; a closed one delivers nothing more.",
			premise:  severalSignals,
			needs:    []Need{NeedRunWith},
			examples: []model.Scenario{
				{Main: waits, Hooks: []model.Hook{{Lasts: model.Never, Aware: true}}, Stops: []model.Stop{interrupt(0), interrupt(10)}},
				stops(interrupt(0), interrupt(10)),
				stops(interrupt(0), interrupt(10), interrupt(20)),
				stops(interrupt(0), interrupt(4)),
				stops(interrupt(0), interrupt(4), interrupt(8)),
				stops(term(0), interrupt(4), interrupt(8), interrupt(14)),
				stops(term(0), term(10), term(20)),
				{Main: model.Main{After: second}, Hooks: hook, Stops: []model.Stop{interrupt(4), interrupt(10)}},
				{Main: model.Main{After: second}, Hooks: hook, Stops: []model.Stop{interrupt(6)}},
			},
			checks: []check{
				{"a closed source delivers nothing more", []Need{NeedRunWith}, checkClosedSource},
				{"any signal of a source requests a stop", []Need{NeedRunWith}, checkAnySignal},
			},
		},
		{
			ID: "SIG-4", Level: Extended,
			Sentence: "From the stop to Run's return, a standard output or error that nobody reads any more ends nothing: hooks run. With a source of signals, or without any, no signal of the process is touched, SIGPIPE neither.",
			checks: []check{
				{"a pipeline whose reader has died", []Need{NeedUnix, NeedRunWith}, checkPipeline},
				{"one whose signals come from a source", []Need{NeedUnix, NeedRunWith}, checkPipelineOfSource},
			},
		},
		{
			ID: "SIG-3", Level: Core,
			Sentence: "After Run returns, a signal has its default effect again.",
			checks:   []check{{"a SIGTERM after Run ends the process", []Need{NeedUnix}, checkDefaultEffect}},
		},
	}
}

// severalSignals says whether a signal comes while the service is stopping.
func severalSignals(s model.Scenario, want model.Trace) bool {
	for _, stop := range s.Stops {
		if (stop.By == model.SIGINT || stop.By == model.SIGTERM) && stop.At > stopAt(want) && stop.At < want.Returned {
			return true
		}
	}
	return want.Left(model.Draining) == model.PhaseForced || want.Left(model.Hooks) == model.PhaseForced
}
