package examine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// A mistake makes a right life wrong. What lives it does that to depends on the life; the
// clauses that are named must not.
type mistake struct {
	name string
	// makes returns what comes of a scenario, of which want is right.
	makes func(s model.Scenario, want model.Trace) model.Trace
	named []string // of which one must be named, and no other
}

const liveLate = 6 * liveStep

var mistakes = []mistake{
	{"Run returns late", func(s model.Scenario, want model.Trace) model.Trace {
		want.Returned += liveLate
		return seenUntil(s, want)
	}, []string{"STATE-2"}},
	{"Run never returns", func(s model.Scenario, want model.Trace) model.Trace {
		want.Returned, want.Errors = model.Never, nil
		return seenUntil(s, want)
	}, []string{"STATE-2"}},
	{"no hook is run", func(s model.Scenario, want model.Trace) model.Trace {
		return withoutHooks(s)
	}, []string{"HOOK-1"}},
	{"hooks begin late", func(s model.Scenario, want model.Trace) model.Trace {
		if slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return h.By == 0 && h.At >= want.Entered(model.Hooks) }) {
			return want // when it begins depends on more
		}
		return later(want, liveLate)
	}, []string{"DRAIN-5"}},
	{"the shutdown timeout counts from the stop", func(s model.Scenario, want model.Trace) model.Trace {
		s.ShutdownTimeout = max(1, s.ShutdownTimeout-(want.Entered(model.Hooks)-scenarios.StopAt(want)))
		return model.Predict(s)[0]
	}, []string{"HOOK-3", "RUN-11"}},
	{"there is no shutdown timeout", func(s model.Scenario, _ model.Trace) model.Trace {
		s.ShutdownTimeout = 1000 * time.Hour
		return unending(model.Predict(s)[0])
	}, []string{"HOOK-3", "RUN-11"}},
	{"there is no drain timeout", func(s model.Scenario, want model.Trace) model.Trace {
		s.DrainTimeout, s.ReturnGrace = 1000*time.Hour, cmpGrace(s)
		return unending(model.Predict(s)[0])
	}, []string{"DRAIN-2"}},
	{"the drain timeout is late", func(s model.Scenario, _ model.Trace) model.Trace {
		s.ReturnGrace = cmpGrace(s)
		s.DrainTimeout = cmp.Or(s.DrainTimeout, model.DefaultDrainTimeout) + liveLate
		return model.Predict(s)[0]
	}, []string{"DRAIN-2"}},
	{"the shutdown timeout is late", func(s model.Scenario, _ model.Trace) model.Trace {
		s.ShutdownTimeout = cmp.Or(s.ShutdownTimeout, model.DefaultShutdownTimeout) + liveLate
		return model.Predict(s)[0]
	}, []string{"HOOK-3", "RUN-11"}},
	{"main is not waited for when the hooks have run", func(s model.Scenario, want model.Trace) model.Trace {
		last := want.Entered(model.Hooks)
		for _, r := range want.Hooks {
			if r.Outcome != model.Ended {
				return want
			}
			last = max(last, r.End)
		}
		if want.MainEnded > last {
			want.Returned = last
		}
		return want
	}, []string{"RUN-11"}},
	{"main is waited for without end when the hooks have run", func(s model.Scenario, want model.Trace) model.Trace {
		if want.MainEnded > want.Returned {
			want.Returned = want.MainEnded
		}
		return unending(seenUntil(s, want))
	}, []string{"RUN-11"}},
	{"there is no hook after one that fails", func(s model.Scenario, want model.Trace) model.Trace {
		for n, r := range want.Hooks {
			if scenarios.Fails(s.Hooks[r.Hook-1].Ends) && r.Outcome == model.Ended {
				return ends(want, max(r.End, min(want.MainEnded, want.Returned)), want.Hooks[:n+1])
			}
		}
		return want
	}, []string{"HOOK-2"}},
	{"no hook is run when the drain timeout has run out", func(s model.Scenario, want model.Trace) model.Trace {
		if want.Left(model.Draining) != model.DrainTimedOut {
			return want
		}
		return withoutHooks(s)
	}, []string{"DRAIN-2", "HOOK-1"}},
	{"groups are not waited for", func(s model.Scenario, want model.Trace) model.Trace {
		s.Groups = nil
		return model.Predict(s)[0]
	}, []string{"DRAIN-1", "DRAIN-3"}},
	{"the hook that was registered first runs first", func(s model.Scenario, want model.Trace) model.Trace {
		if slices.ContainsFunc(s.Hooks, func(h model.Hook) bool { return h.By != 0 || h.At >= want.Entered(model.Hooks) }) {
			return want
		}
		s.Hooks = slices.Clone(s.Hooks)
		slices.Reverse(s.Hooks)
		return renumbered(model.Predict(s)[0], len(s.Hooks))
	}, []string{"HOOK-1"}},
	{"an interrupted hook is waited for", func(s model.Scenario, want model.Trace) model.Trace {
		for _, r := range want.Hooks {
			if h := s.Hooks[r.Hook-1]; r.Outcome == model.Interrupted {
				want.Returned = max(want.Returned, scenarios.Plus(r.Start, h.Lasts))
			}
		}
		return unending(seenUntil(s, want))
	}, []string{"HOOK-3"}},
	{"nothing comes after main's panic", func(s model.Scenario, want model.Trace) model.Trace {
		if scenarios.Panics(s.Main.Ends) && want.MainEnded < want.Returned {
			return cutAt(s, want, want.MainEnded)
		}
		return want
	}, []string{"RUN-4"}},
	{"nothing comes after main's Goexit", func(s model.Scenario, want model.Trace) model.Trace {
		if s.Main.Ends == model.CallsGoexit && want.MainEnded < want.Returned {
			return cutAt(s, want, want.MainEnded)
		}
		return want
	}, []string{"RUN-5"}},
	{"nothing comes after a hook that panics", func(s model.Scenario, want model.Trace) model.Trace {
		for _, r := range want.Hooks {
			if scenarios.Panics(s.Hooks[r.Hook-1].Ends) && r.Outcome == model.Ended {
				return cutAt(s, want, r.End)
			}
		}
		return want
	}, []string{"HOOK-2"}},
	{"a signal is late", func(s model.Scenario, want model.Trace) model.Trace {
		s.Stops = slices.Clone(s.Stops)
		for i := range s.Stops {
			s.Stops[i].At += liveLate
		}
		return model.Predict(s)[0]
	}, []string{"SIG-1", "SIG-2"}},
	{"a signal does nothing", func(s model.Scenario, want model.Trace) model.Trace {
		if scenarios.ByRequest(want) {
			return cutAt(s, want, scenarios.StopAt(want)-1)
		}
		return want
	}, []string{"SIG-1"}},
}

