package conformance

import (
	"slices"

	"github.com/greynewell/mist-go/model"
)

// reduce leaves out of a random scenario what the implementation does not
// offer. What is left may be nothing that ends, or nothing that is defined.
func (x *exam) reduce(s model.Scenario) (model.Scenario, bool) {
	o := x.offered
	if o.playable(s) {
		return s, true
	}
	without := func(n Need, leave func()) {
		if !o[n] {
			leave()
		}
	}
	without(NeedStop, func() {
		s.Stops = slices.DeleteFunc(slices.Clone(s.Stops), func(stop model.Stop) bool {
			return stop.By == model.StopNil || stop.By == model.StopWithError
		})
	})
	without(NeedMarkStarted, func() { s.Starts = nil })
	without(NeedTrack, func() { s.Tracks = nil })
	without(NeedGo, func() { s.Tasks = nil })
	without(NeedOnShutdownContext, func() {
		s.Hooks = slices.Clone(s.Hooks)
		for i := range s.Hooks {
			s.Hooks[i].Aware, s.Hooks[i].Timeout = false, 0
		}
	})
	without(NeedOnShutdownStop, func() { s.TakeBacks = nil })
	without(NeedCleanError, func() { s.CleanError = false })
	without(NeedSignalError, func() { s.SignalError = false })
	without(NeedAddCheckContext, func() {
		s.CheckTimeout = 0
		s.Checks = slices.DeleteFunc(slices.Clone(s.Checks), ownSettings)
	})
	without(NeedFollow, func() { s.Follow = false })
	if !o[NeedStartup] || !s.Follow {
		s.Probes = slices.DeleteFunc(slices.Clone(s.Probes), func(p model.Probe) bool { return p.Of == model.Startup })
	}
	without(NeedHealth, func() { s.Probes, s.Ready, s.Checks, s.CheckTimeout = nil, nil, nil, 0 })
	if !o.playable(s) || s.Validate() != nil {
		return s, false
	}
	return s, model.Predict(s)[0].Returns()
}
