package checks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"testing/synctest"
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
		time.Sleep(time.Second) // for what is still to be written
	})
	c.bubble(func() {
		const hooks = 300 // and as many records, and more
		ran, release := 0, make(chan struct{})
		began := time.Now()
		c.inTime("Run", func() {
			_ = c.run(func(ctx context.Context) error {
				for range hooks {
					c.Impl.OnShutdown(ctx, func() error { ran++; return errors.New("error of the hook") })
				}
				return nil
			}, subject.Settings{Log: func(string, string) { <-release }})
		})
		took := time.Since(began)
		c.expect(ran == hooks && took <= 100*time.Millisecond+slack, "a logger hangs, and of %d hooks that fail %d have run when Run returns, at %v, want all of them within 100ms", hooks, ran, took)
		close(release)
		time.Sleep(time.Second)
	})
}

// hanging is a slog.Handler that does not say for what it is enabled.
type hanging struct {
	records
	release <-chan struct{}
}

// Enabled hangs.
func (h hanging) Enabled(context.Context, slog.Level) bool { <-h.release; return true }

// LoggerThatIsNotEnabled checks STATE-4: a logger that hangs in Enabled costs Run 100 ms
// and no deadline.
func LoggerThatIsNotEnabled(c *Checker) {
	c.bubble(func() {
		var ctx context.Context
		release := make(chan struct{})
		took, hook := c.watched(subject.Settings{Logger: slog.New(hanging{newRecords(), release})}, &ctx)
		c.expectPrompt(took, hook)
		close(release)
		time.Sleep(time.Second) // for what is still to be written
	})
}

// HangingObserverAndLogger checks STATE-4: both hang. Whether Run waits for them at the
// same time is open.
func HangingObserverAndLogger(c *Checker) {
	c.bubble(func() {
		var ctx context.Context
		release := make(chan struct{})
		took, _ := c.watched(subject.Settings{
			Observe: func(subject.Step) { <-release },
			Log:     func(string, string) { <-release },
		}, &ctx)
		c.expect(took <= time.Second+200*time.Millisecond+slack, "an observer and a logger hang, and Run returns at %v, want 1s, or at most 100ms later", took)
		close(release)
		time.Sleep(time.Second) // for observers and loggers that are still to be called
	})
}

// dated is a line of a log, and when it was written.
type dated struct {
	line string
	at   time.Time
}

// ended runs a service whose tasks end as they were asked to, which is logged with
// their texts (RUN-7), and whose hook begins work that is refused, which is logged
// too. It returns those texts that are logged, as they are, and all lines. It waits
// until the log is written, however slow that is.
func (c *Checker) ended(tasks int, writing func()) (logged []string, lines []dated) {
	var mu sync.Mutex
	c.inTime("Run", func() {
		err := c.run(func(ctx context.Context) error {
			for n := range tasks {
				c.Impl.Go(ctx, func(ctx context.Context) error {
					play.Wait(ctx.Done(), time.Hour)
					time.Sleep(time.Duration(n+1) * time.Millisecond)
					return fmt.Errorf("task %03d of many: %w", n+1, ctx.Err())
				})
			}
			c.Impl.OnShutdown(ctx, func() error {
				time.Sleep(time.Millisecond)
				c.Impl.Go(ctx, func(context.Context) error { return nil })
				c.Impl.DrainGroup(ctx)
				time.Sleep(time.Millisecond)
				return nil
			})
			return nil
		}, subject.Settings{Log: func(level, line string) {
			defer writing()
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, dated{level + " " + line, time.Now()})
			if text := taskEnd.FindString(line); text != "" {
				logged = append(logged, text)
			}
		}})
		c.expect(err == nil, "Run returns %v, want nil", err)
	})
	time.Sleep(time.Minute)
	mu.Lock()
	defer mu.Unlock()
	return slices.Compact(logged), lines
}

// inOrder says whether lines were written in the order of what they tell of, as are
// those that another run writes when nothing is in the way. What happens at one instant
// has no order, and neither has a log of other lines.
func inOrder(lines, unhindered []dated) bool {
	if len(lines) != len(unhindered) {
		return true
	}
	at := map[string][]time.Time{}
	for _, l := range unhindered {
		at[l.line] = append(at[l.line], l.at)
	}
	var happened []time.Time
	for _, l := range lines {
		if len(at[l.line]) == 0 {
			return true
		}
		happened = append(happened, at[l.line][0])
		at[l.line] = at[l.line][1:]
	}
	return slices.IsSortedFunc(happened, time.Time.Compare)
}

// texts are the lines alone.
func texts(lines []dated) (all []string) {
	for _, l := range lines {
		all = append(all, l.line)
	}
	return all
}

var taskEnd = regexp.MustCompile(`task [0-9]+ of many`)

// expectOrder demands that all is logged that is when nothing is in the way, and in
// the order in which it happened.
func (c *Checker) expectOrder(writing func()) {
	for _, tasks := range []int{4, 300} {
		c.bubble(func() {
			want, unhindered := c.ended(tasks, func() {})
			slices.Sort(want)
			c.expect(len(want) == tasks || len(want) == 0, "%d tasks end cleanly, and %d are logged, want all", tasks, len(want))
			logged, lines := c.ended(tasks, writing)
			c.expect(slices.Equal(logged, want), "the log has %q, want %q", logged, want)
			c.expect(inOrder(lines, unhindered), "a slow logger gets its records in another order than a fast one: %q, want %q", texts(lines), texts(unhindered))
		})
	}
}

// PanickingLogger checks STATE-4: a logger that panics gets the rest. It fails by the
// death of the process, if nothing contains the panic. One that calls Goexit is not to
// take the rest of the log with it.
func PanickingLogger(c *Checker) {
	c.expectOrder(func() { panic("the logger's") })
	c.expectOrder(runtime.Goexit)
}

// SlowLogger checks STATE-4. It has lines wait to be written, and be written in their
// turn.
func SlowLogger(c *Checker) { c.expectOrder(func() { time.Sleep(10 * time.Millisecond) }) }

// SlowLoggerGetsThousands checks STATE-4: a logger that is slow gets as many records as one
// that is not, when thousands come at once.
func SlowLoggerGetsThousands(c *Checker) {
	hooks := fewer(6000)
	count := func(takes time.Duration) int {
		log := newRecords()
		c.bubble(func() {
			_ = c.run(func(ctx context.Context) error {
				for n := range hooks {
					c.Impl.OnShutdown(ctx, func() error { return fmt.Errorf("error of hook %d", n) })
				}
				return nil
			}, subject.Settings{Logger: slog.New(hindered{records: log, takes: takes})})
			time.Sleep(time.Hour)
			synctest.Wait()
		})
		return len(log.all())
	}
	at, late := count(0), count(10*time.Millisecond)
	c.expect(late == at, "%d hooks fail, and a logger gets %d records, and one that takes 10ms for each %d, want as many", hooks, at, late)
}
