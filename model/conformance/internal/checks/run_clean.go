package checks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// CleanErrorIsAskedOfLeaves checks RUN-7. It has the user's function know one error and
// nothing that holds it, or everything that holds it.
func CleanErrorIsAskedOfLeaves(c *Checker) {
	for _, mine := range []error{errors.New("error of the user"), &single{}} { // of which one unwraps to nothing
		c.cleanErrorIsAskedOfLeaves(mine)
	}
}

func (c *Checker) cleanErrorIsAskedOfLeaves(mine error) {
	other := errors.New("another error")
	for what, is := range map[string]func(error) bool{
		"it is that error":  func(err error) bool { return err == mine },
		"it has that error": func(err error) bool { return errors.Is(err, mine) },
	} {
		for _, given := range []struct {
			err   error
			clean bool
		}{
			{mine, true},
			{fmt.Errorf("in main: %w", mine), true},
			{fmt.Errorf("in main: %w", errors.Join(context.Canceled, fmt.Errorf("deeper: %w", mine))), true},
			{deep(mine, 30), true},
			{nested(mine, 150), true},
			{deep(errors.Join(mine, other), 30), false},
			{errors.Join(mine, other), false},
			{errors.Join(mine, errors.New(mine.Error())), false},
			{errors.Join(errors.New(mine.Error()), mine), false},
			{fmt.Errorf("%w, after %w", other, mine), false},
		} {
			c.endAfterStop(subject.Settings{CleanError: is}, given.err, func(how string, result error) {
				c.expect((result == nil) == given.clean, "%s ends with %q after a stop, which WithCleanError finds clean when %s; Run returns %s, want %s",
					how, given.err, what, quote(result), nilOr(given.clean))
			})
		}
	}
}

// CancelledDial checks RUN-7: what package net makes of context.Canceled is its own error,
// of which errors.Is says that it is context.Canceled.
func CancelledDial(c *Checker) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1")
	if !errors.Is(err, context.Canceled) {
		c.undecidedf("a cancelled Dial returns %v", err)
		return
	}
	for _, given := range []struct {
		err   error
		clean bool
	}{
		{err, true},
		{fmt.Errorf("in main: %w", err), true},
		{errors.Join(err, context.Canceled), true},
		{errors.Join(err, errors.New("another error")), false},
		{&errorList{all: []error{err, context.Canceled}}, true},
		{&errorList{all: []error{err, errors.New("another error")}}, false},
	} {
		c.endAfterStop(subject.Settings{}, given.err, func(how string, result error) {
			c.expect((result == nil) == given.clean, "%s ends with %q after a stop, and Run returns %s, want %s", how, given.err, quote(result), nilOr(given.clean))
		})
	}
}

// errorList is a list of errors that says itself what is in it.
type errorList struct{ all []error }

// Error lists them.
func (l *errorList) Error() string { return errors.Join(l.all...).Error() }

// Unwrap returns them.
func (l *errorList) Unwrap() []error { return l.all }

// Is reports whether one of them is target.
func (l *errorList) Is(target error) bool { return errors.Is(errors.Join(l.all...), target) }

// nested wraps an error so many times.
func nested(err error, times int) error {
	for range times {
		err = fmt.Errorf("around: %w", err)
	}
	return err
}

// deep wraps an error so many times, by turns as one and as a list.
func deep(err error, times int) error {
	for n := range times {
		if n%2 == 0 {
			err = fmt.Errorf("around: %w", err)
		} else {
			err = errors.Join(context.Canceled, err)
		}
	}
	return err
}

// endAfterStop has main, and then a task, end with an error after a stop that
// was requested, and calls look with what Run returned.
func (c *Checker) endAfterStop(s subject.Settings, err error, look func(how string, result error)) {
	c.bubble(func() {
		look("main", c.run(func(ctx context.Context) error {
			c.Impl.Stop(ctx, nil)
			return err
		}, s))
	})
	if !c.offered[subject.NeedGo] {
		return
	}
	c.bubble(func() {
		look("a task", c.run(func(ctx context.Context) error {
			c.Impl.Go(ctx, func(context.Context) error {
				play.Wait(ctx.Done(), time.Hour)
				return err
			})
			c.Impl.Stop(ctx, nil)
			return nil
		}, s))
	})
}

// endless is an error that unwraps to itself, straight away or by others.
type endless struct{ next []error }

// Error has a text of its own.
func (e *endless) Error() string { return "an error without an end" }

// Unwrap leads back.
func (e *endless) Unwrap() []error { return e.next }

// single is one that unwraps to one error.
type single struct{ next error }

// Error has a text of its own.
func (e *single) Error() string { return "an error without an end" }

// Unwrap leads back.
func (e *single) Unwrap() error { return e.next }

// endlessErrors are errors of which errors.Is would never be done.
func endlessErrors() []error {
	itself := &single{}
	itself.next = itself
	tree := &endless{}
	tree.next = []error{context.Canceled, tree}
	one, two := &single{}, &endless{}
	one.next, two.next = two, []error{one, context.Canceled}
	return []error{itself, tree, one, fmt.Errorf("wrapped: %w", itself)}
}

// EndlessError checks RUN-7: an error that unwraps to itself is not clean. It fails by the
// death of the process, or by its standing still, where the tree is walked to its end.
func EndlessError(c *Checker) {
	for i, err := range endlessErrors() {
		var s subject.Settings
		if c.offered[subject.NeedCleanError] {
			s.CleanError = func(error) bool { return true }
		}
		c.endAfterStop(s, err, func(how string, result error) {
			c.expect(holds(result, err, 8), "%s ends with an error that unwraps to itself (number %d), and Run returns %v, want that error", how, i+1, result)
		})
	}
}

// holds says whether an error is found in another, not looking deeper than so
// many levels.
func holds(err, target error, depth int) bool {
	if err == nil || depth == 0 {
		return false
	}
	if same(err, target) || answersFor(err, target) {
		return true
	}
	return slices.ContainsFunc(unwrap(err), func(e error) bool { return holds(e, target, depth-1) })
}

// answersFor says whether an error that unwraps to nothing says of itself that another
// is in it: RUN-6 asks for no more than that errors.Is finds it. One that cannot be
// compared can be found by its type only.
func answersFor(err, target error) bool {
	if len(unwrap(err)) > 0 || target == nil {
		return false
	}
	if e, ok := err.(interface{ Is(target error) bool }); ok && reflect.TypeOf(target).Comparable() {
		return e.Is(target)
	}
	if e, ok := err.(interface{ As(target any) bool }); ok {
		found := reflect.New(reflect.TypeOf(target))
		return e.As(found.Interface()) && same(found.Elem().Interface().(error), target)
	}
	return false
}

// uncomparable is an error that panics when it is compared.
type uncomparable struct{ parts []string }

// Error is its text.
func (u uncomparable) Error() string { return strings.Join(u.parts, " ") }

// UncomparableErrors checks RUN-7. It has the stop's cause and main's error be of one
// type, which cannot be compared: WithCleanError is asked as for any other.
func UncomparableErrors(c *Checker) {
	asked := false
	c.bubble(func() {
		_ = c.run(func(ctx context.Context) error {
			c.Impl.Stop(ctx, uncomparable{[]string{"the", "cause"}})
			play.Wait(ctx.Done(), time.Hour)
			return uncomparable{[]string{"error", "of", "main"}}
		}, subject.Settings{CleanError: func(err error) bool {
			asked = asked || err.Error() == "error of main"
			return true
		}})
	})
	c.expect(asked, "the cause of the stop and main's error are of one type, which cannot be compared, and WithCleanError is not asked")
}
