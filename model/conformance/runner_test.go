package conformance_test

import (
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

type mainFunc = func(context.Context) error

// replacing returns this module's implementation with main, in every run,
// replaced by what wrap makes of it.
func replacing(wrap func(mainFunc) mainFunc) conformance.Implementation {
	impl := mist.Implementation()
	run, runWith := impl.Run, impl.RunWith
	impl.Run = func(main mainFunc, drain, shutdown time.Duration) error { return run(wrap(main), drain, shutdown) }
	impl.RunWith = func(main mainFunc, s conformance.Settings) error { return runWith(wrap(main), s) }
	return impl
}

// The next three are what an examined process may do to its examiner.

func TestAMutexThatStopsVirtualTimeIsAFailureWithTheGoroutines(t *testing.T) {
	notUnderRace(t)
	t.Parallel() // it takes longest, so it does not wait for a parent
	survives(t, "RUN-6", "no end after", replacing(func(main mainFunc) mainFunc {
		return func(ctx context.Context) error {
			err := main(ctx)
			if err != nil {
				var mu sync.Mutex
				mu.Lock()
				mu.Lock() //nolint:staticcheck // this is the mistake
			}
			return err
		}
	}), conformance.StepLimit(300*time.Millisecond)) // which each scenario takes
}

func TestAnUnrecoveredPanicIsTheFailureOfTheClauseAboutIt(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	survives(t, "RUN-4", "panic: the main panic of the scenario", replacing(func(main mainFunc) mainFunc {
		return func(ctx context.Context) error {
			done := make(chan error)
			go func() { done <- main(ctx) }()
			return <-done
		}
	}))
}

func TestAProcessThatEndsWellWithoutAReportHasFailed(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	survives(t, "RUN-6", "(exit status 0)\nthe scenario:\nmodel.Scenario{", exiting())
}

// survives expects that an implementation which ends its process fails a clause that is
// examined, and that the reason says how.
func survives(t *testing.T, clause, says string, impl conformance.Implementation, options ...conformance.Option) {
	t.Helper()
	r := conformance.Examine(t, impl, append([]conformance.Option{
		conformance.Random(10), conformance.Every(1000), conformance.StepLimit(time.Second),
		conformance.About(func(id string) bool { return id == clause }),
	}, options...)...)
	for _, o := range r.Clauses {
		if o.Result == conformance.Fail && strings.Contains(o.Reason, says) {
			return
		}
	}
	t.Errorf("no clause fails with %q; the failed clauses are %v:\n%s", says, r.Failed(), r.JSON())
}

func TestWhatWasGivenUpHasNotPassed(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	for _, o := range conformance.Examine(t, exiting(), append(slices.Clone(quick), families("RUN", "HOOK", "HEALTH"))...).Clauses {
		if o.Result == conformance.Pass {
			t.Errorf("%s has passed", o.Clause)
		}
	}
}

// exiting returns this module's implementation, which ends the process whenever main
// has taken a second or more, as it does in virtual time.
func exiting() conformance.Implementation {
	return replacing(func(main mainFunc) mainFunc {
		return func(ctx context.Context) error {
			began := time.Now()
			err := main(ctx)
			if time.Since(began) >= time.Second {
				os.Exit(0)
			}
			return err
		}
	})
}

func TestACoreImplementationIsExaminedAsFarAsItGoes(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	full := mist.Implementation()
	r := conformance.Examine(t, conformance.Implementation{
		Name: "core of mist", Run: full.Run, OnShutdown: full.OnShutdown, DrainGroup: full.DrainGroup,
		Health: func(tool, version string) conformance.HealthFuncs {
			h := full.Health(tool, version)
			return conformance.HealthFuncs{AddCheck: h.AddCheck, SetReady: h.SetReady, Liveness: h.Liveness, Readiness: h.Readiness}
		},
	}, conformance.Random(50), conformance.Every(200), families("RUN", "HEALTH", "LOG"))
	if r.Verdict != conformance.Conforms {
		t.Errorf("the verdict is %q: %v", r.Verdict, r.Failed())
	}
	for _, o := range r.Clauses {
		if o.Level == conformance.Core && o.Result != conformance.Pass {
			t.Errorf("%s is a core clause, and %s: %s", o.Clause, o.Result, o.Reason)
		}
		if o.Level == conformance.Extended && o.Result != conformance.NotOffered {
			t.Errorf("%s is an extended clause, and %s", o.Clause, o.Result)
		}
	}
}

func TestWithoutHealthAnImplementationIsPartial(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	impl := mist.Implementation()
	impl.Health, impl.HealthWith, impl.NoHealth = nil, nil, true
	r := conformance.Examine(t, impl, conformance.Random(50), conformance.Every(200), families("RUN", "HEALTH"))
	if r.Verdict != conformance.Partial {
		t.Errorf("the verdict is %q, want partial: %s", r.Verdict, r.JSON())
	}
}

func TestAWrongImplementationFailsTheClausesItBreaks(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	r := conformance.Examine(t, withoutDelay(), conformance.Random(100), conformance.Every(100),
		familiesOr([]string{"RUN-2", "SIG-1", "SIG-2", "HOOK-1", "DRAIN-2", "DRAIN-5", "DRAIN-7", "STATE-1"}, "RUN", "SIG", "HOOK", "DRAIN", "STATE"))
	if got := r.Failed(); !slices.Equal(got, []string{"DRAIN-7"}) {
		t.Errorf("without a drain delay the failed clauses are %v, want DRAIN-7", got)
	}
}

// withSettings is the documented API of this module, and a RunWith that heeds
// some of the settings. It fails where another is given.
func withSettings(takes conformance.Supported) conformance.Implementation {
	full := mist.Implementation()
	return conformance.Implementation{
		Name: "a part of mist", Run: full.Run, OnShutdown: full.OnShutdown, DrainGroup: full.DrainGroup, Health: full.Health, HealthWith: full.HealthWith, Is: full.Is,
		RunWith: func(main mainFunc, s conformance.Settings) error {
			given := conformance.Supported{
				Parent: s.Parent != nil, Signals: s.Signals != nil, Delay: s.Delay != 0, Grace: s.Grace != 0 || s.NoGrace, ManualStart: s.ManualStart,
				Observe: s.Observe != nil, Log: s.Log != nil, Logger: s.Logger != nil, CleanError: s.CleanError != nil, SignalError: s.SignalError,
			}
			for i, v := 0, reflect.ValueOf(given); i < v.NumField(); i++ {
				if name := v.Type().Field(i).Name; v.Field(i).Bool() && !reflect.ValueOf(takes).Field(i).Bool() {
					panic("not offered, and given: " + name)
				}
			}
			return full.RunWith(main, s)
		},
		Takes: takes,
	}
}

func TestASettingCanBeOfferedAlone(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	for name, test := range map[string]struct {
		takes    conformance.Supported
		examined string // a clause that is, for that
		missing  string // the reason why DRAIN-7 is not
	}{
		"a parent":                 {conformance.Supported{Parent: true}, "RUN-12", "Settings.Delay not offered"},
		"a parent and signals":     {conformance.Supported{Parent: true, Signals: true}, "SIG-2", "Settings.Delay not offered"},
		"a delay":                  {conformance.Supported{Delay: true}, "HOOK-2", "a stop (Settings.Parent, Settings.Signals or Stop) not offered"},
		"an observer":              {conformance.Supported{Observe: true}, "STATE-4", "Settings.Delay, a stop (Settings.Parent, Settings.Signals or Stop) not offered"},
		"a grace and a parent":     {conformance.Supported{Grace: true, Parent: true}, "RUN-12", "Settings.Delay not offered"},
		"timeouts alone":           {conformance.Supported{}, "HOOK-2", "Settings.Delay, a stop (Settings.Parent, Settings.Signals or Stop) not offered"},
		"a log and a manual start": {conformance.Supported{Log: true, ManualStart: true}, "STATE-4", "Settings.Delay, a stop (Settings.Parent, Settings.Signals or Stop) not offered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := conformance.Examine(t, withSettings(test.takes), conformance.Random(2), conformance.Every(4000),
				familiesOr([]string{test.examined, "DRAIN-7", "DRAIN-8"}, "RUN", "HOOK", "DRAIN", "STATE"))
			if r.Verdict != conformance.Conforms {
				t.Errorf("the verdict is %q", r.Verdict)
			}
			for _, o := range r.Clauses {
				switch {
				case o.Result == conformance.Fail || o.Result == conformance.Skipped:
					t.Errorf("%s: %s: %s", o.Clause, o.Result, o.Reason)
				case o.Clause == test.examined && o.Result != conformance.Pass:
					t.Errorf("%s: %s, %s", o.Clause, o.Result, o.Reason)
				case o.Clause == "DRAIN-7" && o.Reason != test.missing:
					t.Errorf("DRAIN-7: %q, want %q", o.Reason, test.missing)
				}
			}
		})
	}
}

func TestAMistakeInASettingThatIsOfferedAloneIsFound(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	impl := withSettings(conformance.Supported{Parent: true})
	runWith := impl.RunWith
	impl.RunWith = func(main mainFunc, s conformance.Settings) error {
		if parent := s.Parent; parent != nil && parent.Err() == nil {
			late, cancel := context.WithCancelCause(context.WithoutCancel(parent))
			defer context.AfterFunc(parent, func() {
				time.AfterFunc(time.Second, func() { cancel(context.Cause(parent)) })
			})()
			s.Parent = late
		}
		return runWith(main, s)
	}
	r := conformance.Examine(t, impl, conformance.Random(40), conformance.Every(200), families("RUN"))
	if got := r.Failed(); !slices.Contains(got, "RUN-2") {
		t.Errorf("a parent that is heeded a second late: the failed clauses are %v, want RUN-2 among them", got)
	}
}
