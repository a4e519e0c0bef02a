package conformance_test

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// core is the documented API of this module, with Run replaced by what wrap makes
// of RunWith.
func core(wrap func(run func(mainFunc, conformance.Settings) error) func(mainFunc, conformance.Settings) error) conformance.Implementation {
	full := mist.Implementation()
	run := wrap(full.RunWith)
	return conformance.Implementation{
		Name: "a core", OnShutdown: full.OnShutdown, DrainGroup: full.DrainGroup, Is: full.Is,
		Health: func(tool, version string) conformance.HealthFuncs {
			h := full.Health(tool, version)
			return conformance.HealthFuncs{AddCheck: h.AddCheck, SetReady: h.SetReady, Liveness: h.Liveness, Readiness: h.Readiness}
		},
		Run: func(main mainFunc, drain, shutdown time.Duration) error {
			return run(main, conformance.Settings{Drain: drain, Shutdown: shutdown})
		},
	}
}

// hearsLate asks for signals 20 ms after main has begun, and for one only: a
// further one ends the process.
func hearsLate(run func(mainFunc, conformance.Settings) error) func(mainFunc, conformance.Settings) error {
	return func(main mainFunc, s conformance.Settings) error {
		source, over := make(chan os.Signal, 1), make(chan struct{})
		s.Signals = source
		var wg sync.WaitGroup
		wg.Go(func() {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-over:
				return
			}
			own := make(chan os.Signal, 1)
			signal.Notify(own, os.Interrupt, syscall.SIGTERM)
			defer signal.Stop(own)
			select {
			case sig := <-own:
				source <- sig
			case <-over:
			}
		})
		defer wg.Wait()
		defer close(over)
		return run(main, s)
	}
}

// wild has the panics of main end the process, and those of hooks come out of Run.
func wild(impl conformance.Implementation) conformance.Implementation {
	type escaped struct {
		sync.Once
		again func()
	}
	type key struct{}
	run, hook := impl.Run, impl.OnShutdown
	impl.Run = func(main mainFunc, drain, shutdown time.Duration) error {
		e := &escaped{}
		err := run(func(ctx context.Context) error {
			done := make(chan error, 1)
			go func() {
				defer close(done)
				done <- main(context.WithValue(ctx, key{}, e))
			}()
			err, ended := <-done
			if !ended {
				runtime.Goexit()
			}
			return err
		}, drain, shutdown)
		if e.again != nil {
			e.again()
		}
		return err
	}
	impl.OnShutdown = func(ctx context.Context, f func() error) {
		hook(ctx, func() error {
			finished := false
			defer func() {
				if v := recover(); v != nil {
					if e, ok := ctx.Value(key{}).(*escaped); ok {
						e.Do(func() { e.again = func() { panic(v) } })
					}
				} else if !finished {
					panic("a hook has exited")
				}
			}()
			err := f()
			finished = true
			return err
		})
	}
	return impl
}

// What is wrong with an implementation is reported to the clauses that it breaks,
// however many processes that costs, and to no others. Those that it spoils the
// examples of are undecided.
func TestAFailureIsReportedOnce(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	late := core(hearsLate)
	for _, test := range []struct {
		name      string
		impl      conformance.Implementation
		want      []string
		undecided string
	}{
		{"signals are heard late, and one only", late, []string{"SIG-1"}, "RUN-9 DRAIN-4"},
		{"so they are, and panics of main and hooks are not contained", wild(late), []string{"HOOK-2", "RUN-4", "SIG-1"}, "RUN-6 RUN-9 DRAIN-4"},
	} {
		if len(test.want) == 1 && os.Getenv("LIFECYCLE_BROKEN") == "" {
			continue // the other one has it too
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := conformance.Examine(t, test.impl, conformance.Random(50), conformance.Every(100),
				familiesOr([]string{"STATE-2", "RUN-1", "RUN-4", "RUN-6", "RUN-9", "DRAIN-4", "HOOK-1", "HOOK-2", "SIG-1"}, "RUN", "SIG", "HOOK", "DRAIN", "STATE"))
			failed := r.Failed()
			slices.Sort(failed)
			if !slices.Equal(failed, test.want) {
				t.Errorf("the failed clauses are %v, want %v: %s", failed, test.want, r.JSON())
			}
			for _, o := range r.Clauses {
				if o.Result == conformance.Skipped || (o.Result == conformance.Undecided) != slices.Contains(strings.Fields(test.undecided), o.Clause) {
					t.Errorf("%s is %s: %s", o.Clause, o.Result, o.Reason)
				}
			}
		})
	}
}

// once returns true in the first process that calls it, and never again.
func once(t *testing.T) func() bool {
	if os.Getenv("LIFECYCLE_CONFORMANCE_CHILD") == "" {
		t.Setenv("VERDICT_TEST_ONCE", filepath.Join(t.TempDir(), "once"))
	}
	return func() bool {
		f, err := os.OpenFile(os.Getenv("VERDICT_TEST_ONCE"), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return false
		}
		_ = f.Close()
		return true
	}
}

// isVirtual says whether time is virtual: that begins in the year 2000.
func isVirtual() bool { return time.Now().UTC().Year() == 2000 }

// afterEmpty has do called after a main that did nothing and took no time.
func afterEmpty(do func()) conformance.Implementation {
	impl := replacing(func(main mainFunc) mainFunc {
		return func(ctx context.Context) error {
			began := time.Now()
			err := main(ctx)
			if isVirtual() && time.Since(began) == 0 && err == nil {
				do()
			}
			return err
		}
	})
	return impl
}

