package compare

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
)

// unknown stands for an error, or a cause, of which the implementation offers
// no way to tell what it is (see project).
const unknown model.Kind = "an error"

// reader reads the errors and causes that were seen.
type reader struct {
	play.Seen
	is func(err error, kind model.Kind) bool // the implementation's
}

// readErrors takes Run's error apart into the kinds it joins, in order. The
// contract says which errors are found in it, and not what else is: a sentinel
// beside an error, as of fmt.Errorf("%w: %w", ErrHook, err), is left out.
func (r reader) readErrors(want []model.Kind) (kinds []model.Kind) {
	elements := r.elements(r.Err)
	if known := slices.DeleteFunc(slices.Clone(elements), r.isStrange); len(known) > 0 {
		if kinds = r.readElements(known, want); slices.Equal(kinds, want) {
			return kinds
		}
	}
	if kinds = r.readElements(elements, want); r.is != nil || len(want) == 0 {
		return kinds
	}
	if seen := slices.Clone(want); within(unseen(r.Scenario, seen), kinds) {
		return seen
	}
	return kinds
}

// within says whether one list is another without some of the errors of which
// nothing can be told.
func within(all, more []model.Kind) bool {
	for _, k := range more {
		if len(all) > 0 && k == all[0] {
			all = all[1:]
		} else if k != unknown {
			return false
		}
	}
	return len(all) == 0
}

func (r reader) readElements(elements []error, want []model.Kind) (kinds []model.Kind) {
	left := slices.Clone(want) // those that none of the errors is yet
	for i, err := range elements {
		if i < len(want) {
			if at := slices.Index(left, want[i]); at > 0 {
				left[0], left[at] = left[at], left[0]
			}
		}
		kind := r.kindOf(err, left)
		if at := slices.Index(left, kind); at >= 0 {
			left = slices.Delete(left, at, at+1)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// elements returns the errors in the tree of an error that cannot be taken apart
// any further: the leaves, the errors of the scenario's own, which may be trees
// themselves, and those whose kind is that of no error in them.
func (r reader) elements(err error) (all []error) {
	if err == nil {
		return nil
	}
	for _, own := range r.Values {
		if own == err {
			return []error{err}
		}
	}
	inner := unwrapped(err)
	for _, e := range inner {
		all = append(all, r.elements(e)...)
	}
	if len(all) == 0 || r.is != nil && slices.ContainsFunc(libraryKinds, func(k model.Kind) bool {
		return r.is(err, k) && !slices.ContainsFunc(inner, func(e error) bool { return r.is(e, k) })
	}) {
		return []error{err}
	}
	return all
}

// libraryKinds are the kinds that Is is asked for.
var libraryKinds = []model.Kind{
	model.DrainTimeout, model.ShutdownTimeout, model.MainRunning, model.Forced, model.Panic, model.Goexit, model.CauseSIGINT, model.CauseSIGTERM,
}

// unwrapped returns what an error unwraps to.
func unwrapped(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return []error{inner}
		}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	}
	return nil
}

// isLibraryError says whether an error is of a kind that Is is asked for.
func (r reader) isLibraryError(err error) bool {
	return r.is != nil && slices.ContainsFunc(libraryKinds, func(k model.Kind) bool { return r.is(err, k) })
}

// isStrange says whether an error can be of none of the kinds there are.
func (r reader) isStrange(err error) bool {
	return r.is != nil && !slices.ContainsFunc(r.possible(), func(k model.Kind) bool { return r.fits(err, k) })
}

// kindOf tells the kind of an error. Several kinds may fit, since one panic looks
// like another; what is still expected is tried first.
func (r reader) kindOf(err error, expected []model.Kind) model.Kind {
	if r.is == nil && err == r.Cause && slices.ContainsFunc(expected, isSignal) {
		return unknown // though main may have returned the very same
	}
	for _, k := range append(slices.Clone(expected), r.possible()...) {
		if r.fits(err, k) {
			return k
		}
	}
	if r.is == nil {
		return unknown
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return model.Kind("unexpected: " + text)
}

// possible returns every kind that any scenario like this could lead to.
func (r reader) possible() []model.Kind {
	var ks []model.Kind
	if r.Scenario.SignalError { // main may have returned the very same
		ks = append(ks, model.CauseSIGINT, model.CauseSIGTERM)
	}
	ks = append(ks, model.MainError)
	for i := range r.Scenario.Hooks {
		ks = append(ks, model.HookError(i+1))
	}
	for i := range r.Scenario.Tasks {
		ks = append(ks, model.TaskError(i+1))
	}
	for i := range r.Scenario.Stops {
		ks = append(ks, model.StopError(i+1))
	}
	return append(ks, model.DrainTimeout, model.MainRunning, model.Forced, model.ShutdownTimeout,
		model.MainPanic, model.MainGoexit, model.CauseSIGINT, model.CauseSIGTERM)
}

// fits says whether an error can be one of a kind.
func (r reader) fits(err error, k model.Kind) bool {
	if own := r.Values[k]; own != nil {
		return errors.Is(err, own)
	}
	if r.is == nil {
		return false
	}
	name, _ := k.Parts()
	switch name {
	case "main panic", "task panic", "hook panic":
		return r.is(err, model.Panic)
	case "main goexit", "task goexit", "hook goexit":
		return r.is(err, model.Goexit)
	case "hook timeout":
		return r.is(err, model.ShutdownTimeout)
	case "main error", "stop error", "task error", "hook error":
		return false // the scenario's code has not returned it
	}
	return r.is(err, k)
}

// causeKind tells why a context was cancelled.
func (r reader) causeKind(cause error, want model.Kind) model.Kind {
	switch {
	case cause == nil:
		return "" // not cancelled
	case cause == context.Canceled, want == model.CauseCanceled && errors.Is(cause, context.Canceled) && !r.isLibraryError(cause):
		return model.CauseCanceled
	case r.fits(cause, want):
		return want
	case r.is == nil:
		return unknown
	}
	for _, k := range append([]model.Kind{model.CauseSIGINT, model.CauseSIGTERM, model.CauseParent}, r.possible()...) {
		if k != model.MainPanic && k != model.MainGoexit && r.fits(cause, k) { // main's own end is no cause
			return k
		}
	}
	text, _, _ := strings.Cut(cause.Error(), "\n")
	return model.Kind("unexpected: " + text)
}
