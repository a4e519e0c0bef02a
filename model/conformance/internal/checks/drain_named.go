package checks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// manyGroups makes eight groups that are busy until release is closed, between them
// some that are not, and five busy ones in a loop, and returns the places of the busy
// ones.
func (c *Checker) manyGroups(ctx context.Context, release <-chan struct{}) (places []callSite) {
	busy := func(at callSite, group *sync.WaitGroup) {
		group.Go(func() { <-release })
		places = append(places, at)
	}
	idle := func() { c.Impl.DrainGroup(ctx).Go(func() {}) }
	busy(here(0), c.Impl.DrainGroup(ctx))
	idle()
	busy(here(0), c.Impl.DrainGroup(ctx))
	busy(here(0), c.Impl.DrainGroup(ctx))
	for range 20 {
		idle()
	}
	busy(here(0), c.Impl.DrainGroup(ctx))
	busy(here(0), c.Impl.DrainGroup(ctx))
	busy(here(0), c.Impl.DrainGroup(ctx))
	idle()
	busy(here(0), c.Impl.DrainGroup(ctx))
	busy(here(0), c.Impl.DrainGroup(ctx))
	for range 5 {
		busy(here(0), c.Impl.DrainGroup(ctx))
	}
	return places
}

// busyMain begins work that is not done until release is closed, and some that
// is, and returns the places of what is to be named, and of a task that is not.
func (c *Checker) busyMain(ctx context.Context, release <-chan struct{}) (places []callSite, done callSite) {
	places = c.manyGroups(ctx, release)
	for range 3 {
		c.Impl.Track(ctx)
	}
	hang := func(context.Context) error { <-release; return nil }
	quick := func() {
		done = here(1)
		c.Impl.Go(ctx, func(context.Context) error { return nil })
	}
	quick() // before those that hang, and between them
	places = append(places, here(1))
	c.Impl.Go(ctx, hang)
	quick()
	places = append(places, here(1))
	c.Impl.Go(ctx, hang)
	for range 2 {
		places = append(places, here(1))
		c.Impl.Go(ctx, hang)
	}
	return places, done
}

// BusyIsNamed checks DRAIN-2: the error and the log line name every busy group and task,
// and count units.
func BusyIsNamed(c *Checker) {
	c.bubble(func() {
		log := &logbook{}
		release := make(chan struct{})
		var places []callSite
		var done callSite
		err := c.run(func(ctx context.Context) error {
			places, done = c.busyMain(ctx, release)
			return nil
		}, subject.Settings{Log: log.log})
		close(release)
		c.expectBusy(err, log, 3, done, places...)
	})
}

// BusyIsNamedWhenForced checks DRAIN-2. It has a second interrupt end Draining.
func BusyIsNamedWhenForced(c *Checker) {
	c.bubble(func() {
		log := &logbook{}
		release := make(chan struct{})
		source := make(chan os.Signal, 1)
		var places []callSite
		var done callSite
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			places, done = c.busyMain(ctx, release)
			source <- os.Interrupt
			time.AfterFunc(time.Second, func() { source <- os.Interrupt })
			<-ctx.Done()
			return nil
		}, subject.Settings{Log: log.log, Signals: source})
		close(release)
		c.expect(about(time.Since(began), time.Second), "Run returns %v after the stop, want 1s, when a second interrupt comes", time.Since(began))
		c.expectBusy(err, log, 3, done, places...)
		c.expect(err != nil && c.Impl.Is(err, model.Forced), "a second interrupt ends draining, and Run returns %v, want the error of a forced end", err)
	})
}

// BusyIsNamedThoughItEnds checks DRAIN-2: what ends because the drain timeout has run out
// was busy by then. It lives in real time, in which all that happens side by side.
func BusyIsNamedThoughItEnds(c *Checker) {
	for range 40 {
		var ended sync.WaitGroup
		var places []callSite
		var work context.Context
		err := c.run(func(ctx context.Context) error {
			work = c.Impl.WorkContext(ctx)
			over := work.Done()
			for range 100 { // whatever lists them all takes a while
				c.Impl.DrainGroup(ctx).Go(func() { <-over })
			}
			places, _ = c.busyMain(ctx, over)
			for range 4 {
				done, _ := c.Impl.Track(ctx)
				ended.Go(func() { <-over; done() })
			}
			c.Impl.OnShutdown(ctx, func() error { ended.Wait(); return nil })
			return nil
		}, subject.Settings{Drain: 5 * time.Millisecond})
		if !c.Impl.Is(context.Cause(work), model.DrainTimeout) {
			return // DRAIN-8 says what ends a work context
		}
		c.expect(err != nil && tells(err.Error(), 3+4, callSite{}, places), "work ends because the drain timeout has run out, and the error must name %v and the number %d: %v", places, 3+4, err)
	}
}

