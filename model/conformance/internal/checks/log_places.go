package checks

import (
	"context"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ForcedIsLogged checks LOG-1. It has phases end by a timeout, and by a further interrupt.
func ForcedIsLogged(c *Checker) {
	hangs := func(ctx context.Context) error {
		c.Impl.Track(ctx)
		c.hook(ctx, func() { time.Sleep(time.Hour) })
		play.Wait(ctx.Done(), time.Hour)
		return nil
	}
	for what, settings := range map[string]func() subject.Settings{
		"a timeout": func() subject.Settings {
			source := make(chan os.Signal, 1)
			time.AfterFunc(time.Second, func() { source <- os.Interrupt })
			return subject.Settings{Signals: source, Drain: 4 * time.Second, Shutdown: 3 * time.Second}
		},
		"a further interrupt": func() subject.Settings {
			source := make(chan os.Signal, 3)
			for n := range 3 {
				time.AfterFunc(time.Duration(n+1)*time.Second, func() { source <- os.Interrupt })
			}
			return subject.Settings{Signals: source}
		},
	} {
		log := c.loggedWith(settings, hangs)
		for _, to := range []model.State{model.Hooks, model.Stopped} {
			found := log.transitionTo(to)
			if len(found) != 1 || found[0].text("cause") == "" {
				c.Errorf("%s leads to %s, and its record has no cause; the log:\n%v", what, to, log)
				continue
			}
			if before := log.transitionTo(map[model.State]model.State{model.Hooks: model.Draining, model.Stopped: model.Hooks}[to]); len(before) == 1 {
				want := found[0].at.Sub(before[0].at)
				c.expect(log.tellsElapsed(found[0], want), "%s leads to %s, and its record says that %q has elapsed, want %v or the time since the first record", what, to, found[0].text("elapsed"), want)
			}
		}
	}
}

// PlaceIsAlwaysSource checks LOG-1. It has a hook, a task, a server and main fail, and
// looks at each record that has a place besides its source.
func PlaceIsAlwaysSource(c *Checker) {
	mine := errors.New("error on purpose")
	stay := func() error { time.Sleep(time.Hour); return nil }
	log := c.logged(subject.Settings{Drain: 4 * time.Second, Shutdown: 3 * time.Second}, func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error {
			c.Impl.Track(ctx)
			return mine
		})
		if c.offered[subject.NeedServeFunc] {
			go func() {
				_ = c.Impl.ServeFunc(ctx, stay, func(context.Context) error { return stay() }, nil)
			}()
		}
		time.Sleep(time.Millisecond) // it serves
		c.Impl.Go(ctx, func(context.Context) error { panic("panic of the task") })
		time.Sleep(time.Minute)
		return mine
	})
	for _, l := range log.all() {
		c.expect(!l.at.IsZero(), "a record has no time: %v", l)
		at := l.text("at")
		if !strings.Contains(at, ".go") {
			continue
		}
		file, number, _ := strings.Cut(l.source, ":")
		line, _ := strconv.Atoi(number)
		source := callSite{file: file, function: file, line: line}
		c.expect(l.source != "" && source.isIn(at), "a record is about %s, and its source is %s: %v", at, l.source, l)
	}
}

// SourceOfMain checks LOG-1. It has main end with an error or cleanly, before a stop,
// after one and too late. The source of every record is the call of Run, or one that main
// makes.
func SourceOfMain(c *Checker) {
	for _, end := range []error{errors.New("error of main"), context.Canceled, nil} {
		for _, after := range []time.Duration{0, time.Second, 7 * time.Second, time.Hour} {
			log := c.logged(subject.Settings{Drain: 40 * time.Second, Shutdown: 3 * time.Second}, func(ctx context.Context) error {
				if after > 0 && c.offered[subject.NeedStop] {
					c.Impl.Stop(ctx, nil)
				}
				time.Sleep(after)
				return end
			})
			others := map[string]bool{}
			for _, l := range log.all() {
				if !strings.HasPrefix(l.source, here(0).file+":") {
					others[l.source] = true
				}
			}
			c.expect(len(others) <= 1 && !others[""], "main returns %v after %v, and the sources of records are %q, which are not in main and not all the call of Run:\n%v", end, after, slices.Sorted(maps.Keys(others)), log)
		}
	}
}

// SourceOfNoPlace checks LOG-1. It has a stop come from where there is no line of code: a
// signal, and a go statement that is the call itself. That one may be named too.
func SourceOfNoPlace(c *Checker) {
	sources := func(log records) (run, stop string) {
		for _, l := range log.transitionTo(model.Stopped) { // that to running may be about main
			run = l.source
		}
		for _, l := range log.transitionTo(model.Draining) {
			stop = l.source
		}
		return run, stop
	}
	run, stop := sources(c.interrupted(os.Interrupt))
	c.expect(stop == run && run != "", "after a signal, the source of the transition to draining is %q, want the call of Run, %q", stop, run)
	var place callSite
	log := c.logged(subject.Settings{}, func(ctx context.Context) error {
		place = here(1)
		go c.Impl.Stop(ctx, errors.New("error given to Stop"))
		play.Wait(ctx.Done(), time.Hour)
		return nil
	})
	run, stop = sources(log)
	c.expect((stop == run || stop == place.String()) && stop != "", "after a go statement that calls Stop, the source of the transition to draining is %q, want the call of Run, %q, or %q", stop, run, place)
}

// SourceOfFailedHook checks LOG-1. It has hooks fail, and be abandoned, and a task end
// cleanly. If records name its call site, the source of one of them is not the call of Run.
// It may be an adapter's.
func SourceOfFailedHook(c *Checker) {
	for how, fail := range hookFailures {
		c.expectOwnSource("a hook "+how, func(ctx context.Context) (place callSite) {
			place = here(1)
			c.Impl.OnShutdown(ctx, fail)
			return place
		})
	}
	if c.offered[subject.NeedOnShutdownContext] {
		c.expectOwnSource("a hook exceeds its timeout", func(ctx context.Context) callSite {
			c.Impl.OnShutdownContext(ctx, func(context.Context) error { time.Sleep(time.Minute); return nil }, time.Second)
			return callSite{}
		})
	}
	if c.offered[subject.NeedGo] {
		c.expectOwnSource("a task ends with context.Canceled", func(ctx context.Context) (place callSite) {
			place = here(1)
			c.Impl.Go(ctx, func(ctx context.Context) error { play.Wait(ctx.Done(), time.Hour); return ctx.Err() })
			return place
		})
	}
}

var anyLine = regexp.MustCompile(`\.go\W{1,3}(?:line |L)?[0-9]`)

// expectOwnSource looks at the records that name what main begins: its call site, or if
// that is not known any line of code.
func (c *Checker) expectOwnSource(what string, begin func(ctx context.Context) callSite) {
	var place callSite
	log := c.logged(subject.Settings{}, func(ctx context.Context) error {
		place = begin(ctx)
		return nil
	})
	run, stopped := "", time.Time{}
	for _, l := range log.transitionTo(model.Stopped) {
		run, stopped = l.source, l.at
	}
	named, source := false, false
	for _, l := range log.all() {
		for _, v := range l.attrs { // what comes later is about what came too late
			names := place.isIn(v.String())
			if place == (callSite{}) {
				names = anyLine.MatchString(v.String())
			}
			if !l.isTransition() && !l.at.After(stopped) && names {
				named, source = true, source || l.source != run
			}
		}
	}
	c.expect(source || !named, "%s, and the source of the record that names its call site is the call of Run; the log:\n%v", what, log)
}
