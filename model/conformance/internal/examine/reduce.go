package examine

import (
	"slices"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// stops returns the stops that are offered. Where the first is not, another that is
// takes its place.
func (x *examiner) stops(all []model.Stop) (offered []model.Stop) {
	need := map[model.Trigger]subject.Need{
		model.SIGINT: subject.NeedSignals, model.SIGTERM: subject.NeedSignals, model.ParentCancelled: subject.NeedParent,
		model.StopNil: subject.NeedStop, model.StopWithError: subject.NeedStop,
	}
	for i, stop := range all {
		if i == 0 && stop.At != model.BeforeRun && !x.offered[need[stop.By]] {
			for _, by := range []model.Trigger{model.SIGTERM, model.ParentCancelled, model.StopNil} {
				if x.offered[need[by]] {
					stop.By = by
					break
				}
			}
		}
		if x.offered[need[stop.By]] {
			offered = append(offered, stop)
		}
	}
	return offered
}

// reduce leaves out of a random scenario what the implementation does not
// offer. What is left may be nothing that ends, or nothing that is defined.
func (x *examiner) reduce(s model.Scenario) (model.Scenario, bool) {
	o := x.offered
	if o.Playable(s) {
		return s, true
	}
	without := func(n subject.Need, leave func()) {
		if !o[n] {
			leave()
		}
	}
	s.Stops = x.stops(s.Stops)
	without(subject.NeedDelay, func() { s.DrainDelay = 0 })
	without(subject.NeedGrace, func() { s.ReturnGrace = 0 })
	without(subject.NeedManualStart, func() { s.ManualStart = false })
	without(subject.NeedMarkStarted, func() { s.Starts = nil })
	without(subject.NeedTrack, func() { s.Tracks = nil })
	without(subject.NeedGo, func() { s.Tasks = nil })
	without(subject.NeedOnShutdownContext, func() {
		s.Hooks = slices.Clone(s.Hooks)
		for i := range s.Hooks {
			s.Hooks[i].Aware, s.Hooks[i].Timeout = false, 0
		}
	})
	without(subject.NeedOnShutdownStop, func() { s.TakeBacks = nil })
	without(subject.NeedCleanError, func() { s.CleanError = false })
	without(subject.NeedSignalError, func() { s.SignalError = false })
	without(subject.NeedAddCheckContext, func() {
		s.CheckTimeout = 0
		s.Checks = slices.DeleteFunc(slices.Clone(s.Checks), scenarios.OwnSettings)
	})
	without(subject.NeedFollow, func() { s.Follow = false })
	if !o[subject.NeedStartup] || !s.Follow {
		s.Probes = slices.DeleteFunc(slices.Clone(s.Probes), func(p model.Probe) bool { return p.Of == model.Startup })
	}
	without(subject.NeedHealth, func() { s.Probes, s.Ready, s.Checks, s.CheckTimeout = nil, nil, nil, 0 })
	if !o.Playable(s) || s.Validate() != nil {
		return s, false
	}
	return s, model.Predict(s)[0].Returns()
}