func TestAProcessThatDiesOnceHidesNothingElse(t *testing.T) {
	dies := once(t)
	impl := afterEmpty(func() {
		if dies() {
			os.Exit(3)
		}
	})
	runWith := impl.RunWith
	impl.RunWith = func(main mainFunc, s conformance.Settings) error { // what no example shows
		var own error
		err := runWith(func(ctx context.Context) error { own = main(ctx); return own }, s)
		if isVirtual() && s.Drain%time.Second != 0 && s.Observe != nil && err == own {
			return nil
		}
		return err
	}
	r := conformance.Examine(t, impl, conformance.Random(300), conformance.Every(100), families("RUN"))
	if failed := r.Failed(); !slices.Contains(failed, "RUN-6") || len(failed) < 2 {
		t.Errorf("the failed clauses are %v, want RUN-6 and the one that the process has died of", failed)
	}
}

func TestAMachineThatIsBusyOnceIsNoFailure(t *testing.T) {
	notUnderRace(t)
	stops := once(t)
	hang := make(chan struct{}) // made outside of the bubble, so that time stands still
	impl := afterEmpty(func() {
		if stops() {
			<-hang
		}
	})
	r := conformance.Examine(t, impl, conformance.Random(20), conformance.Every(1000), conformance.StepLimit(time.Second),
		families("RUN")) // within the step limit, on any machine
	if r.Verdict != conformance.Conforms {
		t.Errorf("the failed clauses are %v: %s", r.Failed(), r.JSON())
	}
}

// reason returns why a clause has the result that it has.
func reason(t *testing.T, r conformance.Report, clause string, want conformance.Result) string {
	t.Helper()
	for _, o := range r.Clauses {
		if o.Clause == clause {
			if o.Result != want {
				t.Errorf("%s is %s, want %s: %s", clause, o.Result, want, o.Reason)
			}
			return o.Reason
		}
	}
	t.Errorf("there is no %s", clause)
	return ""
}

// firstLine is what a table shows of a reason.
func firstLine(reason string) string {
	line, _, _ := strings.Cut(reason, "\n")
	return line
}

func TestWhatIsSpoiledIsUndecided(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	r := conformance.Examine(t, replacing(func(main mainFunc) mainFunc {
		return func(ctx context.Context) error {
			if isVirtual() {
				time.Sleep(time.Nanosecond)
			}
			return main(ctx)
		}
	}), conformance.Random(50), conformance.Every(100), conformance.About(func(clause string) bool { return clause == "RUN-1" || clause == "DRAIN-5" }))
	reason(t, r, "RUN-1", conformance.Fail)
	if why := reason(t, r, "DRAIN-5", conformance.Undecided); !strings.HasPrefix(why, "not examined, because") || !strings.Contains(why, "RUN-1") {
		t.Errorf("DRAIN-5: %q", why)
	}
}

func TestWhatHangsSaysWhatDoes(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	hang := make(chan struct{}) // made outside of the bubble, so that time stands still
	r := conformance.Examine(t, replacing(func(main mainFunc) mainFunc {
		return func(ctx context.Context) error {
			err := main(ctx)
			if err != nil && isVirtual() {
				<-hang
			}
			return err
		}
	}), conformance.Random(5), conformance.Every(10000), conformance.StepLimit(200*time.Millisecond), conformance.About(func(clause string) bool { return clause == "RUN-6" }))
	if why := firstLine(reason(t, r, "RUN-6", conformance.Fail)); !strings.Contains(why, "no end after 200ms of real time, and Run had not returned") {
		t.Errorf("RUN-6: %q", why)
	}
}

// forever ignores all timeouts.
func forever(run func(mainFunc, conformance.Settings) error) func(mainFunc, conformance.Settings) error {
	return func(main mainFunc, s conformance.Settings) error {
		s.Drain, s.Shutdown = 10000*time.Hour, 10000*time.Hour
		s.Grace = 5000 * time.Hour
		return run(main, s)
	}
}

func TestAnImplementationWithoutTimeoutsIsToldSo(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	for clause, want := range map[string]string{
		"DRAIN-4": "hooks wait for main without end",
		"HOOK-3":  "want interrupted",
		"RUN-11":  "Run has not returned after 5s",
	} {
		if clause == "HOOK-3" && os.Getenv("LIFECYCLE_BROKEN") == "" {
			continue // it takes ten seconds
		}
		t.Run(clause, func(t *testing.T) {
			t.Parallel()
			r := conformance.Examine(t, core(forever), conformance.Random(5), conformance.Every(10000), conformance.About(func(id string) bool { return id == clause }))
			if why := reason(t, r, clause, conformance.Fail); !strings.Contains(why, want) {
				t.Errorf("%s: %q, want %q", clause, why, want)
			}
		})
	}
}

func TestDefaultsOfItsOwnAreNoFailure(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	impl := mist.Implementation()
	run, runWith := impl.Run, impl.RunWith
	own := func(d *time.Duration, is time.Duration) {
		if *d == 0 {
			*d = is
		}
	}
	impl.Run = func(main mainFunc, drain, shutdown time.Duration) error {
		own(&drain, 30*time.Second)
		own(&shutdown, 20*time.Second)
		return run(main, drain, shutdown)
	}
	impl.RunWith = func(main mainFunc, s conformance.Settings) error {
		own(&s.Drain, 30*time.Second)
		own(&s.Shutdown, 20*time.Second)
		return runWith(main, s)
	}
	r := conformance.Examine(t, impl, conformance.Random(50), conformance.Every(100),
		familiesOr([]string{"RUN-11", "HOOK-3", "HOOK-5", "DRAIN-2", "DRAIN-4"}, "RUN", "SIG", "HOOK", "DRAIN", "STATE"))
	if r.Verdict != conformance.Conforms {
		t.Errorf("the failed clauses are %v", r.Failed())
		for _, id := range r.Failed() {
			t.Logf("%s: %s", id, reason(t, r, id, conformance.Fail))
		}
	}
}