// expectBusy demands that the error and a warning name the places of what is
// busy, tell the number of what has no place, and do not name what is done. A
// group that is at zero may be named: only Wait could tell.
func (c *Checker) expectBusy(err error, log *logbook, number int, done callSite, places ...callSite) {
	if err == nil {
		c.Errorf("Run returns nil, want a drain timeout")
		return
	}
	if !tells(err.Error(), number, done, places) {
		missing := slices.DeleteFunc(slices.Clone(places), func(place callSite) bool { return place.isIn(err.Error()) })
		c.Errorf("the error must name each of %d places, not %v, and the number %d; it does not name %v: %v", len(places), done, number, missing, err)
	}
	c.expect(log.hasLine(func(line string) bool { return warns(line) && tells(line, number, done, places) }),
		"no warning names %v, not %v, and the number %d; the log:\n%s", places, done, number, log)
}

// tells says whether a text has the places, not that of what is done, and the
// number beside them: 15s is not 1.
func tells(text string, number int, done callSite, places []callSite) bool {
	for _, place := range places {
		if !place.isIn(text) {
			return false
		}
	}
	if done != (callSite{}) && done.isIn(text) {
		return false
	}
	return hasNumber(anyPlace.ReplaceAllString(text, ""), number)
}

// TaskIsCause checks RUN-2. It has a task fail, and looks at the cause and at what
// becomes of its error.
func TaskIsCause(c *Checker) {
	c.failingTask(func(how string, mine error, place callSite, cause, _ error) {
		c.expect((mine == nil || errors.Is(cause, mine)) && place.isIn(cause.Error()),
			"a task %s, and the cause is %v, want the task's error and %s", how, cause, place)
	})
}

// TaskIsNamed checks DRAIN-8: the error of a task names the call of Go.
func TaskIsNamed(c *Checker) {
	c.failingTask(func(how string, mine error, place callSite, _, result error) {
		c.expect((mine == nil || errors.Is(result, mine)) && place.isIn(result.Error()),
			"a task %s, and Run returns %v, want the task's error and %s", how, result, place)
	})
}

// failingTask has a task fail in each way. Mine is the error that it returns, if it does.
func (c *Checker) failingTask(look func(how string, mine error, place callSite, cause, result error)) {
	mine := errors.New("error of the task")
	c.failsSo("returns an error", mine, func() error { return mine }, look)
	for how, fail := range hookFailures {
		c.failsSo(how, nil, fail, look)
	}
}

func (c *Checker) failsSo(how string, mine error, fail func() error, look func(how string, mine error, place callSite, cause, result error)) {
	c.bubble(func() {
		var place callSite
		var cause error
		result := c.run(func(ctx context.Context) error {
			place = here(1)
			c.Impl.Go(ctx, func(context.Context) error { return fail() })
			play.Wait(ctx.Done(), time.Hour)
			cause = context.Cause(ctx)
			return nil
		}, subject.Settings{})
		if cause == nil || result == nil {
			c.Errorf("a task %s; the cause is %v, and Run returns %v, want its error as both", how, cause, result)
			return
		}
		look(how, mine, place, cause, result)
	})
}

// PanicValue checks RUN-4. It demands that the value of a panic can be read.
func PanicValue(c *Checker) {
	for _, value := range []any{"the value", errors.New("the error"), 4711} {
		c.bubble(func() {
			err := c.Impl.Run(func(context.Context) error { panic(value) }, 0, 0)
			c.expect(err != nil && strings.Contains(err.Error(), fmt.Sprint(value)),
				"main panics with %v, and Run returns %v, want an error that shows the value", value, err)
		})
	}
}
