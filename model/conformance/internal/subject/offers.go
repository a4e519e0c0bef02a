package subject

import (
	"maps"
	"slices"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
)

// Need is the name of an optional function of an [Implementation] or of its
// [HealthFuncs]: what a clause, or a part of one, cannot be checked without.
type Need string

// Every need there is.
const (
	NeedIs                Need = "Is"
	NeedRunWith           Need = "RunWith"
	NeedState             Need = "State"
	NeedOnShutdownContext Need = "OnShutdownContext"
	NeedOnShutdownStop    Need = "OnShutdownStop"
	NeedWorkContext       Need = "WorkContext"
	NeedTrack             Need = "Track"
	NeedGo                Need = "Go"
	NeedStop              Need = "Stop"
	NeedMarkStarted       Need = "MarkStarted"
	NeedHandler           Need = "Handler"
	NeedListenAndServe    Need = "ListenAndServe"
	NeedServe             Need = "Serve"
	NeedServeTLS          Need = "ServeTLS"
	NeedListenTLS         Need = "ListenAndServeTLS"
	NeedUntilStopped      Need = "ServeUntilStopped"
	NeedServeFunc         Need = "ServeFunc"
	NeedCancelOnStop      Need = "CancelOnStop"
	NeedExitCode          Need = "ExitCode"
	NeedParent            Need = "Settings.Parent"
	NeedSignals           Need = "Settings.Signals"
	NeedDelay             Need = "Settings.Delay"
	NeedGrace             Need = "Settings.Grace"
	NeedManualStart       Need = "Settings.ManualStart"
	NeedObserve           Need = "Settings.Observe"
	NeedLog               Need = "Settings.Log"
	NeedCleanError        Need = "Settings.CleanError"
	NeedSignalError       Need = "Settings.SignalError"
	NeedLogger            Need = "Settings.Logger"
	NeedMachine           Need = "Machine"
	NeedMisuses           Need = "Misuses"
	NeedHealth            Need = "Health"
	NeedFollow            Need = "Health.Follow"
	NeedAddCheckContext   Need = "Health.AddCheckContext"
	NeedRemoveCheck       Need = "Health.RemoveCheck"
	NeedStartup           Need = "Health.Startup"
	NeedGroups            Need = "Health.ReadinessOf"
	NeedCheckOf           Need = "Health.CheckOf"
	NeedSetNotReady       Need = "Health.SetNotReady"
	NeedFailAfter         Need = "CheckSettings.FailAfter"
	NeedRefreshAhead      Need = "CheckSettings.RefreshAhead"
	NeedHealthLog         Need = "HealthWith"
	NeedHealthObserver    Need = "HealthSettings.Observe"
	NeedUnix              Need = "a Unix system" // real signals
	// NeedStopFromOutside is any way to have a run stop that is not main's end.
	NeedStopFromOutside Need = "a stop (Settings.Parent, Settings.Signals or Stop)"
)

// Offers is what an implementation has, by name.
type Offers map[Need]bool

// OffersOf returns what an implementation has.
func OffersOf(impl *Implementation) Offers {
	o := Offers{
		NeedIs:                impl.Is != nil,
		NeedRunWith:           impl.RunWith != nil,
		NeedState:             impl.State != nil,
		NeedOnShutdownContext: impl.OnShutdownContext != nil,
		NeedOnShutdownStop:    impl.OnShutdownStop != nil,
		NeedWorkContext:       impl.WorkContext != nil,
		NeedTrack:             impl.Track != nil,
		NeedGo:                impl.Go != nil,
		NeedStop:              impl.Stop != nil,
		NeedMarkStarted:       impl.MarkStarted != nil,
		NeedHandler:           impl.Handler != nil,
		NeedListenAndServe:    impl.ListenAndServe != nil,
		NeedServe:             impl.Serve != nil,
		NeedServeTLS:          impl.ServeTLS != nil,
		NeedListenTLS:         impl.ListenAndServeTLS != nil,
		NeedUntilStopped:      impl.ServeUntilStopped != nil,
		NeedServeFunc:         impl.ServeFunc != nil,
		NeedCancelOnStop:      impl.CancelOnStop != nil,
		NeedExitCode:          impl.ExitCode != nil,
		NeedMachine:           impl.Machine != nil,
		NeedMisuses:           len(impl.Misuses) > 0,
		NeedHealth:            impl.Health != nil,
		NeedUnix:              RealSignals,
	}
	if impl.RunWith != nil {
		o[NeedParent] = impl.Takes.Parent
		o[NeedSignals] = impl.Takes.Signals
		o[NeedDelay] = impl.Takes.Delay
		o[NeedGrace] = impl.Takes.Grace
		o[NeedManualStart] = impl.Takes.ManualStart
		o[NeedObserve] = impl.Takes.Observe
		o[NeedLog] = impl.Takes.Log
		o[NeedLogger] = impl.Takes.Logger
		o[NeedCleanError] = impl.Takes.CleanError
		o[NeedSignalError] = impl.Takes.SignalError
	}
	o[NeedStopFromOutside] = o[NeedParent] || o[NeedSignals] || o[NeedStop]
	if impl.Health != nil {
		h := impl.Health("tool", "version")
		o[NeedFollow] = h.Follow != nil
		o[NeedAddCheckContext] = h.AddCheckContext != nil
		o[NeedRemoveCheck] = h.RemoveCheck != nil
		o[NeedStartup] = h.Startup != nil
		o[NeedGroups] = h.ReadinessOf != nil && h.AddCheckContext != nil
		o[NeedCheckOf] = h.CheckOf != nil && o[NeedGroups]
		o[NeedSetNotReady] = h.SetNotReady != nil
		o[NeedHealthLog] = impl.HealthWith != nil
		o[NeedFailAfter] = h.AddCheckContext != nil && h.Takes.FailAfter
		o[NeedRefreshAhead] = h.AddCheckContext != nil && h.Takes.RefreshAhead
		o[NeedHealthObserver] = h.AddCheckContext != nil && impl.HealthWith != nil && h.Takes.Observe
	}
	return o
}

