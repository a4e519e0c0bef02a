package clauses

import (
	"math/rand/v2"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
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
			Sentence: "SIGINT or SIGTERM requests a stop at any moment from main's first line on; one already waiting in a signal source does before that. A further SIGTERM does not kill the process, not even while hooks run or before observers and log are done.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return scenarios.StoppedBySignal(want) },
			Needs:    []subject.Need{subject.NeedSignals},
			Examples: []model.Scenario{
				{Main: waits, Stops: []model.Stop{term(0)}, Hooks: hook},
				{Main: waits, Stops: []model.Stop{interrupt(0)}, Hooks: hook},
				stops(term(0), term(10), term(20)),
			},
			Checks: []Check{
				{"a real SIGTERM and a real SIGINT", []subject.Need{subject.NeedUnix}, checks.RealSignals},
				{"a signal in main's first line", []subject.Need{subject.NeedUnix}, checks.FirstLineSignal},
				{"a signal among many calls", []subject.Need{subject.NeedUnix, subject.NeedMarkStarted}, checks.SignalAmongCalls},
				{"a further SIGTERM does not kill, in main or in a hook", []subject.Need{subject.NeedUnix}, checks.FurtherSIGTERM},
				{"signals are handled until observers and log are done", []subject.Need{subject.NeedUnix, subject.NeedObserve, subject.NeedLog}, checks.SignalsUntilReturn},
				{"a signal that is in the source before Run", []subject.Need{subject.NeedSignals}, checks.FilledSource},
			},
		},
		{
			ID: "SIG-2", Level: Extended,
			Sentence: "A further SIGINT, at least 250 ms after the stop and after the SIGINT before it, ends the drain delay, or where there is none the phase under way, which is then forced; an earlier one, a SIGTERM or a key press delivered twice never does. Every value of a signal source requests a stop; a closed source delivers nothing more.",
			Premise:  severalSignals,
			Needs:    []subject.Need{subject.NeedSignals},
			Examples: append([]model.Scenario{
				{Main: waits, Hooks: []model.Hook{{Lasts: model.Never, Aware: true}}, Stops: []model.Stop{interrupt(0), interrupt(10)}},
				stops(interrupt(0), interrupt(10)),
				stops(interrupt(0), interrupt(10), interrupt(20)),
				stops(interrupt(0), interrupt(4)),
				stops(interrupt(0), interrupt(4), interrupt(8)),
				stops(term(0), interrupt(4), interrupt(8), interrupt(14)),
				stops(term(0), term(10), term(20)),
				{Main: model.Main{After: second}, Hooks: hook, Stops: []model.Stop{interrupt(4), interrupt(10)}},
				{Main: model.Main{After: second}, Hooks: hook, Stops: []model.Stop{interrupt(6)}},
			}, volleys()...),
			Checks: []Check{
				{"a closed source delivers nothing more", []subject.Need{subject.NeedSignals}, checks.ClosedSource},
				{"any signal of a source requests a stop", []subject.Need{subject.NeedSignals}, checks.AnySignal},
				{"a forced end of hooks names them, and is the cause of their contexts", []subject.Need{subject.NeedSignals, subject.NeedIs, subject.NeedOnShutdownContext}, checks.ForcedHooks},
				{"an interrupt just as a phase ends", []subject.Need{subject.NeedSignals}, checks.ForcedAsItEnds},
				{"hundreds of SIGTERMs force nothing", []subject.Need{subject.NeedSignals}, checks.ManySIGTERMs},
			},
		},
		{
			ID: "SIG-3", Level: Core,
			Sentence: "After Run returns, a signal has its default effect again.",
			Checks: []Check{
				{"after Run each signal ends the process", []subject.Need{subject.NeedUnix}, checks.DefaultEffect},
				{"after a Run that has failed each signal ends the process", []subject.Need{subject.NeedUnix}, checks.DefaultEffectAfterFailure},
				{"a broken pipe after Run ends the process", []subject.Need{subject.NeedUnix, subject.NeedRunWith}, checks.PipelineAfter},
			},
		},
		{
			ID: "SIG-4", Level: Extended,
			Sentence: "From the stop to Run's return, a standard output or error whose reader has gone ends nothing: hooks run. With a signal source, or without signals, Run touches no signal of the process, SIGPIPE included.",
			Checks: []Check{
				{"a pipeline whose reader has died", []subject.Need{subject.NeedUnix, subject.NeedRunWith}, checks.Pipeline},
				{"a pipeline that broke long before the stop", []subject.Need{subject.NeedUnix, subject.NeedRunWith}, checks.PipelineEarlier},
				{"a pipeline of a run whose signals come from a source", []subject.Need{subject.NeedUnix, subject.NeedSignals}, checks.PipelineOfSource},
			},
		},
	}
}

// volleys returns lives in which signals come in any order, at multiples of 50 ms, so
// that some come exactly 250 ms after another: with main's exit or a signal as the stop,
// in a drain delay, in draining and in hooks.
func volleys() (all []model.Scenario) {
	r := rand.New(rand.NewPCG(250, 2))
	for n := range 60 {
		s := model.Scenario{
			Main:   model.Main{AfterCancel: true, After: model.Never},
			Tracks: []model.Track{{Lasts: model.Never}},
			Hooks:  []model.Hook{{Lasts: model.Never}},
		}
		if n%3 == 0 {
			s.Main = model.Main{After: second}
		}
		if n%4 == 0 {
			s.DrainDelay = millis * 375
		}
		for at := second + time.Duration(n%2)*50*millis; len(s.Stops) < 8; at += millis * 50 * time.Duration(1+r.IntN(7)) {
			by := model.SIGINT
			if r.IntN(3) == 0 {
				by = model.SIGTERM
			}
			s.Stops = append(s.Stops, model.Stop{By: by, At: at})
		}
		if s.Validate() == nil && len(model.Predict(s)) == 1 {
			all = append(all, s)
		}
	}
	return all
}

// severalSignals says whether a signal comes while the service is stopping.
func severalSignals(s model.Scenario, want model.Trace) bool {
	for _, stop := range s.Stops {
		if (stop.By == model.SIGINT || stop.By == model.SIGTERM) && stop.At > scenarios.StopAt(want) && stop.At < want.Returned {
			return true
		}
	}
	return want.Left(model.Draining) == model.PhaseForced || want.Left(model.Hooks) == model.PhaseForced
}
