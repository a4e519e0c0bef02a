package checks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// usualEnds are those that are clean after a stop, without WithCleanError.
var usualEnds = []error{http.ErrServerClosed, context.Canceled, net.ErrClosed}

// CleanErrorAdds checks RUN-7: with WithCleanError the usual ends are still clean.
func CleanErrorAdds(c *Checker) {
	for _, end := range usualEnds {
		c.endAfterStop(subject.Settings{CleanError: func(error) bool { return false }}, fmt.Errorf("wrapped: %w", end), func(how string, result error) {
			c.expect(result == nil, "%s ends with %q after a stop, WithCleanError is given, and Run returns %v, want nil", how, end, result)
		})
	}
}

// CleanInDelay checks RUN-7: an end in the drain delay is one after a stop.
func CleanInDelay(c *Checker) {
	for _, end := range usualEnds {
		c.endAfterStop(subject.Settings{Delay: 2 * time.Hour}, end, func(how string, result error) {
			c.expect(result == nil, "%s ends with %q in the drain delay, and Run returns %v, want nil", how, end, result)
		})
	}
	c.bubble(func() {
		cause := errors.New("the reason for the stop")
		err := c.run(func(ctx context.Context) error {
			c.Impl.Stop(ctx, cause)
			return fmt.Errorf("error of main: %w", cause)
		}, subject.Settings{Delay: 2 * time.Hour})
		c.expect(errors.Is(err, cause) && !containsFold(fmt.Sprint(err), "error of main"), "main ends with the error given to Stop, wrapped, in the drain delay, and Run returns %v, want the error given to Stop alone", err)
	})
}

// TaskBeforeStop checks RUN-7: before a stop what would be clean is a task's error.
func TaskBeforeStop(c *Checker) {
	for _, end := range usualEnds {
		c.bubble(func() {
			began := time.Now()
			err := c.run(func(ctx context.Context) error {
				c.Impl.Go(ctx, func(context.Context) error { return end })
				play.Wait(ctx.Done(), time.Hour)
				return nil
			}, subject.Settings{})
			c.expect(errors.Is(err, end) && about(time.Since(began), 0), "a task returns %q before a stop, and Run returns %v after %v, want that error at once", end, err, time.Since(began))
		})
	}
}

// EqualErrorsAreKept checks RUN-6: an error that is returned several times is in the
// result as often.
func EqualErrorsAreKept(c *Checker) {
	mine := errors.New("same error each time")
	c.bubble(func() {
		returned := 1 // by main
		err := c.Impl.Run(func(ctx context.Context) error {
			for range 3 {
				c.Impl.OnShutdown(ctx, func() error { returned++; return mine })
			}
			return mine
		}, 0, 0)
		c.expect(occurrences(err, mine) == returned, "main and %d hooks return the same error, and Run's result has it %d times, want once for each: %v", returned-1, occurrences(err, mine), err)
	})
}

// occurrences is how often an error is found in another.
func occurrences(err, target error) (n int) {
	if err == target {
		return 1
	}
	for _, inner := range unwrap(err) {
		n += occurrences(inner, target)
	}
	if answersFor(err, target) {
		n++
	}
	return n
}

// EveryStopIsKept checks RUN-6: the errors of all calls of Stop are in the result,
// until Stopped.
func EveryStopIsKept(c *Checker) {
	c.bubble(func() {
		var given []error
		err := c.run(func(ctx context.Context) error {
			stop := func() error {
				mine := fmt.Errorf("error %d", len(given)+1)
				given = append(given, mine)
				c.Impl.Stop(ctx, mine)
				return nil
			}
			c.Impl.OnShutdown(ctx, stop)
			c.Impl.OnShutdown(ctx, stop)
			for range 300 {
				_ = stop()
			}
			return nil
		}, subject.Settings{})
		c.expectAll(err, given, "Stop is called %d times, twice in hooks", len(given))
	})
}

// CleanErrorsOfStopAreKept checks RUN-6: an error that is clean as the end of main is in
// the result when Stop is given it.
func CleanErrorsOfStopAreKept(c *Checker) {
	for _, mine := range []error{http.ErrServerClosed, context.Canceled, net.ErrClosed} {
		c.bubble(func() {
			err := c.run(func(ctx context.Context) error { c.Impl.Stop(ctx, mine); return nil }, subject.Settings{})
			c.expect(errors.Is(err, mine), "Stop is given %q, which is clean only as an end of main or a task, and Run returns %s, want that error", mine, quote(err))
		})
	}
}

// SlowCleanErrorLosesNothing checks RUN-6: a task is the last work, and WithCleanError takes
// a while to say that its error is none.
func SlowCleanErrorLosesNothing(c *Checker) {
	c.bubble(func() {
		mine := errors.New("error of the task")
		err := c.run(func(ctx context.Context) error {
			c.Impl.Go(ctx, func(ctx context.Context) error { play.Wait(ctx.Done(), time.Hour); return mine })
			c.Impl.Stop(ctx, nil)
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}, subject.Settings{CleanError: func(error) bool { time.Sleep(50 * time.Millisecond); return false }})
		c.expect(errors.Is(err, mine), "a task fails as the last work of a run, WithCleanError takes 50ms to refuse its error, and Run returns %s, want the error", quote(err))
	})
}

// EveryTaskIsKept checks RUN-6: the errors of all tasks are in the result, those too
// that fail while draining.
func EveryTaskIsKept(c *Checker) {
	c.bubble(func() {
		var given []error
		err := c.run(func(ctx context.Context) error {
			for n := range 65 {
				mine := fmt.Errorf("error %d", n+1)
				given = append(given, mine)
				c.Impl.Go(ctx, func(context.Context) error { time.Sleep(time.Duration(n+1) * time.Second / 8); return mine })
			}
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}, subject.Settings{})
		c.expectAll(err, given, "%d tasks fail, one after another", len(given))
	})
}

// expectAll demands that all the errors are in Run's result.
func (c *Checker) expectAll(err error, all []error, format string, args ...any) {
	for _, mine := range all {
		if !errors.Is(err, mine) {
			c.Errorf("%s, and %q is not in Run's result: %v", fmt.Sprintf(format, args...), mine, err)
			return
		}
	}
}
