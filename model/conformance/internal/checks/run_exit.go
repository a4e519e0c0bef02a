package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// signalError runs a service that a signal stops, and returns what Run does.
// main ends with what ends returns.
func (c *Checker) signalError(sig os.Signal, ends func(ctx context.Context) error) (result error) {
	c.bubble(func() {
		source := make(chan os.Signal, 1)
		time.AfterFunc(time.Second, func() { source <- sig })
		result = c.run(func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Hour)
			return ends(ctx)
		}, subject.Settings{Signals: source, SignalError: true})
	})
	return result
}

// SignalErrorIsOnce checks RUN-14. It has main return the cause itself, or give it to
// Stop, in ways that people do.
func SignalErrorIsOnce(c *Checker) {
	all := map[string]func(ctx context.Context) error{
		"returns nil":                func(context.Context) error { return nil },
		"returns the cause":          context.Cause,
		"returns the cause, wrapped": func(ctx context.Context) error { return fmt.Errorf("after 4 of 10 items: %w", context.Cause(ctx)) },
		"returns the cause, joined":  func(ctx context.Context) error { return errors.Join(context.Canceled, context.Cause(ctx)) },
	}
	wrapped := false // the cause is an error around the signal's, which joins the result if Stop is given it
	if c.offered[subject.NeedStop] {
		all["gives the cause to Stop"] = func(ctx context.Context) error {
			cause := context.Cause(ctx)
			wrapped = len(unwrap(cause)) > 0
			c.Impl.Stop(ctx, cause)
			return nil
		}
	}
	for what, ends := range all {
		wrapped = false
		err := c.signalError(process.Terminate, ends)
		n := 0
		for _, leaf := range c.leaves(err) {
			if c.Impl.Is(leaf, model.CauseSIGTERM) {
				n++
			}
		}
		c.expect(n == 1 || wrapped && n == 2, "main %s, and the signal is in Run's result %d times, want once: %v", what, n, err)
	}
	failure := errors.New("error of main")
	parts := c.leaves(c.signalError(process.Terminate, func(context.Context) error { return failure }))
	at := func(is func(err error) bool) int { return slices.IndexFunc(parts, is) }
	mains, signals := at(func(err error) bool { return errors.Is(err, failure) }), at(func(err error) bool { return c.Impl.Is(err, model.CauseSIGTERM) })
	c.expect(mains >= 0 && signals > mains,
		"main fails after a signal, and Run returns %q, want the error of main and the signal", parts)
}

// SignalErrorOfAnother checks RUN-14. It has Stop be given the cause of a run before,
// which a signal stopped: that is an error like any other here.
func SignalErrorOfAnother(c *Checker) {
	var another error
	c.signalError(process.Terminate, func(ctx context.Context) error {
		another = context.Cause(ctx)
		return nil
	})
	if another == nil || same(another, context.Canceled) {
		return // RUN-2 says so
	}
	for _, joins := range []bool{false, true} {
		c.bubble(func() {
			err := c.run(func(ctx context.Context) error {
				c.Impl.Stop(ctx, another)
				return nil
			}, subject.Settings{SignalError: joins})
			is := holds(err, another, 8) || c.offered[subject.NeedIs] && c.Impl.Is(err, model.CauseSIGTERM)
			c.expect(is, "Stop is given the error of the signal that stopped another run (WithSignalError here: %t), and Run returns %v, want that error", joins, err)
		})
	}
}

// leaves returns what is joined in an error, in order.
func (c *Checker) leaves(err error) (all []error) {
	if err == nil {
		return nil
	}
	for _, part := range unwrap(err) {
		all = append(all, c.leaves(part)...)
	}
	if len(all) < 2 || c.isItself(err, model.CauseSIGTERM) {
		return []error{err} // as a whole: what it is may not be seen within
	}
	return all
}

// isItself says whether an error is of a kind that nothing that it unwraps to is of.
func (c *Checker) isItself(err error, kind model.Kind) bool {
	is := func(err error) bool { return c.Impl.Is != nil && c.Impl.Is(err, kind) }
	return is(err) && !slices.ContainsFunc(unwrap(err), is)
}

