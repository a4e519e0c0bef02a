package checks

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// logged plays a run in virtual time, and returns its log.
func (c *Checker) logged(s subject.Settings, main func(ctx context.Context) error) (log records) {
	return c.loggedWith(func() subject.Settings { return s }, main)
}

// loggedWith is logged with settings that are made in the bubble.
func (c *Checker) loggedWith(make func() subject.Settings, main func(ctx context.Context) error) (log records) {
	const longer = 3 * time.Hour // for what would not end, unless virtual time is at its own end
	log = newRecords()
	c.bubble(func() {
		s := make()
		s.Logger = slog.New(log)
		_ = c.run(main, s)
		if time.Until(time.Unix(0, math.MaxInt64)) > longer {
			time.Sleep(longer)
		}
		synctest.Wait()
	})
	return log
}

// interrupted is the log of a run that a signal stops.
func (c *Checker) interrupted(sig os.Signal) records { return c.signalledWith(0, sig) }

// signalledWith is the log of a run that signals stop, one after the other in a moment.
func (c *Checker) signalledWith(delay time.Duration, sigs ...os.Signal) records {
	return c.loggedWith(func() subject.Settings {
		source := make(chan os.Signal, len(sigs))
		for n, sig := range sigs {
			time.AfterFunc(time.Second+time.Duration(n)*time.Millisecond, func() { source <- sig })
		}
		return subject.Settings{Signals: source, Delay: delay}
	}, func(ctx context.Context) error {
		work := c.Impl.DrainGroup(ctx)
		work.Add(1)
		play.Wait(ctx.Done(), time.Hour)
		time.AfterFunc(100*time.Millisecond, work.Done) // before the first warning
		time.Sleep(100 * time.Millisecond)
		return nil
	})
}

// isText says whether a value is a duration that is written as text, which every
// handler shows alike.
func isText(v slog.Value) (d time.Duration, ok bool) {
	if v.Kind() != slog.KindString {
		return 0, false
	}
	d, err := time.ParseDuration(v.String())
	return d, err == nil
}

// tellsElapsed says whether the record of a transition tells, as text, how long the state
// that is left has lasted, or the run. Which of them is open.
func (r records) tellsElapsed(l line, state time.Duration) bool {
	elapsed, ok := isText(l.attrs["elapsed"])
	return ok && (near(elapsed, state) || near(elapsed, l.at.Sub(r.all()[0].at)))
}

// TransitionsAreLogged checks LOG-1. It looks for one record of each transition.
func TransitionsAreLogged(c *Checker) {
	log := c.logged(subject.Settings{}, func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { time.Sleep(1500 * time.Millisecond); return nil })
		time.Sleep(time.Second)
		done, _ := c.Impl.Track(ctx)
		time.AfterFunc(2*time.Second, done)
		c.Impl.Stop(ctx, nil)
		play.Wait(ctx.Done(), time.Hour)
		return nil
	})
	for _, want := range []struct {
		model.Edge
		elapsed time.Duration
	}{
		{model.Edge{From: model.Starting, On: model.Started, To: model.Running}, 0},
		{model.Edge{From: model.Running, On: model.StopRequested, To: model.Draining}, time.Second},
		{model.Edge{From: model.Draining, On: model.Drained, To: model.Hooks}, 2 * time.Second},
		{model.Edge{From: model.Hooks, On: model.HooksFinished, To: model.Stopped}, 1500 * time.Millisecond},
	} {
		found := log.transitionTo(want.To)
		if len(found) != 1 || found[0].text("from") != string(want.From) || found[0].text("event") != string(want.On) {
			c.Errorf("the transition to %s has %d records, want one, with from, to and event; the log:\n%v", want.To, len(found), log)
			return
		}
		c.expect(log.tellsElapsed(found[0], want.elapsed), "the record of the transition to %s says that %q has elapsed, want %v in that state, or the time since the first record, as text that time.ParseDuration reads",
			want.To, found[0].text("elapsed"), want.elapsed)
	}
	for _, l := range log.transitionTo(model.Draining) {
		atMost, ok := isText(l.attrs["at_most"])
		c.expect(ok && atMost >= 2*time.Second, "the record of the transition to draining says that it lasts %q at most, want text that time.ParseDuration reads, and no less than the 2s that it has lasted", l.text("at_most"))
	}
}

