package checks

import (
	"context"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// HangingLogger checks STATE-4: a logger that hangs costs Run 100 ms and no deadline.
func HangingLogger(c *Checker) {
	c.bubble(func() {
		var ctx context.Context
		release := make(chan struct{})
		took, hook := c.watched(subject.Settings{Log: func(string, string) { <-release }}, &ctx)
		c.expectPrompt(took, hook)
		close(release)
	})
}

// refused runs a service whose hook calls Go, which has to be logged, and
// returns the places of the calls in their order. It waits until the log is
// written, however slow that is.
func (c *Checker) refused(log func(level, line string)) (places []string) {
	call := func(place string) { places = append(places, place) }
	c.inTime("Run", func() {
		err := c.run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error {
				nothing := func(context.Context) error { return nil }
				call(here(1))
				c.Impl.Go(ctx, nothing)
				call(here(1))
				c.Impl.Go(ctx, nothing)
				call(here(1))
				c.Impl.Go(ctx, nothing)
				call(here(1))
				c.Impl.Go(ctx, nothing)
				return nil
			})
			return nil
		}, subject.Settings{Log: log})
		c.expect(err == nil, "Run returns %v", err)
	})
	time.Sleep(time.Minute)
	return places
}

// expectOrder demands that the log tells of the places, in their order.
func (c *Checker) expectOrder(l *logbook, places []string) {
	l.mu.Lock()
	var told []string
	for _, line := range l.lines {
		if i := slices.IndexFunc(places, func(place string) bool { return mentions(line, place) }); i >= 0 {
			told = append(told, places[i])
		}
	}
	l.mu.Unlock()
	c.expect(slices.Equal(slices.Compact(told), places), "the log tells of calls at %q, want %q; the log:\n%s", told, places, l)
}

// PanickingLogger fails by the death of the process, if nothing contains
// the panic.
func PanickingLogger(c *Checker) {
	c.bubble(func() {
		book := &logbook{}
		places := c.refused(func(level, line string) {
			book.log(level, line)
			panic("the logger's")
		})
		c.expectOrder(book, places)
	})
}

// SlowLogger has lines wait to be written, and be written in their turn.
func SlowLogger(c *Checker) {
	c.bubble(func() {
		book := &logbook{}
		places := c.refused(func(level, line string) {
			time.Sleep(10 * time.Millisecond)
			book.log(level, line)
		})
		c.expectOrder(book, places)
	})
}
