package checks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// goroutine is what identifies the calling goroutine: the first line of its
// stack, up to its number.
func goroutine() string {
	buf := make([]byte, 64)
	head, _, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte(" ["))
	return string(head)
}

// MainGoroutine checks RUN-1: main is called once, whether it fails or not, with a goroutine
// of its own and a live context.
func MainGoroutine(c *Checker) {
	for how, result := range map[string]error{"returns nil": nil, "fails": errors.New("the error")} {
		c.bubble(func() {
			caller, calls := goroutine(), 0
			_ = c.Impl.Run(func(ctx context.Context) error {
				calls++
				c.expect(goroutine() != caller, "main runs on the goroutine that called Run")
				c.expect(ctx.Err() == nil, "main's context is cancelled when main begins")
				return result
			}, 0, 0)
			c.expect(calls == 1, "a main that %s at once is called %d times", how, calls)
		})
	}
}

type valueKey struct{}

// ExpiringParent checks RUN-2: a parent that expires is a parent that is cancelled.
func ExpiringParent(c *Checker) {
	c.bubble(func() {
		parent, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Hour)
			c.expect(time.Since(began) == time.Second, "the context is cancelled after %v, want 1s", time.Since(began))
			c.expect(errors.Is(context.Cause(ctx), context.DeadlineExceeded), "the cause is %v, want context.DeadlineExceeded", context.Cause(ctx))
			return ctx.Err()
		}, subject.Settings{Parent: parent})
		c.expect(err == nil, "Run returns %v, want nil", err)
	})
}

// StopIsTaken checks RUN-2: Stop returns once it is taken, and cancels with its error.
func StopIsTaken(c *Checker) {
	c.bubble(func() {
		mine := errors.New("error given to Stop")
		err := c.run(func(ctx context.Context) error {
			c.Impl.Stop(ctx, mine)
			state := c.Impl.State(ctx)
			c.expect(state != string(model.Running), "the state is %s when Stop has returned, want draining or later", state)
			play.Wait(ctx.Done(), time.Hour)
			c.expect(errors.Is(context.Cause(ctx), mine), "the cause is %s, want the error given to Stop", quote(context.Cause(ctx)))
			return nil
		}, subject.Settings{})
		c.expect(errors.Is(err, mine), "Run returns %s, want the error given to Stop", quote(err))
	})
}

// MarkStartedIsTaken checks RUN-2: MarkStarted returns once it has taken effect. It has
// many runs, because a call that returns too early may seem right by chance.
func MarkStartedIsTaken(c *Checker) {
	for range 20 {
		c.bubble(func() {
			_ = c.run(func(ctx context.Context) error {
				c.Impl.MarkStarted(ctx)
				state := c.Impl.State(ctx)
				c.expect(state == string(model.Running), "the state is %s when MarkStarted has returned, want running", state)
				return nil
			}, subject.Settings{ManualStart: true})
		})
	}
}

// CleanEndIsLogged checks RUN-7. It has main end after a stop with errors of each shape,
// beside a WithCleanError and without one.
func CleanEndIsLogged(c *Checker) {
	c.cleanEndsAreLogged(func(ctx context.Context, end func() error) error {
		c.Impl.Stop(ctx, nil)
		<-ctx.Done()
		return end()
	})
}

// CleanTaskIsLogged checks RUN-7. It has tasks end after the stop that was requested, and
// after the one that is main's own exit.
func CleanTaskIsLogged(c *Checker) {
	for _, requested := range []bool{true, false} {
		c.cleanEndsAreLogged(func(ctx context.Context, end func() error) error {
			c.Impl.Go(ctx, func(ctx context.Context) error {
				play.Wait(ctx.Done(), time.Hour)
				time.Sleep(time.Second)
				return end()
			})
			if requested {
				c.Impl.Stop(ctx, nil)
			}
			return nil
		})
	}
}