// hindered is a slog.Handler that is enabled for some levels, and may take long for a
// record.
type hindered struct {
	records
	enabled func(slog.Level) bool // nil: for all
	takes   time.Duration
}

// Enabled asks enabled.
func (h hindered) Enabled(_ context.Context, level slog.Level) bool {
	return h.enabled == nil || h.enabled(level)
}

// Handle takes as long as is said.
func (h hindered) Handle(ctx context.Context, r slog.Record) error {
	time.Sleep(h.takes)
	return h.records.Handle(ctx, r)
}

// WithAttrs returns a handler whose records have these too.
func (h hindered) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.records = h.records.WithAttrs(attrs).(records)
	return h
}

// WithGroup returns a handler that puts attributes into a group.
func (h hindered) WithGroup(name string) slog.Handler {
	h.records = h.records.WithGroup(name).(records)
	return h
}

// LevelOfTheMoment checks LOG-1. It has the level of a logger change while main runs.
func LevelOfTheMoment(c *Checker) {
	const all, none slog.Level = -100, 100
	for _, to := range []slog.Level{all, none} {
		log := newRecords()
		var level slog.LevelVar
		level.Set(-to)
		c.bubble(func() {
			_ = c.run(func(context.Context) error {
				time.Sleep(time.Second) // by then the log has caught up
				level.Set(to)
				return nil
			}, subject.Settings{Logger: slog.New(hindered{records: log, enabled: func(l slog.Level) bool { return l >= level.Level() }})})
			time.Sleep(time.Minute)
			synctest.Wait()
		})
		before, after := len(log.transitionTo(model.Running)), len(log.transitionTo(model.Draining))
		c.expect((before == 0) == (to == all) && (after == 0) == (to == none),
			"the logger is enabled from level %v on, and from %v on while main runs: before that it gets %d records of transitions to running, and after it %d to draining; the log:\n%v", -to, to, before, after, log)
	}
}

// LongAgo checks LOG-1: what took days is text that time.ParseDuration reads, too.
func LongAgo(c *Checker) {
	const long = 50 * time.Hour
	log := c.logged(subject.Settings{}, func(context.Context) error { time.Sleep(long); return nil })
	for _, l := range log.transitionTo(model.Draining) {
		c.expect(log.tellsElapsed(l, long), "the record of the transition to draining says that %q has elapsed, want %v, or the time since the first record, as text that time.ParseDuration reads", l.text("elapsed"), long)
	}
}

// LoggerIsAsked checks LOG-1. It has a logger be enabled for warnings, of which there is
// one at the drain timeout (DRAIN-2). A slog.Handler is called only if its Enabled returns
// true (package log/slog).
func LoggerIsAsked(c *Checker) {
	main := func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { return errors.New("error of the hook") })
		c.Impl.Track(ctx)
		c.Impl.Stop(ctx, nil)
		play.Wait(ctx.Done(), time.Hour)
		return context.Canceled
	}
	has := func(lines []line, level slog.Level) bool {
		return slices.ContainsFunc(lines, func(l line) bool { return l.level == level })
	}
	all := c.logged(subject.Settings{}, main).all()
	levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	for _, one := range levels {
		for what, enabled := range map[string]func(level slog.Level) bool{
			"and above":  func(level slog.Level) bool { return level >= one },
			"alone":      func(level slog.Level) bool { return level == one },
			"all others": func(level slog.Level) bool { return level != one },
		} {
			log := newRecords()
			c.bubble(func() {
				_ = c.run(main, subject.Settings{Logger: slog.New(hindered{records: log, enabled: enabled})})
				time.Sleep(time.Minute) // records may be delivered later
				synctest.Wait()
			})
			got := log.all()
			c.expect(!slices.ContainsFunc(got, func(l line) bool { return !enabled(l.level) }), "a logger that is enabled for %v (%s) gets others:\n%s", one, what, log)
			for _, level := range levels {
				c.expect(!enabled(level) || has(got, level) || !has(all, level), "a logger that is enabled for %v (%s) gets no record at %v, and one that is enabled for all does", one, what, level)
			}
		}
	}
}

