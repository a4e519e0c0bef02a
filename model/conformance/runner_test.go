package conformance_test

import (
	"context"
	"os"
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

// What an examined process may do to its examiner.
func TestTheRunnerSurvivesWhatItExamines(t *testing.T) {
	tests := []struct {
		name string
		impl conformance.Implementation
		says string
	}{
		{
			"a panic that nobody recovers is the failure of the clause about it",
			replacing(func(main mainFunc) mainFunc {
				return func(ctx context.Context) error {
					done := make(chan error)
					go func() { done <- main(ctx) }()
					return <-done
				}
			}),
			"panic: the main panic of the scenario",
		},
		{
			"a mutex that stops virtual time is a failure, with the goroutines",
			replacing(func(main mainFunc) mainFunc {
				return func(ctx context.Context) error {
					err := main(ctx)
					if err == nil {
						var mu sync.Mutex
						mu.Lock()
						mu.Lock() //nolint:staticcheck // this is the mistake
					}
					return err
				}
			}),
			"no end after",
		},
		{
			"a process that ends well without a report has failed",
			replacing(func(mainFunc) mainFunc { return func(context.Context) error { os.Exit(0); return nil } }),
			"exit status 0",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := conformance.Examine(t, test.impl, conformance.Random(10), conformance.Every(1000), conformance.StepLimit(time.Second))
			for _, o := range r.Clauses {
				if o.Result == conformance.Fail && strings.Contains(o.Reason, test.says) {
					return
				}
			}
			t.Errorf("no clause fails with %q; the failed clauses are %v:\n%s", test.says, r.Failed(), r.JSON())
		})
	}
}

func TestWhatWasGivenUpHasNotPassed(t *testing.T) {
	impl := replacing(func(mainFunc) mainFunc { return func(context.Context) error { os.Exit(0); return nil } })
	for _, o := range conformance.Examine(t, impl, conformance.Random(1), conformance.Every(1000)).Clauses {
		if o.Result == conformance.Pass {
			t.Errorf("%s has passed", o.Clause)
		}
	}
}

func TestAProcessThatDiesAtOnceIsReported(t *testing.T) {
	if r := examineAfter(t, func() { os.Exit(0) }); !slices.Equal(r.Failed(), []string{"STATE-2"}) {
		t.Errorf("the failed clauses are %v, want STATE-2; the report: %s", r.Failed(), r.JSON())
	}
}

// examineAfter does something first, in the child process only.
func examineAfter(t *testing.T, do func()) conformance.Report {
	if os.Getenv("LIFECYCLE_CONFORMANCE_CHILD") != "" {
		do()
	}
	return conformance.Examine(t, mist.Implementation(), conformance.Random(1), conformance.Every(1000))
}

func TestACoreImplementationIsExaminedAsFarAsItGoes(t *testing.T) {
	full := mist.Implementation()
	r := conformance.Examine(t, conformance.Implementation{
		Name: "core of mist", Run: full.Run, OnShutdown: full.OnShutdown, DrainGroup: full.DrainGroup,
		Health: func(tool, version string) conformance.HealthFuncs {
			h := full.Health(tool, version)
			return conformance.HealthFuncs{AddCheck: h.AddCheck, SetReady: h.SetReady, Liveness: h.Liveness, Readiness: h.Readiness}
		},
	}, conformance.Random(200))
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
	impl := mist.Implementation()
	impl.Health = nil
	r := conformance.Examine(t, impl, conformance.Random(50), conformance.Every(200))
	if r.Verdict != conformance.Partial {
		t.Errorf("the verdict is %q, want partial: %s", r.Verdict, r.JSON())
	}
}

func TestAWrongImplementationFailsTheClausesItBreaks(t *testing.T) {
	impl := mist.Implementation()
	runWith := impl.RunWith
	impl.RunWith = func(main mainFunc, s conformance.Settings) error {
		s.Delay = 0
		return runWith(main, s)
	}
	r := conformance.Examine(t, impl, conformance.Random(100), conformance.Every(100))
	if got := r.Failed(); !slices.Equal(got, []string{"DRAIN-7"}) {
		t.Errorf("without a drain delay the failed clauses are %v, want DRAIN-7", got)
	}
}
