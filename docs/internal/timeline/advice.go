package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
)

// advice is what to change so that everything ends in time.
type advice struct {
	reasons []string // what has not enough time, and what only its own code can mend
	code    []string // the lines to change
	then    []string // what the model says once they are
	want    model.Scenario
}

// adviser collects advice, changes a copy of the scenario by it, and looks at what
// the model says then.
type adviser struct {
	*Timeline // with the advice taken so far
	advice
	changed map[string]bool // names of options
}

// advice returns what to change. A further SIGINT is the operator's decision, so
// that the advice is about the same stop without any.
func (t *Timeline) advice() advice {
	a := &adviser{Timeline: t, changed: map[string]bool{}}
	a.want = explicit(t.given)
	a.want.Hooks, a.want.Tracks = slices.Clone(a.want.Hooks), slices.Clone(a.want.Tracks)
	a.want.Stops = slices.DeleteFunc(slices.Clone(a.want.Stops), func(s model.Stop) bool {
		return s.By == model.SIGINT && s.At > t.stop
	})
	a.predict()
	if a.end(a.trace) != t.end(t.trace) {
		a.say("Without a further interrupt, Run returns %s.", a.end(a.trace))
	}
	// What is mended may show what it has hidden, such as a late main, or mend
	// something else too.
	for _, look := range []func(){a.forWork, a.forMain, a.forHooks} {
		look()
		a.predict()
	}
	a.conclude(t)
	return a.advice
}

// predict asks the model about the scenario that is wanted.
func (a *adviser) predict() {
	if then, err := New(a.want, a.names); err == nil {
		a.Timeline = then
	}
}

// explicit returns the scenario with the defaults written out.
func explicit(s model.Scenario) model.Scenario {
	s.DrainTimeout = cmp.Or(s.DrainTimeout, model.DefaultDrainTimeout)
	s.ShutdownTimeout = cmp.Or(s.ShutdownTimeout, model.DefaultShutdownTimeout)
	s.ReturnGrace = cmp.Or(s.ReturnGrace, model.DefaultReturnGrace)
	return s
}

func (a *adviser) say(format string, args ...any) {
	a.reasons = append(a.reasons, fmt.Sprintf(format, args...))
}

// forWork gives work that the drain timeout cut the time that it needs.
func (a *adviser) forWork() {
	if a.trace.Left(model.Draining) != model.DrainTimedOut {
		return
	}
	cancel := a.trace.Cancelled.At
	for _, w := range a.cutWorks() {
		if w.ends == model.Never {
			a.say("%s never ends, and no timeout helps: it must return when its context does, ctx or WorkContext(ctx).", w.name)
			a.endWork(w.track)
			continue
		}
		a.say("%s needs %s after the cancel; the drain timeout is %s.", w.name, short(w.ends-cancel), short(a.given.DrainTimeout))
		a.drain(w.ends - cancel)
	}
}

// endWork has tracked work end at the stop.
func (a *adviser) endWork(track int) {
	if track > 0 {
		w := &a.want.Tracks[track-1]
		w.Lasts = max(0, a.stop-w.At)
	}
}

// drain makes the drain timeout longer than need.
func (a *adviser) drain(need time.Duration) {
	if need >= a.want.DrainTimeout {
		a.want.DrainTimeout = more(need)
		a.changed["WithDrainTimeout"] = true
	}
}

// forMain has main back before hooks begin.
func (a *adviser) forMain() {
	back, cancel := a.trace.MainEnded, a.trace.Cancelled.At
	if back < a.trace.Entered(model.Hooks) {
		return
	}
	if back == model.Never {
		a.say("main never returns, so hooks begin without it: it must return when ctx is cancelled. For a server: lifecycle.ListenAndServe or ServeFunc.")
		a.want.Main.AfterCancel, a.want.Main.After = true, 0
		return
	}
	need := back - cancel
	grace := max(0, min(a.given.ReturnGrace, a.given.DrainTimeout/2))
	if need < grace {
		return // Draining has ended with main's return
	}
	a.say("main needs %s after the cancel; its grace, at most half the drain timeout, is %s. Then hooks begin without it.", short(need), short(grace))
	if a.want.ReturnGrace <= need {
		a.want.ReturnGrace = more(need)
		a.changed["WithReturnGrace"] = true
	}
	a.drain(2 * need)
}

