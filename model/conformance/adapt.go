package conformance

import (
	"cmp"
	"context"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// The packages below this one examine a subject.Implementation, because they
// cannot import this one. The types here are the same, and documented.

// subjectOf converts an implementation. A function that mentions none of the
// types below stays the same function, so that the place that it was called
// from is still its caller's.
func subjectOf(impl Implementation) *subject.Implementation {
	s := &subject.Implementation{
		Name:              impl.Name,
		OnShutdown:        impl.OnShutdown,
		DrainGroup:        impl.DrainGroup,
		NoHealth:          impl.NoHealth,
		Is:                impl.Is,
		State:             impl.State,
		OnShutdownContext: impl.OnShutdownContext,
		OnShutdownStop:    impl.OnShutdownStop,
		WorkContext:       impl.WorkContext,
		Track:             impl.Track,
		Go:                impl.Go,
		Stop:              impl.Stop,
		MarkStarted:       impl.MarkStarted,
		Handler:           impl.Handler,
		ListenAndServe:    impl.ListenAndServe,
		Serve:             impl.Serve,
		ServeTLS:          impl.ServeTLS,
		ListenAndServeTLS: impl.ListenAndServeTLS,
		ServeUntilStopped: impl.ServeUntilStopped,
		ServeFunc:         impl.ServeFunc,
		CancelOnStop:      impl.CancelOnStop,
		ExitCode:          impl.ExitCode,
		Takes:             subject.Supported(impl.Takes),
		Polls:             impl.Polls,
		Grace:             impl.Grace,
		Names:             impl.Names,
	}
	// Timeouts are always given: an implementation may have other defaults.
	if run := impl.Run; run != nil {
		s.Run = func(main func(ctx context.Context) error, drain, shutdown time.Duration) error {
			return run(main, cmp.Or(drain, model.DefaultDrainTimeout), cmp.Or(shutdown, model.DefaultShutdownTimeout))
		}
	}
	if health := impl.Health; health != nil {
		s.Health = func(tool, version string) subject.HealthFuncs { return healthOf(health(tool, version)) }
	}
	if health := impl.HealthWith; health != nil {
		s.HealthWith = func(tool, version string, set subject.HealthSettings) subject.HealthFuncs {
			return healthOf(health(tool, version, HealthSettings(set)))
		}
	}
	if run := impl.RunWith; run != nil {
		s.RunWith = func(main func(ctx context.Context) error, set subject.Settings) error {
			given := settingsOf(set)
			if impl.Takes.Grace && !given.NoGrace {
				given.Grace = cmp.Or(given.Grace, model.DefaultReturnGrace)
			}
			return run(main, given)
		}
	}
	if machine := impl.Machine; machine != nil {
		s.Machine = func() subject.Machine { return subject.Machine(machine()) }
	}
	for _, m := range impl.Misuses {
		s.Misuses = append(s.Misuses, subject.Misuse(m))
	}
	return s
}

// settingsOf converts the settings of a run.
func settingsOf(s subject.Settings) Settings {
	set := Settings{
		Parent:      s.Parent,
		Drain:       cmp.Or(s.Drain, model.DefaultDrainTimeout),
		Shutdown:    cmp.Or(s.Shutdown, model.DefaultShutdownTimeout),
		Delay:       s.Delay,
		Grace:       s.Grace,
		NoGrace:     s.NoGrace,
		ManualStart: s.ManualStart,
		Signals:     s.Signals,
		Log:         s.Log,
		CleanError:  s.CleanError,
		SignalError: s.SignalError,
		Logger:      s.Logger,
	}
	if observe := s.Observe; observe != nil {
		set.Observe = func(step Step) { observe(subject.Step(step)) }
	}
	return set
}

// healthOf converts a health handler.
func healthOf(h HealthFuncs) subject.HealthFuncs {
	s := subject.HealthFuncs{
		AddCheck:    h.AddCheck,
		SetReady:    h.SetReady,
		Liveness:    h.Liveness,
		Readiness:   h.Readiness,
		Follow:      h.Follow,
		RemoveCheck: h.RemoveCheck,
		Startup:     h.Startup,
		ReadinessOf: h.ReadinessOf,
		CheckOf:     h.CheckOf,
		SetNotReady: h.SetNotReady,
		Takes:       subject.HealthSupported(h.Takes),
	}
	if add := h.AddCheckContext; add != nil {
		s.AddCheckContext = func(name string, check func(ctx context.Context) error, set subject.CheckSettings) {
			set.Timeout = cmp.Or(set.Timeout, model.DefaultCheckTimeout)
			add(name, check, CheckSettings(set))
		}
	}
	return s
}