// Differ returns what is offered here or there and not by both, sorted.
func (o Offers) Differ(there Offers) (needs []string) {
	for _, n := range slices.Sorted(maps.Keys(Everything())) {
		if o[n] != there[n] {
			needs = append(needs, string(n))
		}
	}
	return needs
}

// Everything is what an implementation offers that has all of the wider API, on a
// Unix system.
func Everything() Offers {
	o := Offers{}
	for _, n := range []Need{
		NeedIs, NeedRunWith, NeedState, NeedOnShutdownContext, NeedWorkContext, NeedTrack, NeedGo, NeedStop,
		NeedMarkStarted, NeedHandler, NeedListenAndServe, NeedServe, NeedServeTLS, NeedListenTLS, NeedUntilStopped, NeedServeFunc, NeedCancelOnStop,
		NeedParent, NeedSignals, NeedDelay, NeedGrace, NeedManualStart, NeedObserve, NeedLog, NeedStopFromOutside, NeedExitCode, NeedCleanError, NeedSignalError, NeedLogger, NeedOnShutdownStop, NeedMachine, NeedMisuses, NeedHealth, NeedFollow, NeedAddCheckContext, NeedRemoveCheck,
		NeedStartup, NeedGroups, NeedCheckOf, NeedSetNotReady, NeedFailAfter, NeedRefreshAhead, NeedHealthLog, NeedHealthObserver, NeedUnix,
	} {
		o[n] = true
	}
	return o
}

// Lacks returns the needs that are not offered.
func (o Offers) Lacks(needs ...Need) (missing []Need) {
	for _, n := range needs {
		if !o[n] {
			missing = append(missing, n)
		}
	}
	return missing
}

// NeedsOf returns what a scenario cannot be played without.
func NeedsOf(s model.Scenario) (needs []Need) {
	need := func(when bool, n Need) {
		if when {
			needs = append(needs, n)
		}
	}
	stops := func(by model.Trigger) bool {
		return slices.ContainsFunc(s.Stops, func(stop model.Stop) bool { return stop.By == by })
	}
	need(s.CleanError, NeedCleanError)
	need(s.SignalError, NeedSignalError)
	need(len(s.TakeBacks) > 0, NeedOnShutdownStop)
	need(s.ManualStart, NeedManualStart)
	need(s.DrainDelay != 0, NeedDelay)
	need(s.ReturnGrace != 0, NeedGrace)
	need(stops(model.ParentCancelled), NeedParent)
	need(stops(model.SIGINT) || stops(model.SIGTERM), NeedSignals)
	need(stops(model.StopNil) || stops(model.StopWithError), NeedStop)
	need(len(s.Starts) > 0, NeedMarkStarted)
	need(len(s.Tracks) > 0, NeedTrack)
	need(len(s.Tasks) > 0, NeedGo)
	need(slices.ContainsFunc(s.Hooks, scenarios.TakesContext), NeedOnShutdownContext)
	need(s.Follow, NeedFollow)
	need(len(s.Probes)+len(s.Ready)+len(s.Checks) > 0, NeedHealth)
	need(s.CheckTimeout != 0 || slices.ContainsFunc(s.Checks, scenarios.OwnSettings), NeedAddCheckContext)
	need(slices.ContainsFunc(s.Probes, func(p model.Probe) bool { return p.Of == model.Startup }), NeedStartup)
	return needs
}

// Playable says whether everything that a scenario needs is offered.
func (o Offers) Playable(s model.Scenario) bool { return len(o.Lacks(NeedsOf(s)...)) == 0 }

// WithGrace gives a scenario the return grace that main has where none can be
// given.
func (impl *Implementation) WithGrace(o Offers, s model.Scenario) model.Scenario {
	switch {
	case o[NeedGrace] || s.ReturnGrace != 0:
	case impl.Grace < 0:
		s.ReturnGrace = model.NoGrace
	default:
		s.ReturnGrace = impl.Grace
	}
	return s
}
