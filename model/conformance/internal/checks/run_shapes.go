package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/greynewell/mist-go/model"
)

// shape draws an error. One that may be clean may have no mark in it.
func (l *resultLife) shape(clean bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.mark()
	if clean && l.cause != nil && l.hooks == 0 && l.r.IntN(2) == 0 {
		return l.cleanOrNearly(mine)
	}
	switch n := l.r.IntN(6); {
	case n == 0:
		return mine
	case n == 1:
		return errors.Join(mine, l.mark())
	case n == 2 && l.hooks > 0: // it may be in another error, but not in the cause
		if other := l.r.IntN(len(l.marks)); !clean || !slices.Contains(l.marksIn(l.cause), strconv.Itoa(other+1)) {
			return l.marks[other]
		}
	case n == 3 && l.signal:
		return cmp.Or(l.otherSignal, mine)
	case n == 4 && l.clean:
		return errors.Join(context.Canceled, mine)
	case n == 5 && !clean && l.cause != nil:
		return fmt.Errorf("%w, because of %w", mine, l.cause)
	}
	return fmt.Errorf("wrapped: %w", mine)
}

// cleanOrNearly draws a clean end, or something like it.
func (l *resultLife) cleanOrNearly(mine error) error {
	usual := usualEnds[l.r.IntN(len(usualEnds))]
	all := []error{l.cause, fmt.Errorf("wrapped: %w", l.cause), errors.Join(l.cause, usual)}
	if l.clean {
		all = append(all, usual, errors.Join(usual, fmt.Errorf("wrapped: %w", context.Canceled)),
			fmt.Errorf("%w: %w", usual, mine), errors.Join(mine, l.cause), partOf(l.given, mine))
	}
	return all[l.r.IntN(len(all))]
}

// mark makes an error that is no other.
func (l *resultLife) mark() error {
	l.marks = append(l.marks, fmt.Errorf("error %d", len(l.marks)+1))
	return l.marks[len(l.marks)-1]
}

// partOf returns an error that another wraps.
func partOf(err, otherwise error) error {
	if inner := unwrap(err); len(inner) > 0 {
		return inner[0]
	}
	return otherwise
}

// theDrainTimeout stands for the error of a drain timeout among the numbers of the others.
const theDrainTimeout = "the drain timeout"

// mismatch says what is wrong with Run's result.
func (l *resultLife) mismatch() string {
	var want []string
	failures := 0
	got := l.marksIn(l.result)
	for n, ends := range [][]end{l.main, l.stopped, l.task, l.hook} {
		for _, e := range ends {
			if !e.clean || !l.isClean(e.err) {
				want = append(want, l.marksIn(e.err)...)
				failures++
			}
		}
		if n == 2 && slices.Contains(got, theDrainTimeout) { // whether there is one is for DRAIN-2 to say
			want = append(want, theDrainTimeout)
		}
	}
	isSignal := func(mark string) bool { return mark == "the signal" }
	if l.signal {
		if failures++; len(got) == 0 || !isSignal(got[len(got)-1]) {
			return "with WithSignalError, a stop by a signal does not end the result"
		}
	}
	got, want = slices.DeleteFunc(got, isSignal), slices.DeleteFunc(want, isSignal)
	if l.hooks == 0 { // another check is about the order
		slices.Sort(got)
		slices.Sort(want)
	}
	switch {
	case !slices.Equal(got, want):
		return fmt.Sprintf("of the errors that are numbered by their texts, such as %q, the result has %s, want %s", l.marks[0], strings.Join(got, ", "), cmp.Or(strings.Join(want, ", "), "none"))
	case failures == 0 && !l.late && l.result != nil:
		return "nothing fails, and the result is an error, want nil"
	}
	return ""
}

// isClean says whether every leaf of an error is a clean end after the stop (RUN-7).
func (l *resultLife) isClean(err error) bool {
	if same(err, l.cause) || slices.Contains(usualEnds, err) {
		return true
	}
	inner := unwrap(err)
	return len(inner) > 0 && !slices.ContainsFunc(inner, func(e error) bool { return !l.isClean(e) })
}

// marksIn returns the marks that an error has, in order.
func (l *resultLife) marksIn(err error) (all []string) {
	inner := unwrap(err)
	switch n := slices.IndexFunc(l.marks, func(mark error) bool { return mark == err }); {
	case err == nil:
	case n >= 0:
		return []string{strconv.Itoa(n + 1)}
	case l.stop == "a signal" && same(err, l.cause): // which may be the same in all runs
		return []string{"the signal"}
	case same(err, l.otherSignal):
		return []string{"the signal of another run"}
	case len(inner) == 0:
		if all = l.marksOfOpaque(err); len(all) > 0 {
			return all
		}
	}
	if l.stop == "a signal" && l.isItself(err, model.CauseSIGTERM) {
		return []string{"the signal"}
	}
	if l.isItself(err, model.DrainTimeout) {
		return []string{theDrainTimeout}
	}
	for _, inner := range inner {
		all = append(all, l.marksIn(inner)...)
	}
	return all
}

// marksOfOpaque returns the marks of the largest of the ends that an error answers for,
// though it unwraps to nothing.
func (l *resultLife) marksOfOpaque(err error) (all []string) {
	for _, e := range slices.Concat(l.main, l.stopped, l.task, l.hook) {
		if answersFor(err, e.err) {
			if marks := l.marksIn(e.err); len(marks) > len(all) {
				all = marks
			}
		}
	}
	return all
}

// unwrap returns what an error wraps.
func unwrap(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return []error{inner}
		}
	}
	return nil
}

// String says what happened.
func (l *resultLife) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "the stop is by %s, with a drain delay of %v, and manual start: %t; the cause is %q", l.stop, l.settings.Delay, l.settings.ManualStart, l.cause)
	for _, of := range []struct {
		what string
		all  []end
	}{{"main", l.main}, {"Stop", l.stopped}, {"a task", l.task}, {"a hook", l.hook}} {
		for _, e := range of.all {
			fmt.Fprintf(&text, "\n%s: %q", of.what, e.err)
		}
	}
	return text.String()
}
