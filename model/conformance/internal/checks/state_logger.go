package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
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

// ended runs a service whose tasks end as they were asked to, which is logged with
// their texts (RUN-7), and returns these in their order. It waits until the log is
// written, however slow that is.
func (c *Checker) ended(log func(level, line string)) (texts []string) {
	c.inTime("Run", func() {
		err := c.run(func(ctx context.Context) error {
			for n := range 4 {
				text := fmt.Sprintf("task %d of four", n+1)
				texts = append(texts, text)
				c.Impl.Go(ctx, func(ctx context.Context) error {
					play.Wait(ctx.Done(), time.Hour)
					time.Sleep(time.Duration(n+1) * time.Millisecond)
					return fmt.Errorf("%s: %w", text, ctx.Err())
				})
			}
			return nil
		}, subject.Settings{Log: log})
		c.expect(err == nil, "Run returns %v", err)
	})
	time.Sleep(time.Minute)
	return texts
}

// expectOrder demands that the log has the texts, in their order.
func (c *Checker) expectOrder(l *logbook, texts []string) {
	var logged []string
	l.hasLine(func(line string) bool {
		for _, text := range texts {
			if strings.Contains(line, text) {
				logged = append(logged, text)
			}
		}
		return false
	})
	c.expect(slices.Equal(slices.Compact(logged), texts), "the log has %q, want %q; the log:\n%s", logged, texts, l)
}

// PanickingLogger fails by the death of the process, if nothing contains
// the panic.
func PanickingLogger(c *Checker) {
	c.bubble(func() {
		book := &logbook{}
		texts := c.ended(func(level, line string) {
			book.log(level, line)
			panic("the logger's")
		})
		c.expectOrder(book, texts)
	})
}

// SlowLogger has lines wait to be written, and be written in their turn.
func SlowLogger(c *Checker) {
	c.bubble(func() {
		book := &logbook{}
		texts := c.ended(func(level, line string) {
			time.Sleep(10 * time.Millisecond)
			book.log(level, line)
		})
		c.expectOrder(book, texts)
	})
}
