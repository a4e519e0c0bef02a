package examine

import (
	"context"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// rest are mistakes that lives cannot show, or not all of them.
var rest = []mistake{
	{"of several errors only the first is returned", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = want.Errors[:min(1, len(want.Errors))]
		return want
	}, []string{"RUN-6", "RUN-14"}},
	{"of several errors the last is not returned", func(s model.Scenario, want model.Trace) model.Trace {
		if n := len(want.Errors); n > 1 {
			want.Errors = want.Errors[:n-1]
		}
		return want
	}, []string{"RUN-6", "RUN-14"}},
	{"main's error is not returned when it comes after the grace", func(s model.Scenario, want model.Trace) model.Trace {
		if want.MainEnded > want.Entered(model.Hooks) {
			want.Errors = kindsWithout(want.Errors, "main error", "main panic", "main goexit")
		}
		return want
	}, []string{"RUN-4", "RUN-5", "RUN-6", "RUN-7"}},
	{"errors of hooks are not returned", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "hook error", "hook panic", "hook goexit")
		return want
	}, []string{"HOOK-2"}},
	{"panics of hooks are no errors", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "hook panic")
		return want
	}, []string{"HOOK-2"}},
	{"panics of main are no errors", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "main panic")
		return want
	}, []string{"RUN-4"}},
	{"Goexit in main is no error", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "main goexit")
		return want
	}, []string{"RUN-5"}},
	{"errors of tasks are not returned", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "task error", "task panic", "task goexit")
		return want
	}, []string{"DRAIN-8", "RUN-7"}},
	{"Stop's error is not returned", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "stop error")
		return want
	}, []string{"RUN-6"}},
	{"a drain timeout is no error", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, string(model.DrainTimeout))
		return want
	}, []string{"DRAIN-2"}},
	{"a shutdown timeout is no error", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, string(model.ShutdownTimeout))
		return want
	}, []string{"HOOK-3", "RUN-11"}},
	{"a main that is out is no error", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, string(model.MainRunning))
		return want
	}, []string{"RUN-11"}},
	{"a forced end is no error", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, string(model.Forced))
		return want
	}, []string{"SIG-2"}},
	{"the timeout of a hook's own is no error", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = kindsWithout(want.Errors, "hook timeout")
		return want
	}, []string{"HOOK-6"}},
	{"the signal is not returned", func(s model.Scenario, want model.Trace) model.Trace {
		want.Errors = slices.DeleteFunc(slices.Clone(want.Errors), func(k model.Kind) bool { return k == model.CauseSIGINT || k == model.CauseSIGTERM })
		return want
	}, []string{"RUN-14"}},
	{"the signal comes before the other errors", func(s model.Scenario, want model.Trace) model.Trace {
		if n := len(want.Errors); n > 1 && (want.Errors[n-1] == model.CauseSIGINT || want.Errors[n-1] == model.CauseSIGTERM) {
			want.Errors = append([]model.Kind{want.Errors[n-1]}, want.Errors[:n-1]...)
		}
		return want
	}, []string{"RUN-14"}},
	{"errors are returned in the order in which they came", func(s model.Scenario, want model.Trace) model.Trace {
		if n := len(want.Errors); n > 1 && want.MainEnded > want.Entered(model.Hooks) && strings.HasPrefix(string(want.Errors[0]), "main ") && strings.HasPrefix(string(want.Errors[1]), "hook ") {
			want.Errors = slices.Clone(want.Errors)
			want.Errors[0], want.Errors[1] = want.Errors[1], want.Errors[0]
		}
		return want
	}, []string{"RUN-6"}},
	{"the context is not cancelled when main panics", func(s model.Scenario, want model.Trace) model.Trace {
		if scenarios.Panics(s.Main.Ends) && !scenarios.ByRequest(want) && want.Cancelled.At == want.MainEnded {
			want.Cancelled = model.Cancellation{At: model.Never}
		}
		return want
	}, []string{"RUN-2"}},
	{"there is no drain delay", again(func(s *model.Scenario) { s.DrainDelay = 0 }), []string{"DRAIN-7"}},
	{"a signal does not end the drain delay", func(s model.Scenario, want model.Trace) model.Trace {
		if s.DrainDelay == 0 {
			return want
		}
		return withoutSignals(s, want, min(want.Cancelled.At, scenarios.Plus(scenarios.StopAt(want), s.DrainDelay)))
	}, []string{"SIG-2"}},
	{"units of Track are not waited for", again(func(s *model.Scenario) {
		s.Tracks = slices.Clone(s.Tracks)
		for i := range s.Tracks {
			s.Tracks[i].Lasts = 0
		}
	}), []string{"DRAIN-1", "DRAIN-3"}},
	{"there is no timeout of a hook's own", again(func(s *model.Scenario) {
		s.Hooks = slices.Clone(s.Hooks)
		for i := range s.Hooks {
			s.Hooks[i].Timeout = 0
		}
	}), []string{"HOOK-6"}},
	{"health does not follow the lifecycle", again(func(s *model.Scenario) { s.Follow = false }), []string{"HEALTH-4"}},
	{"SetReady does nothing", again(func(s *model.Scenario) { s.Ready = nil }), []string{"HEALTH-3", "HEALTH-5"}},
	{"the first SetReady only counts", again(func(s *model.Scenario) { s.Ready = s.Ready[:min(1, len(s.Ready))] }), []string{"HEALTH-3", "HEALTH-5"}},
	{"SetReady is late", again(func(s *model.Scenario) {
		s.Ready = slices.Clone(s.Ready)
		for i := range s.Ready {
			s.Ready[i].At += time.Second
		}
	}), []string{"HEALTH-3", "HEALTH-5"}},
	{"there is no timeout of checks", again(func(s *model.Scenario) { s.CheckTimeout = time.Hour }), []string{"HEALTH-9", "HEALTH-15"}},
	{"the timeout of checks is always the default", again(func(s *model.Scenario) { s.CheckTimeout = 0 }), []string{"HEALTH-9", "HEALTH-15"}},
	{"checks that are optional count", again(func(s *model.Scenario) {
		s.Checks = slices.Clone(s.Checks)
		for i := range s.Checks {
			s.Checks[i].Optional = false
		}
	}), []string{"HEALTH-15"}},
	{"checks that fail are not counted", again(func(s *model.Scenario) {
		s.Checks = slices.Clone(s.Checks)
		for i := range s.Checks {
			if s.Checks[i].Ends == model.ReturnsError {
				s.Checks[i].Ends = model.ReturnsNil
			}
		}
	}), []string{"HEALTH-2"}},
	{"checks that panic are not counted", again(func(s *model.Scenario) {
		s.Checks = slices.Clone(s.Checks)
		for i := range s.Checks {
			if scenarios.Panics(s.Checks[i].Ends) {
				s.Checks[i].Ends = model.ReturnsNil
			}
		}
	}), []string{"HEALTH-8"}},
	{"no check is run after one that fails", func(s model.Scenario, want model.Trace) model.Trace {
		want.Answers = slices.Clone(want.Answers)
		for i := range want.Answers {
			a := &want.Answers[i]
			if n := slices.IndexFunc(a.Ran, func(c int) bool { return slices.Contains(a.Failed, c) }); n >= 0 {
				a.Failed = []int{a.Ran[n]}
				a.Ran = a.Ran[:n+1]
			}
		}
		return want
	}, []string{"HEALTH-2", "HEALTH-9", "HEALTH-15"}},
	{"the parent is not heeded", func(s model.Scenario, want model.Trace) model.Trace {
		if slices.ContainsFunc(s.Stops, func(stop model.Stop) bool { return stop.By == model.ParentCancelled }) {
			s.Stops = slices.DeleteFunc(slices.Clone(s.Stops), func(stop model.Stop) bool { return stop.By == model.ParentCancelled })
			return model.Predict(s)[0]
		}
		return want
	}, []string{"RUN-2", "RUN-12"}},
	{"what a hook registers is run last", func(s model.Scenario, want model.Trace) model.Trace {
		hooks := scenarios.InTime(want.Hooks)
		for i, r := range hooks {
			if by := s.Hooks[r.Hook-1].By; i+1 < len(hooks) && by != 0 && s.Hooks[hooks[i+1].Hook-1].By == 0 && r.Outcome == model.Ended && hooks[i+1].Outcome == model.Ended {
				want.Hooks = slices.Clone(want.Hooks)
				a, b := &want.Hooks[i], &want.Hooks[i+1]
				lasts := b.End - b.Start
				b.Start, b.End = a.Start, a.Start+lasts
				a.Start, a.End = b.End, b.End+(a.End-a.Start)
				*a, *b = *b, *a
				a.Deadline, b.Deadline = b.Deadline, a.Deadline
				break
			}
		}
		return want
	}, []string{"HOOK-4"}},
	{"nothing is forced", func(s model.Scenario, want model.Trace) model.Trace {
		if s.DrainDelay > 0 {
			return want
		}
		return withoutSignals(s, want, model.Never)
	}, []string{"SIG-2"}},
}

