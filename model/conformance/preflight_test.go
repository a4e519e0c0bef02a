package conformance_test

import (
	"context"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

type (
	implementation = conformance.Implementation
	healthFuncs    = conformance.HealthFuncs
)

// with returns this module's implementation, changed.
func with(change func(i *implementation)) implementation {
	impl := mist.Implementation()
	change(&impl)
	return impl
}

// withHealth returns this module's implementation with a health handler that is changed.
func withHealth(change func(h *healthFuncs)) implementation {
	return with(func(i *implementation) {
		health := i.Health
		i.Health = func(tool, version string) healthFuncs {
			h := health(tool, version)
			change(&h)
			return h
		}
	})
}

var quick = []conformance.Option{conformance.Random(1), conformance.Every(1000)}

// families has the clauses of some families examined alone: a test of the runner
// does not need the others, and they take most of the time.
func families(names ...string) conformance.Option {
	return conformance.About(func(clause string) bool {
		family, _, _ := strings.Cut(clause, "-")
		return slices.Contains(names, family)
	})
}

// families or, unless LIFECYCLE_BROKEN is set, as in .ci/run, these clauses of them alone.
func familiesOr(clauses []string, names ...string) conformance.Option {
	if os.Getenv("LIFECYCLE_BROKEN") != "" {
		return families(names...)
	}
	return conformance.About(func(clause string) bool { return slices.Contains(clauses, clause) })
}

func TestWhatIsMissingOrContradictsIsOneError(t *testing.T) {
	noHandler := http.HandlerFunc(nil)
	for _, test := range []struct {
		want string
		impl implementation
		opts []conformance.Option
	}{
		{"Implementation.Run is nil", with(func(i *implementation) { i.Run = nil }), nil},
		{"Implementation.OnShutdown is nil", with(func(i *implementation) { i.OnShutdown = nil }), nil},
		{"Implementation.DrainGroup is nil", with(func(i *implementation) { i.DrainGroup = nil }), nil},
		{"Implementation.Health is nil; if there is no health handler, set NoHealth", with(func(i *implementation) { i.Health = nil }), nil},
		{"Implementation.NoHealth is set, and Implementation.Health is not nil", with(func(i *implementation) { i.NoHealth = true }), nil},
		{"Implementation.NoHealth is set, and Implementation.HealthWith is not nil", with(func(i *implementation) { i.Health, i.NoHealth = nil, true }), nil},
		{"Implementation.Takes.Parent is set, and Implementation.RunWith is nil", with(func(i *implementation) { i.RunWith = nil }), nil},
		{"Implementation.Misuses[0].Argument is empty", with(func(i *implementation) { i.Misuses[0].Argument = "" }), nil},
		{"Implementation.Misuses[1] has neither Run nor Within", with(func(i *implementation) { i.Misuses[1].Run = nil }), nil},
		{"Implementation.Misuses[0] has both Run and Within", with(func(i *implementation) {
			i.Misuses[0].Within = func(context.Context) error { return nil }
		}), nil},
		{"HealthFuncs.AddCheck is nil", withHealth(func(h *healthFuncs) { h.AddCheck = nil }), nil},
		{"HealthFuncs.SetReady is nil", withHealth(func(h *healthFuncs) { h.SetReady = nil }), nil},
		{"HealthFuncs.Liveness is nil", withHealth(func(h *healthFuncs) { h.Liveness = nil }), nil},
		{"HealthFuncs.Readiness is nil", withHealth(func(h *healthFuncs) { h.Readiness = noHandler }), nil},
		{"HealthFuncs.ReadinessOf is set, and HealthFuncs.AddCheckContext is nil", withHealth(func(h *healthFuncs) { h.AddCheckContext = nil }), nil},
		{"HealthFuncs.Takes.FailAfter is set, and HealthFuncs.AddCheckContext is nil", withHealth(func(h *healthFuncs) {
			h.AddCheckContext, h.ReadinessOf = nil, nil
		}), nil},
		{"HealthFuncs.Takes.Observe is set, and Implementation.HealthWith is nil", with(func(i *implementation) { i.HealthWith = nil }), nil},
		{"what Implementation.HealthWith returns: HealthFuncs.AddCheck is nil", with(func(i *implementation) {
			i.HealthWith = func(string, string, conformance.HealthSettings) healthFuncs { return healthFuncs{} }
		}), nil},
		{"option 2 is nil", mist.Implementation(), []conformance.Option{conformance.Random(1), nil}},
		{"Random(-1): want 0 or more", mist.Implementation(), []conformance.Option{conformance.Random(-1)}},
		{"Every(0): want 1 or more", mist.Implementation(), []conformance.Option{conformance.Every(0)}},
		{"Limit(0s): want more than 0", mist.Implementation(), []conformance.Option{conformance.Limit(0)}},
		{"StepLimit(-1s): want more than 0", mist.Implementation(), []conformance.Option{conformance.StepLimit(-time.Second)}},
		{"About(nil)", mist.Implementation(), []conformance.Option{conformance.About(nil)}},
		{"OnReport(nil)", mist.Implementation(), []conformance.Option{conformance.OnReport(nil)}},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			_, err := conformance.TryExamine(t, test.impl, test.opts...)
			if err == nil || err.Error() != "conformance: "+test.want {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestWhatCannotBeUsedIsOneError(t *testing.T) {
	for _, test := range []struct {
		want string
		impl implementation
	}{
		{"Implementation.Run has not returned within 1s", with(func(i *implementation) {
			i.Run = func(mainFunc, time.Duration, time.Duration) error { select {} }
		})},
		{"Implementation.RunWith has not returned within 1s", with(func(i *implementation) {
			i.RunWith = func(mainFunc, conformance.Settings) error { select {} }
		})},
		{"Implementation.Run panicked: not implemented", with(func(i *implementation) {
			i.Run = func(mainFunc, time.Duration, time.Duration) error { panic("not implemented") }
		})},
		{"Implementation.Run: the process ended (exit status 0)", with(func(i *implementation) {
			i.Run = func(mainFunc, time.Duration, time.Duration) error { os.Exit(0); return nil }
		})},
		{"Implementation.OnShutdown panicked: not implemented", with(func(i *implementation) {
			i.OnShutdown = func(context.Context, func() error) { panic("not implemented") }
		})},
		{"Implementation.DrainGroup panicked: not implemented", with(func(i *implementation) {
			i.DrainGroup = func(context.Context) *sync.WaitGroup { panic("not implemented") }
		})},
		{"Implementation.Health panicked: not implemented", with(func(i *implementation) {
			i.Health = func(string, string) healthFuncs { panic("not implemented") }
		})},
		{"the child process, which is this test binary started again with its flags and environment, has another implementation: what is offered differs in Is, Stop", with(func(i *implementation) {
			if conformance.Child() {
				i.Is, i.Stop = nil, nil
			}
		})},
		{"HealthFuncs.AddCheck panicked: not implemented", withHealth(func(h *healthFuncs) {
			h.AddCheck = func(string, func() error) { panic("not implemented") }
		})},
		{"HealthFuncs.Readiness has not returned within 1s", withHealth(func(h *healthFuncs) {
			h.Readiness = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { select {} })
		})},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			_, err := conformance.TryExamine(t, test.impl, conformance.StepLimit(time.Second))
			if err == nil || !strings.HasPrefix(err.Error(), "conformance: "+test.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// partial is a flag of this package's own, which an implementation depends on.
var partial = flag.Bool("conformance.partial", false, "leave Is out")

func TestAChildHasTheFlagsOfItsParent(t *testing.T) {
	if !conformance.Child() {
		if err := flag.Set("conformance.partial", "true"); err != nil {
			t.Fatal(err)
		}
		defer flag.Set("conformance.partial", "false")
	}
	impl := with(func(i *implementation) {
		if *partial {
			i.Is = nil
		}
	})
	if _, err := conformance.TryExamine(t, impl, append(slices.Clone(quick), conformance.About(func(clause string) bool { return clause == "HEALTH-3" }))...); err != nil {
		t.Error(err)
	}
}

func TestAChildThatEndsBeforeTheExaminationIsOneError(t *testing.T) {
	t.Parallel()
	if conformance.Child() {
		os.Exit(0)
	}
	_, err := conformance.TryExamine(t, mist.Implementation())
	if err == nil || !strings.Contains(err.Error(), "(exit status 0) before it came to this examination") {
		t.Errorf("the error is %v", err)
	}
}

func TestAPanicOfAFieldIsReportedOnce(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	impl := with(func(i *implementation) { i.ExitCode = func(error) int { panic("not implemented") } })
	r := conformance.Examine(t, impl, append(slices.Clone(quick), families("RUN", "SIG", "HOOK"))...)
	if len(r.Failed()) > 0 || r.Verdict != conformance.Fails {
		t.Errorf("the verdict is %q, and these fail: %v\n%s", r.Verdict, r.Failed(), r.JSON())
	}
	if len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], "Implementation.ExitCode panicked: not implemented\n") {
		t.Errorf("the errors are %q", r.Errors)
	}
	if page := string(r.Markdown()); !strings.Contains(page, "- Implementation.ExitCode panicked: not implemented\n") {
		t.Errorf("the page is\n%s", page)
	}
}

func TestWhatNeedsAFieldThatPanicsIsNotExamined(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	impl := withHealth(func(h *healthFuncs) { h.Follow = func(context.Context) { panic("not implemented") } })
	r := conformance.Examine(t, impl, append(slices.Clone(quick), families("STATE", "HEALTH"))...)
	if len(r.Failed()) > 0 {
		t.Errorf("these fail: %v\n%s", r.Failed(), r.JSON())
	}
	skipped := 0
	for _, o := range r.Clauses {
		if o.Result == conformance.Skipped {
			skipped++
			if o.Reason != "not examined, because HealthFuncs.Follow panicked: not implemented" {
				t.Errorf("%s is skipped: %s", o.Clause, o.Reason)
			}
		}
	}
	if skipped == 0 {
		t.Errorf("no clause is skipped\n%s", r.JSON())
	}
}

func TestTwoExaminationsInOneTestAreTwo(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	few := append(slices.Clone(quick), familiesOr([]string{"DRAIN-6", "DRAIN-7"}, "DRAIN"))
	right := conformance.Examine(t, mist.Implementation(), few...)
	wrong := conformance.Examine(t, withoutDelay(), few...)
	if len(right.Failed()) > 0 || !slices.Equal(wrong.Failed(), []string{"DRAIN-7"}) {
		t.Errorf("of the first these fail: %v; of the second %v\n%s\n%s", right.Failed(), wrong.Failed(), right.JSON(), wrong.JSON())
	}
}

func withoutDelay() implementation {
	return with(func(i *implementation) {
		runWith := i.RunWith
		i.RunWith = func(main mainFunc, s conformance.Settings) error {
			s.Delay = 0
			return runWith(main, s)
		}
	})
}

// aloneVariable has a test do what it does in a process of its own.
const aloneVariable = "LIFECYCLE_CONFORMANCE_ALONE"

// alone runs a test in a process of its own.
func alone(t *testing.T) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), aloneVariable+"=1")
	return cmd
}

func isAlone() bool { return os.Getenv(aloneVariable) != "" }

func TestWithoutACoreFieldTestFailsOnce(t *testing.T) {
	if isAlone() {
		conformance.Test(t, with(func(i *implementation) { i.DrainGroup = nil }))
	}
	output, err := alone(t).CombinedOutput()
	if n := strings.Count(string(output), "conformance: Implementation.DrainGroup is nil"); err == nil || n != 1 || strings.Contains(string(output), "HOOK") {
		t.Errorf("the error is there %d times, and the process ends with %v\n%s", n, err, output)
	}
}

func TestWithARunThatHangsTestFailsOnce(t *testing.T) {
	if isAlone() {
		hangs := with(func(i *implementation) { i.Run = func(mainFunc, time.Duration, time.Duration) error { select {} } })
		conformance.Test(t, hangs, conformance.StepLimit(time.Second))
	}
	t.Parallel()
	output, err := alone(t).CombinedOutput()
	if n := strings.Count(string(output), "conformance: Implementation.Run has not returned within 1s"); err == nil || n != 1 || strings.Contains(string(output), "HOOK") {
		t.Errorf("the error is there %d times, and the process ends with %v\n%s", n, err, output)
	}
}

// A process that has never called signal.Notify can compare.
func TestCompareNeedsNoPreparation(t *testing.T) {
	if isAlone() {
		if v := conformance.Compare(t, mist.Implementation(), model.Scenario{}); v != "" {
			t.Error(v)
		}
		return
	}
	if output, err := alone(t).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestCompareRefusesWhatCannotBeUsed(t *testing.T) {
	if isAlone() {
		conformance.Compare(t, withHealth(func(h *healthFuncs) { h.SetReady = nil }), model.Scenario{})
	}
	if output, err := alone(t).CombinedOutput(); err == nil || !strings.Contains(string(output), "conformance: HealthFuncs.SetReady is nil") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestTestSaysWhatWasNotCheckedOfAClauseThatPasses(t *testing.T) {
	if isAlone() || conformance.Child() {
		conformance.Test(t, with(func(i *implementation) { i.Is = nil }), quick...)
		return
	}
	cmd := alone(t)
	cmd.Args[1] = "-test.run=^" + t.Name() + "$/^RUN-4$"
	output, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "not checked: ") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestCompareSaysWhatIsNotPlayed(t *testing.T) {
	if isAlone() {
		s := model.Scenario{Tasks: []model.Task{{}}}
		if v := conformance.Compare(t, with(func(i *implementation) { i.Go = nil }), s); v != "" {
			t.Error(v)
		}
		return
	}
	if output, err := alone(t).CombinedOutput(); err != nil || !strings.Contains(string(output), "conformance: not played, because ") {
		t.Errorf("%v\n%s", err, output)
	}
}