// forHooks gives the hooks the time that they need, and those that never return
// a timeout of their own, so that the others have the rest.
func (a *adviser) forHooks() {
	var names []string
	endless, all := 0, time.Duration(0)
	for _, n := range a.ran() {
		h := &a.want.Hooks[n-1]
		if h.Timeout > 0 && h.Lasts != model.Never && h.Lasts >= h.Timeout {
			a.say("%s needs %s; its HookTimeout is %s.", a.hookName(n), short(h.Lasts), short(h.Timeout))
			h.Timeout = more(h.Lasts)
			a.code = append(a.code, hookOption(a.hookName(n), h.Timeout))
		}
		switch need := hookNeed(*h); need {
		case model.Never:
			endless++
			a.say("%s never returns, and must: OnShutdownContext gives it a context that ends in time.", a.hookName(n))
		default:
			names, all = append(names, a.hookName(n)+" "+short(need)), all+need
		}
		if h.Lasts == model.Never && h.Timeout > 0 {
			a.say("%s never returns; its HookTimeout abandons it. OnShutdownContext gives it a context that ends in time.", a.hookName(n))
		}
	}
	if endless > 0 && endless+len(names) > 1 {
		more, sum := a.boundHooks(endless, all)
		names, all = append(names, more...), all+sum
	}
	if all >= a.want.ShutdownTimeout {
		a.say("%s; the shutdown timeout, for all hooks together, is %s.", needs(names, all), short(a.want.ShutdownTimeout))
		a.want.ShutdownTimeout = more(all)
		a.changed["WithShutdownTimeout"] = true
	}
}

// needs says how long hooks take, of which each is given as "name time".
func needs(hooks []string, all time.Duration) string {
	if len(hooks) == 1 {
		name := strings.TrimSuffix(hooks[0], " "+short(all))
		return name + " needs " + short(all)
	}
	return "The hooks need " + list(hooks) + ", which is " + short(all)
}

// ran returns the hooks that ran or should have.
func (a *adviser) ran() (all []int) {
	for _, run := range a.trace.Hooks {
		if !run.Late {
			all = append(all, run.Hook)
		}
	}
	return append(all, a.trace.NotRun...)
}

// hookNeed is how long a hook takes at most.
func hookNeed(h model.Hook) time.Duration {
	if h.Timeout > 0 {
		return min(h.Lasts, h.Timeout)
	}
	return h.Lasts
}

// boundHooks gives each hook that never returns, of which there are count, a
// share of what the others leave, and returns what these take.
func (a *adviser) boundHooks(count int, others time.Duration) (names []string, all time.Duration) {
	a.say("A HookTimeout leaves the other hooks their time.")
	share := less(max(a.want.ShutdownTimeout-others, a.want.ShutdownTimeout/4) / time.Duration(count+1))
	for _, n := range a.ran() {
		h := &a.want.Hooks[n-1]
		if hookNeed(*h) != model.Never {
			continue
		}
		h.Timeout = share
		names, all = append(names, a.hookName(n)+" "+short(share)), all+share
		a.code = append(a.code, hookOption(a.hookName(n), share))
	}
	return names, all
}

// conclude writes the options that are not as they were, and what follows.
func (a *adviser) conclude(was *Timeline) {
	for _, o := range []struct {
		name string
		to   time.Duration
	}{
		{"WithDrainTimeout", a.want.DrainTimeout}, {"WithReturnGrace", a.want.ReturnGrace}, {"WithShutdownTimeout", a.want.ShutdownTimeout},
	} {
		if a.changed[o.name] {
			a.code = append(a.code, fmt.Sprintf("lifecycle.%s(%s)", o.name, goDuration(o.to)))
		}
	}
	if len(a.reasons) == 0 {
		a.say("Nothing: main, the work and the hooks end in time.")
	} else if len(a.code) > 0 || a.want.Main != was.given.Main || !slices.Equal(a.want.Tracks, was.given.Tracks) {
		a.then = append(a.then, "With that, Run returns "+a.end(a.trace)+".")
	}
	bound := a.want.DrainDelay + a.want.DrainTimeout + a.want.ShutdownTimeout
	a.then = append(a.then, fmt.Sprintf("terminationGracePeriodSeconds must exceed %s: drain delay %s + drain timeout %s + shutdown timeout %s.",
		seconds(bound), short(a.want.DrainDelay), short(a.want.DrainTimeout), short(a.want.ShutdownTimeout)))
}

func hookOption(name string, d time.Duration) string {
	return fmt.Sprintf("lifecycle.HookTimeout(%s) // %s", goDuration(d), clip(name, maxName))
}