// ExitCode checks RUN-14: exit codes.
func ExitCode(c *Checker) {
	code := func(what string, err error, want int) {
		got := c.Impl.ExitCode(err)
		c.expect(got == want, "the exit code of %s is %d, want %d: %v", what, got, want, err)
	}
	code("nil", nil, 0)
	code("an error", errors.New("error of main"), 1)
	for what, err := range unusualErrors() {
		code("an error "+what, err, 1)
	}
	unwrapPanics := (*single)(nil)
	code("an error whose Unwrap panics", unwrapPanics, 1)
	code("an error that wraps one whose Unwrap panics", fmt.Errorf("batch: %w", unwrapPanics), 1)
	for n, err := range endlessErrors() {
		c.inRealTime(fmt.Sprintf("ExitCode of an error that unwraps to itself (number %d)", n+1), func() { code("an error that unwraps to itself", err, 1) })
	}
	if err := c.signalError(command("stop"), context.Cause); err != nil {
		got := c.Impl.ExitCode(err)
		c.expect(got != 0, "the exit code of a signal without a number is %d", got)
	}
	for number := 1; number < 65; number++ {
		if err := c.signalError(syscall.Signal(number), context.Cause); err != nil { // else it is no stop
			code(fmt.Sprintf("signal %d", number), err, 128+number)
			code(fmt.Sprintf("signal %d, joined with itself", number), errors.Join(err, fmt.Errorf("and: %w", err)), 128+number)
			code(fmt.Sprintf("signal %d and an error", number), errors.Join(err, errors.New("another error")), 1)
		}
	}
	code("a signal and a main that stays", c.signalledAndStays(), 1)
	code("a signal and another that forces", c.signalledAndForced(), 1)
	for sig, number := range map[os.Signal]int{os.Interrupt: 2, syscall.SIGTERM: 15, syscall.SIGHUP: 1} {
		err := c.signalError(sig, context.Cause)
		if err == nil && sig == syscall.SIGHUP {
			continue // SIG-2 says that it is a stop
		}
		code("a signal", err, 128+number)
		code("a signal, wrapped", fmt.Errorf("batch: %w", err), 128+number)
		code("a signal, wrapped and joined", fmt.Errorf("batch: %w", errors.Join(err, fmt.Errorf("and: %w", err))), 128+number)
		for seed := range uint64(50) {
			others, want := 0, 128+number
			tree := signalTree(rand.New(rand.NewPCG(seed, 14)), err, &others)
			if others > 0 {
				want = 1
			}
			code(fmt.Sprintf("a tree with %d leaves that are no signal", others), tree, want)
		}
		code("a signal and an error", errors.Join(err, errors.New("another error")), 1)
		code("a signal and an error whose Unwrap panics", errors.Join(err, unwrapPanics), 1)
		code("an error and a signal, wrapped", fmt.Errorf("%w: %w", errors.New("another error"), err), 1)
	}
}

// signalTree wraps and joins a signal's error, at random, and other errors, which it counts.
func signalTree(r *rand.Rand, signal error, others *int) error {
	switch r.IntN(7) {
	case 0, 1:
		return fmt.Errorf("wrapped: %w", signalTree(r, signal, others))
	case 2:
		return errors.Join(signalTree(r, signal, others), signalTree(r, signal, others))
	case 3:
		return fmt.Errorf("%w, and %w", signalTree(r, signal, others), signal)
	case 4:
		if r.IntN(3) == 0 {
			*others++
			return errors.New("another error")
		}
	}
	return signal
}

// inRealTime fails when f takes long.
func (c *Checker) inRealTime(what string, f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(process.Soon):
		c.Errorf("%s does not come to an end", what)
	}
}

// signalledAndStays is Run's result when a signal stops a main that does not come
// back, so that the signal is not all that is wrong.
func (c *Checker) signalledAndStays() (err error) {
	c.bubble(func() {
		source, release := make(chan os.Signal, 1), make(chan struct{})
		defer close(release)
		source <- process.Terminate
		err = c.run(func(context.Context) error { <-release; return nil }, subject.Settings{Signals: source, SignalError: true})
	})
	return err
}

// signalledAndForced is the result of a run whose hook hangs until a further interrupt.
func (c *Checker) signalledAndForced() (err error) {
	c.bubble(func() {
		source, release := make(chan os.Signal, 1), make(chan struct{})
		defer close(release)
		err = c.run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { <-release; return nil })
			source <- os.Interrupt
			time.AfterFunc(time.Second, func() { source <- os.Interrupt })
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}, subject.Settings{Signals: source, SignalError: true})
	})
	return err
}