// again makes what comes of a scenario that is another in something.
func again(change func(s *model.Scenario)) func(s model.Scenario, want model.Trace) model.Trace {
	return func(s model.Scenario, want model.Trace) model.Trace {
		before := s
		if change(&s); reflect.DeepEqual(s, before) || s.Validate() != nil {
			return want
		}
		return model.Predict(s)[0]
	}
}

// withoutSignals is what comes of a scenario without the signals between the stop and an
// instant.
func withoutSignals(s model.Scenario, want model.Trace, until time.Duration) model.Trace {
	after := scenarios.StopAt(want)
	s.Stops = slices.Clone(s.Stops)
	changed := false
	for i, stop := range s.Stops {
		if (stop.By == model.SIGINT || stop.By == model.SIGTERM) && after < stop.At && stop.At <= until {
			s.Stops[i].At, changed = 1000*time.Hour, true
		}
	}
	if !changed || s.Validate() != nil {
		return want
	}
	return model.Predict(s)[0]
}

// kindsWithout leaves errors of these kinds out.
func kindsWithout(all []model.Kind, names ...string) []model.Kind {
	return slices.DeleteFunc(slices.Clone(all), func(k model.Kind) bool {
		name, _ := k.Parts()
		return slices.Contains(names, name)
	})
}