// withoutHooks is what comes of a scenario if no hook is run.
func withoutHooks(s model.Scenario) model.Trace {
	hooks := len(s.Hooks)
	s.Hooks = nil
	t := model.Predict(s)[0]
	for h := range hooks {
		t.NotRun = append(t.NotRun, h+1)
	}
	return t
}

// seenUntil is a life in which hooks that were interrupted are seen to end until Run
// returns.
func seenUntil(s model.Scenario, t model.Trace) model.Trace {
	t.Hooks = slices.Clone(t.Hooks)
	for i, r := range t.Hooks {
		if end := scenarios.Plus(r.Start, s.Hooks[r.Hook-1].Lasts); r.Outcome == model.Interrupted && end < t.Returned {
			t.Hooks[i].End, t.Hooks[i].Outcome = end, model.Ended
		}
	}
	return t
}

// renumbered is a life with hooks that are counted from the last.
func renumbered(t model.Trace, hooks int) model.Trace {
	t.Hooks, t.NotRun, t.Errors = slices.Clone(t.Hooks), slices.Clone(t.NotRun), slices.Clone(t.Errors)
	for i := range t.Hooks {
		t.Hooks[i].Hook = hooks + 1 - t.Hooks[i].Hook
	}
	for i := range t.NotRun {
		t.NotRun[i] = hooks + 1 - t.NotRun[i]
	}
	for i, k := range t.Errors {
		if name, n := k.Parts(); strings.HasPrefix(name, "hook ") {
			t.Errors[i] = model.Kind(fmt.Sprintf("%s #%d", name, hooks+1-n))
		}
	}
	return t
}