// CauseIsLogged checks LOG-1. It has a run stop for each of several reasons.
func CauseIsLogged(c *Checker) {
	c.causeIsLogged(subject.Settings{})
	if c.offered[subject.NeedDelay] {
		c.causeIsLogged(subject.Settings{Delay: time.Minute})
	}
}

func (c *Checker) causeIsLogged(s subject.Settings) {
	mine := errors.New("the reason for it")
	for what, stop := range map[string]func(ctx context.Context) (place callSite){
		"Stop(ctx, nil)": func(ctx context.Context) callSite {
			c.Impl.Stop(ctx, nil)
			return here(-1)
		},
		"Stop(ctx, err)": func(ctx context.Context) callSite {
			c.Impl.Stop(ctx, mine)
			return here(-1)
		},
		"a task that fails": func(ctx context.Context) callSite {
			c.Impl.Go(ctx, func(context.Context) error { return mine })
			return here(-1)
		},
	} {
		var place callSite
		log := c.logged(s, func(ctx context.Context) error {
			place = stop(ctx)
			play.Wait(ctx.Done(), time.Hour)
			return nil
		})
		found := log.transitionTo(model.Draining)
		if len(found) != 1 {
			c.Errorf("after %s, the transition to draining has %d records; the log:\n%v", what, len(found), log)
			continue
		}
		c.expect(place.isIn(found[0].under("at")) && found[0].source == place.String(),
			"after %s, the record of the transition to draining says that it was at %q, and its source is %q; want %s", what, found[0].under("at"), found[0].source, place)
		if what != "Stop(ctx, nil)" {
			c.expect(strings.Contains(found[0].text("cause"), mine.Error()), "after %s, the cause in the log is %q, want %q", what, found[0].text("cause"), mine)
		}
	}
	if c.offered[subject.NeedServeFunc] {
		for _, end := range []error{nil, mine} {
			log := c.logged(s, func(ctx context.Context) error {
				_ = c.Impl.ServeFunc(ctx, func() error { time.Sleep(time.Second); return end }, func(context.Context) error { return nil }, nil)
				play.Wait(ctx.Done(), time.Hour)
				return nil
			})
			for _, l := range log.transitionTo(model.Draining) { // the place may be an adapter's
				c.expect(anywhere.isIn(l.under("at")), "serve returns %s, which is the stop, and the record of the transition to draining says that it was at %q, want a call site", quote(end), l.under("at"))
			}
		}
	}
	if c.offered[subject.NeedParent] {
		log := c.loggedWith(func() subject.Settings {
			parent, cancel := context.WithCancelCause(context.Background())
			time.AfterFunc(time.Second, func() { cancel(mine) })
			return subject.Settings{Parent: parent, Delay: s.Delay}
		}, func(ctx context.Context) error { play.Wait(ctx.Done(), time.Hour); return nil })
		for _, l := range log.transitionTo(model.Draining) {
			c.expect(strings.Contains(l.text("cause"), mine.Error()), "the parent was cancelled, and the cause in the log is %q, want %q", l.text("cause"), mine)
		}
	}
	for _, l := range c.logged(s, func(context.Context) error { return mine }).transitionTo(model.Draining) {
		c.expect(strings.Contains(l.text("cause"), mine.Error()), "main fails, and the cause in the log is %q, want %q", l.text("cause"), mine)
	}
	for _, l := range c.signalledWith(s.Delay, os.Interrupt).transitionTo(model.Draining) {
		c.expect(l.text("cause") != "", "after a signal, the record of the transition to draining has no cause: %v", l)
	}
}

// PlaceIsSource checks LOG-1. It looks at the records that are about a call.
func PlaceIsSource(c *Checker) {
	var place callSite
	log := c.logged(subject.Settings{}, func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error {
			place = here(1)
			c.Impl.Go(ctx, func(context.Context) error { return nil })
			return nil
		})
		return nil
	})
	c.expect(slices.ContainsFunc(log.all(), func(l line) bool { return l.source == place.String() }), "no record has %s as its source, where Go is refused; the log:\n%v", place, log)
}