// isKind is the Is of an implementation whose errors are those of seenWhole.
func isKind(err error, k model.Kind) bool {
	name, _, _ := strings.Cut(err.Error(), " #")
	switch k {
	case model.Panic:
		return strings.HasSuffix(name, " panic")
	case model.Goexit:
		return strings.HasSuffix(name, " goexit")
	case model.ShutdownTimeout:
		return name == string(k) || name == "hook timeout"
	}
	return name == string(k)
}

// seenWhole is a trace as a player has seen it that can tell every error.
func seenWhole(s model.Scenario, wants []model.Trace, got model.Trace) play.Seen {
	seen := seen(s, wants, got)
	all := map[model.Kind]error{}
	for _, k := range slices.Concat(wants[0].Errors, got.Errors, []model.Kind{got.Cancelled.Cause, got.WorkEnded.Cause}) {
		name, n := k.Parts()
		own := slices.Contains([]string{"main error", "stop error", "task error", "hook error"}, name) ||
			name == "main panic" && s.Main.Ends == model.PanicsError || name == "hook panic" && s.Hooks[n-1].Ends == model.PanicsError || name == "task panic" && s.Tasks[n-1].Ends == model.PanicsError
		if own {
			all[k] = errors.New(string(k))
		}
	}
	seen.Values = all
	var joined []error
	for _, k := range got.Errors {
		if err := all[k]; err != nil {
			joined = append(joined, err)
		} else {
			joined = append(joined, errors.New(string(k)))
		}
	}
	seen.Err = errors.Join(joined...)
	if len(joined) == 1 {
		seen.Err = joined[0]
	}
	cause := func(k model.Kind) error {
		if k == model.CauseCanceled {
			return context.Canceled
		}
		if err := all[k]; err != nil || k == "" {
			return err
		}
		return errors.New(string(k))
	}
	seen.Cause, seen.WorkCause = cause(got.Cancelled.Cause), cause(got.WorkEnded.Cause)
	return seen
}

