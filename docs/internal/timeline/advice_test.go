package timeline

import (
	goparser "go/parser"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"pgregory.net/rapid"
)

// flags draws a command line.
func flags(t *rapid.T) (args []string) {
	span := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"never", "0", "40ms", "1s", "2.5s", "5s", "7s", "15s", "40s", "3m"}).Draw(t, "span")
	})
	finite := span.Filter(func(s string) bool { return s != "never" })
	add := func(name string, most int, value func() string) {
		for range rapid.IntRange(0, most).Draw(t, name) {
			args = append(args, "-"+name, value())
		}
	}
	some := func(text string) string { return rapid.SampledFrom([]string{"", "", text}).Draw(t, "some") }
	add("main", 1, func() string { return span.Draw(t, "main") + some("/fail") })
	add("work", 3, func() string { return some("a=") + span.Draw(t, "work") })
	add("hook", 4, func() string { return some("b=") + span.Draw(t, "hook") + some("/fail") + some("@6s") })
	for _, option := range []string{"drain", "shutdown"} {
		add(option, 1, func() string { return rapid.SampledFrom([]string{"80ms", "1s", "8s", "1m"}).Draw(t, option) })
	}
	add("grace", 1, func() string { return finite.Draw(t, "grace") })
	add("delay", 1, func() string { return finite.Draw(t, "delay") })
	if rapid.Bool().Draw(t, "interrupt") {
		args = append(args, "-interrupt-at", "1s", "-interrupt-at", "6s")
	}
	return args
}

func fromFlags(t *rapid.T) *Timeline {
	args := flags(t)
	request, err := Parse(args)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	timeline, err := New(request.Scenario, request.Names)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return timeline
}

// Whoever takes the advice has a stop in which nothing is cut, but for hooks that
// never return: no option mends those.
func TestTheAdviceIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := fromFlags(t)
		a := timeline.advice()
		then, err := New(a.want, timeline.names)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(slices.Concat(a.reasons, a.code, a.then), "\n")
		fail := func(what string) { t.Fatalf("%s\n%s\nso taken:\n%s", what, timeline.Text(), then.Text()) }
		if then.has(model.DrainTimeout, model.MainRunning, model.Forced) {
			fail("something is cut")
		}
		if then.trace.MainEnded > then.trace.Entered(model.Hooks) {
			fail("hooks begin without main")
		}
		for _, run := range then.trace.Hooks {
			if run.Outcome != model.Ended && timeline.given.Hooks[run.Hook-1].Lasts != model.Never {
				fail("a hook is cut that returns")
			}
			if run.Outcome == model.Interrupted && len(timeline.given.Hooks) > 1 {
				fail("a hook takes the time of others")
			}
		}
		if len(then.trace.NotRun) > 0 {
			fail("a hook is not run")
		}
		if strings.Contains(said, "Nothing:") && (timeline.has(model.DrainTimeout, model.ShutdownTimeout, model.MainRunning, model.Forced) || len(a.code) > 0) {
			fail("there is something to change")
		}
		if want := "With that, Run returns " + outcome(then.trace.Errors); len(a.code) > 0 && !strings.Contains(said, want) {
			fail("it is not said what follows")
		}
	})
}

// inTime reports whether main, work and hooks end in time, whatever comes first of
// what happens at one instant. A hook that never returns may have its own timeout.
func inTime(t *rapid.T, s model.Scenario) bool {
	timeline, err := New(s, Names{})
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range append(timeline.others, timeline.trace) {
		if trace.Finds(model.DrainTimeout) || trace.Finds(model.MainRunning) || len(trace.NotRun) > 0 {
			return false
		}
		for _, run := range trace.Hooks {
			if run.Outcome == model.Interrupted || run.Outcome == model.Abandoned && s.Hooks[run.Hook-1].Lasts != model.Never {
				return false
			}
		}
		grace := min(s.ReturnGrace, s.DrainTimeout/2)
		if trace.MainEnded > trace.Entered(model.Hooks) || trace.MainEnded-trace.Cancelled.At >= grace && trace.MainEnded == trace.Entered(model.Hooks) {
			return false
		}
	}
	return true
}

func TestNoAdviceIsGivenForWhatIsInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := fromFlags(t)
		s := explicit(timeline.given)
		s.Stops = s.Stops[:1] // without interrupts
		endless := slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return h.Lasts == model.Never })
		a := timeline.advice()
		spoken := len(a.code) > 0 || slices.ContainsFunc(a.reasons, func(r string) bool {
			return !strings.HasPrefix(r, "Nothing:") && !strings.HasPrefix(r, "Without a further")
		})
		if want := !inTime(t, s) || endless; spoken != want {
			t.Fatalf("advice is given: %t, wanted: %t\n%s", spoken, want, timeline.Text())
		}
	})
}

// An option that is changed has to be: with all other advice taken, what is in time
// no longer is if that option stays as it was.
func TestNoOptionIsChangedInVain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := fromFlags(t)
		was, want := explicit(timeline.given), timeline.advice().want
		for name, undo := range map[string]func(*model.Scenario){
			"WithDrainTimeout":    func(s *model.Scenario) { s.DrainTimeout = was.DrainTimeout },
			"WithReturnGrace":     func(s *model.Scenario) { s.ReturnGrace = was.ReturnGrace },
			"WithShutdownTimeout": func(s *model.Scenario) { s.ShutdownTimeout = was.ShutdownTimeout },
		} {
			s := want
			undo(&s)
			if changed := s.String() != want.String(); changed && inTime(t, s) {
				t.Fatalf("%s is changed in vain\n%s", name, timeline.Text())
			}
		}
	})
}

func TestRunReturnsWithinWhatTheManifestIsToldToAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timeline := fromFlags(t)
		a := timeline.advice()
		then, err := New(a.want, timeline.names)
		if err != nil {
			t.Fatal(err)
		}
		line := a.then[len(a.then)-1]
		number, _, _ := strings.Cut(strings.TrimPrefix(line, "terminationGracePeriodSeconds must exceed "), ":")
		bound, err := time.ParseDuration(number + "s")
		if err != nil {
			t.Fatal(line, err)
		}
		if took := then.trace.Returned - then.stop; took.Truncate(time.Millisecond) > bound {
			t.Fatalf("Run returns after %v: %s", took, line)
		}
	})
}

func TestTheLinesToChangeAreGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, line := range fromFlags(t).advice().code {
			if _, err := goparser.ParseExpr(line); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	})
}