// cleanEndsAreLogged has main, which calls end, be run for each clean end.
func (c *Checker) cleanEndsAreLogged(main func(ctx context.Context, end func() error) error) {
	mine := errors.New("error of the user")
	type end struct {
		err  error
		text []string // what the log shows, as the words of others may be put otherwise
		own  bool     // it is clean only by WithCleanError
	}
	all := []end{{err: context.Canceled, text: []string{"context canceled"}}}
	for _, usual := range usualEnds {
		all = append(all,
			end{err: fmt.Errorf("at the end: %w", usual), text: []string{"at the end"}},
			end{err: errors.Join(fmt.Errorf("first end: %w", usual), fmt.Errorf("last end: %w", usual)), text: []string{"first end", "last end"}},
			end{err: fmt.Errorf("both ends: %w, %w", usual, context.Canceled), text: []string{"both ends"}})
	}
	settings := []subject.Settings{{}}
	if c.offered[subject.NeedCleanError] {
		all = append(all,
			end{err: mine, text: []string{mine.Error()}, own: true},
			end{err: fmt.Errorf("at the end: %w", mine), text: []string{"at the end"}, own: true},
			end{err: errors.Join(mine, fmt.Errorf("last end: %w", context.Canceled)), text: []string{mine.Error(), "last end"}, own: true})
		settings = append(settings, subject.Settings{CleanError: func(error) bool { return false }}, subject.Settings{CleanError: func(err error) bool { return err == mine }})
	}
	for _, e := range all {
		for n, s := range settings {
			if e.own && n < 2 {
				continue
			}
			c.bubble(func() {
				log := &logbook{}
				s.Log = log.log
				err := c.run(func(ctx context.Context) error { return main(ctx, func() error { return e.err }) }, s)
				c.expect(err == nil, "with %q as the end after a stop, Run returns %v, want nil", e.err, err)
				for _, text := range e.text { // which may be in lines of their own
					c.expectLog(log, "DEBUG", text)
				}
			})
		}
	}
}

// SeveralRuns checks RUN-9: runs one after another, at once and nested.
func SeveralRuns(c *Checker) {
	c.mayBeOf("HOOK-1", "RUN-2")
	c.bubble(func() {
		mine := errors.New("error of the inner main")
		order := map[string]int{}
		outer := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { order["outer"] = len(order) + 1; return nil })
			inner := c.Impl.Run(func(ctx context.Context) error {
				c.Impl.OnShutdown(ctx, func() error { order["inner"] = len(order) + 1; return nil })
				return mine
			}, 0, 0)
			c.expect(errors.Is(inner, mine), "the inner run returns %s, want the error of its main", quote(inner))
			c.expect(ctx.Err() == nil, "the end of the inner run cancels the outer one's context")
			return nil
		}, 0, 0)
		c.expect(outer == nil, "the outer run returns %v, want nil", outer)
		c.expect(len(order) == 2 && order["inner"] < order["outer"], "hooks run in the order %v, want the inner one first", order)
	})
	c.bubble(func() { // when the outer one is stopping already
		hooks, lasted := 0, false
		err := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error {
				return c.Impl.Run(func(ctx context.Context) error {
					c.Impl.OnShutdown(ctx, func() error { hooks++; return nil })
					c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(2 * time.Second) })
					time.Sleep(time.Second)
					lasted = ctx.Err() == nil
					return nil
				}, 0, 0)
			})
			return nil
		}, 0, 0)
		c.expect(err == nil && hooks == 1 && lasted, "of a run inside a hook, %d hooks run, want one, and its context lives until main ends: %t, want true; Run returns %v, want nil", hooks, lasted, err)
	})
	c.bubble(func() {
		var hooks [4]atomic.Bool
		results := make(chan error)
		for i := range 4 {
			go func() {
				results <- c.Impl.Run(func(ctx context.Context) error {
					c.Impl.OnShutdown(ctx, func() error { hooks[i].Store(true); return nil })
					time.Sleep(time.Duration(i+1) * time.Second)
					c.expect(ctx.Err() == nil, "one run's end cancels the context of another")
					return nil
				}, 0, 0)
			}()
		}
		for range 4 {
			err := <-results
			c.expect(err == nil, "one of four runs returns %v, want nil", err)
		}
		for i := range hooks {
			c.expect(hooks[i].Load(), "the hook of run %d of four did not run", i+1)
		}
	})
}

// stacks are those of all goroutines, as far as they can be read.
func stacks() []byte {
	buf := make([]byte, 1<<14)
	return buf[:runtime.Stack(buf, true)]
}