// isSimple says whether what lives are made of is all that a scenario has: no hook is late or
// taken back, or takes no time, and no stop is other than a signal.
func isSimple(s model.Scenario, want model.Trace) bool {
	return len(s.TakeBacks) == 0 && !slices.ContainsFunc(want.Hooks, func(r model.HookRun) bool { return r.Late }) &&
		!slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return h.Lasts == 0 }) &&
		!slices.ContainsFunc(s.Stops, func(stop model.Stop) bool { return stop.By != model.SIGINT && stop.By != model.SIGTERM })
}

// made is what a mistake makes of a scenario. Not ok is one of which it makes none that is
// valid: it is of lives, which are simpler.
func made(m mistake, s model.Scenario, want model.Trace) (got model.Trace, ok bool) {
	defer func() { ok = recover() == nil }()
	return m.makes(s, want), true
}

// A mistake makes right scenarios wrong, as it does lives, and more can be seen of them.
func TestScenariosNameTheClauseThatIsBroken(t *testing.T) {
	if race.Enabled {
		t.Skip("it has nothing to find in one goroutine")
	}
	var all []model.Scenario
	for _, c := range clauses.All() {
		all = append(all, c.Examples[:min(20, len(c.Examples))]...) // some have thousands
	}
	some := 80
	if os.Getenv("LIFECYCLE_BROKEN") != "" {
		some = 150
	}
	for seed := range some {
		all = append(all, model.Scenarios().Example(seed), model.CoreSignalScenarios().Example(seed))
	}
	wants := make([][]model.Trace, len(all))
	for i, s := range all {
		wants[i] = model.Predict(s)
	}
	for name, o := range map[string]subject.Offers{
		"the whole API": subject.Everything(),
		"the Core API":  {subject.NeedHealth: true, subject.NeedUnix: true},
		"a few settings": {
			subject.NeedRunWith: true, subject.NeedHealth: true, subject.NeedSignals: true, subject.NeedParent: true, subject.NeedStop: true,
			subject.NeedStopFromOutside: true, subject.NeedTrack: true, subject.NeedFollow: true, subject.NeedUnix: true,
		},
	} {
		impl := &subject.Implementation{}
		if o[subject.NeedIs] {
			impl.Is = isKind
		}
		for n, m := range slices.Concat(mistakes, rest) {
			if n < len(mistakes) && o[subject.NeedState] {
				continue // they are of lives, which show no states
			}
			found, shown := NewFindings(), map[string]string{}
			for i, s := range all {
				if !o.Playable(s) {
					continue
				}
				wants := wants[i]
				if n < len(mistakes) && !isSimple(s, wants[0]) {
					continue
				}
				got, ok := made(m, s, wants[0])
				if !ok || got.Equal(wants[0]) {
					continue
				}
				v := compare.Closest(impl, o, seenWhole(s, wants, got))
				for _, d := range v.Found {
					if shown[d.Clause] == "" {
						shown[d.Clause] = d.Text + "\n" + v.String()
					}
					found.Fail(d)
				}
			}
			names := slices.Sorted(maps.Keys(found.Settled().Failed))
			if len(names) == 0 && o[subject.NeedRunWith] && o[subject.NeedIs] {
				t.Errorf("%s, with %s: no clause is named, want %v", m.name, name, m.named)
			}
			if slices.ContainsFunc(names, func(c string) bool { return !slices.Contains(m.named, c) }) {
				t.Errorf("%s, with %s: %v are named, want %v", m.name, name, names, m.named)
				for _, c := range slices.DeleteFunc(names, func(c string) bool { return slices.Contains(m.named, c) }) {
					t.Logf("%s: %s", c, shown[c])
				}
			}
		}
	}
}
