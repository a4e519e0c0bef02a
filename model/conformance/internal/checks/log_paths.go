package checks

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// PathIsLogged checks LOG-1. It has runs take every way through the table, and follows
// their records.
func PathIsLogged(c *Checker) {
	hangs := func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { time.Sleep(time.Hour); return nil })
		c.Impl.Track(ctx)
		time.Sleep(time.Second)
		return nil
	}
	waits := func(ctx context.Context) error { play.Wait(ctx.Done(), time.Hour); return nil }
	after := func(all ...time.Duration) (source chan os.Signal) {
		source = make(chan os.Signal, len(all))
		for _, d := range all {
			time.AfterFunc(d, func() { source <- os.Interrupt })
		}
		return source
	}
	for what, run := range map[string]struct {
		manual   bool
		settings func() subject.Settings
		main     func(ctx context.Context) error
	}{
		"main exits, and both timeouts run out": {
			false, func() subject.Settings { return subject.Settings{Drain: 4 * time.Second, Shutdown: 3 * time.Second} },
			hangs,
		},
		"main exits, and both phases are forced": {
			false, func() subject.Settings { return subject.Settings{Signals: after(2*time.Second, 3*time.Second)} },
			hangs,
		},
		"a signal stops": {
			false, func() subject.Settings { return subject.Settings{Signals: after(time.Second)} },
			waits,
		},
		"a signal stops while starting": {
			true, func() subject.Settings { return subject.Settings{Signals: after(time.Second)} },
			waits,
		},
		"main exits while starting": {
			true, func() subject.Settings { return subject.Settings{} },
			func(context.Context) error { return nil },
		},
	} {
		if run.manual && !c.offered[subject.NeedManualStart] {
			continue
		}
		log := c.loggedWith(func() subject.Settings {
			s := run.settings()
			s.ManualStart = run.manual
			return s
		}, run.main)
		c.expect(isPath(log.path()), "%s, and the records of transitions are %v, which is no path of the table", what, log.path())
	}
}

// path is the transitions that are logged.
func (r records) path() (all []model.Edge) {
	for _, l := range r.all() {
		if l.isTransition() {
			all = append(all, model.Edge{From: model.State(l.text("from")), On: model.Event(l.text("event")), To: model.State(l.text("to"))})
		}
	}
	return all
}

// isPath says whether transitions are a path of the table, from its first state to its
// last.
func isPath(all []model.Edge) bool {
	at := model.Starting
	for _, e := range all {
		if e.From != at || !slices.Contains(model.Edges(), e) {
			return false
		}
		at = e.To
	}
	return at == model.Stopped
}

// AtMostIsEnough checks LOG-1: at_most is no less than draining lasts, with a delay
// and with limits of which the sum overflows.
func AtMostIsEnough(c *Checker) {
	for what, s := range map[string]subject.Settings{
		"a drain timeout of 2s and a delay of 5s":               {Drain: 2 * time.Second, Delay: 5 * time.Second},
		"an endless drain timeout and a delay of 5s":            {Drain: model.Never, Delay: 5 * time.Second},
		"an endless drain timeout and a delay that is, as well": {Drain: model.Never, Delay: model.Never},
	} {
		log := c.logged(s, func(ctx context.Context) error {
			done, _ := c.Impl.Track(ctx)
			time.AfterFunc(20*time.Second, done)
			c.Impl.Stop(ctx, nil)
			time.Sleep(min(s.Delay, 8*time.Second))
			return nil
		})
		draining, hooks := log.transitionTo(model.Draining), log.transitionTo(model.Hooks)
		if len(draining) != 1 || len(hooks) != 1 {
			c.Errorf("with %s, transitions are not logged; the log:\n%v", what, log)
			continue
		}
		atMost, ok := isText(draining[0].attrs["at_most"])
		lasted := hooks[0].at.Sub(draining[0].at)
		if s.Drain == model.Never && !ok && draining[0].text("at_most") != "" {
			continue // in other words: there is no limit
		}
		c.expect(log.tellsElapsed(hooks[0], lasted), "with %s, draining lasts %v, and the record of the transition to hooks says that %q has elapsed, want that or the time since the first record", what, lasted, hooks[0].text("elapsed"))
		c.expect(ok && atMost >= lasted-slack, "with %s, at_most is %q, want at least the %v that draining lasts", what, draining[0].text("at_most"), lasted)
	}
}