// cutAt is a life in which nothing comes after an instant.
func cutAt(s model.Scenario, t model.Trace, last time.Duration) model.Trace {
	if t.Cancelled.At > last {
		t.Cancelled.At = model.Never
		if s.Main.AfterCancel {
			t.MainEnded = model.Never
		}
	}
	t.Returned, t.Errors = model.Never, nil
	t.Hooks = slices.DeleteFunc(slices.Clone(t.Hooks), func(r model.HookRun) bool { return r.Start >= last })
	return t
}

func cmpGrace(s model.Scenario) time.Duration {
	if grace := scenarios.Grace(s); grace > 0 {
		return grace
	}
	return model.NoGrace
}

// ends is a life that ends at an instant, after these hooks.
func ends(t model.Trace, at time.Duration, hooks []model.HookRun) model.Trace {
	for _, r := range t.Hooks[len(hooks):] {
		t.NotRun = append(t.NotRun, r.Hook)
	}
	t.Hooks, t.Returned = hooks, at
	return t
}

// later has hooks, and all that comes of them, begin later.
func later(t model.Trace, by time.Duration) model.Trace {
	t.Hooks = slices.Clone(t.Hooks)
	for i := range t.Hooks {
		r := &t.Hooks[i]
		r.Start, r.End = scenarios.Plus(r.Start, by), scenarios.Plus(r.End, by)
	}
	t.Returned += by
	return t
}

// unending is a life of which nobody sees what comes after an hour.
func unending(t model.Trace) model.Trace {
	if t.Returned > time.Hour {
		t.Returned, t.Errors = model.Never, nil
	}
	t.Hooks = slices.DeleteFunc(slices.Clone(t.Hooks), func(r model.HookRun) bool { return r.Start > time.Hour })
	return t
}

func TestLivesNameTheClauseThatIsBroken(t *testing.T) {
	if race.Enabled {
		t.Skip("it has nothing to find in one goroutine")
	}
	core := subject.Offers{subject.NeedUnix: true}
	o := Options{Random: liveCount, About: func(string) bool { return true }}
	lives := o.chooseLives(core)
	for _, m := range mistakes {
		graces := []time.Duration{model.NoGrace, 4 * liveStep}
		if os.Getenv("LIFECYCLE_BROKEN") != "" {
			graces = append(graces, 1000*time.Hour)
		}
		for _, grace := range graces {
			found := NewFindings()
			for _, drawn := range lives {
				s := onLiveGrid(drawn)
				own := s
				own.ReturnGrace = grace
				if grace > 0 {
					own.ReturnGrace = min(grace, cmp.Or(s.DrainTimeout, model.DefaultDrainTimeout)/2).Truncate(liveStep)
				}
				if own.Validate() != nil {
					t.Fatal(own.Validate())
				}
				got := m.makes(own, model.Predict(own)[0])
				wants, _ := liveWants(s, liveStep)
				v := compare.Closest(&subject.Implementation{}, withSignals(core), seen(s, wants, got))
				for _, d := range v.Found {
					d.Text += "\n" + v.String()
					found.Fail(d)
				}
			}
			failed := found.Settled().Failed
			clauses := slices.Sorted(maps.Keys(failed))
			ok := len(clauses) > 0
			for _, c := range clauses {
				ok = ok && slices.Contains(m.named, c)
			}
			if !ok {
				t.Errorf("%s, with a grace of %v: %v are named, want %v", m.name, grace, clauses, m.named)
				for _, c := range clauses {
					if !slices.Contains(m.named, c) {
						t.Logf("%s: %s", c, failed[c])
					}
				}
			}
		}
	}
}

// seen is a trace as a player has seen it.
func seen(s model.Scenario, wants []model.Trace, got model.Trace) play.Seen {
	values := map[model.Kind]error{}
	var all []error
	for _, k := range got.Errors {
		err := errors.New(string(k))
		name, n := k.Parts()
		if slices.Contains([]string{"main error", "hook error"}, name) ||
			name == "main panic" && s.Main.Ends == model.PanicsError || name == "hook panic" && s.Hooks[n-1].Ends == model.PanicsError {
			values[k] = err
		}
		all = append(all, err)
	}
	err := errors.Join(all...)
	if len(all) == 1 {
		err = all[0]
	}
	return play.Seen{Scenario: s, Wants: wants, Trace: got, Mains: 1, Err: err, Cause: errors.New("cancelled"), Values: values}
}
