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
const unknown model.Kind = "?"

// reader reads the errors and causes that were seen.
type reader struct {
	play.Seen
	is func(err error, kind model.Kind) bool // the implementation's
}

// readErrors takes Run's error apart into the kinds it joins, in order.
func (r reader) readErrors(want model.Trace) (kinds []model.Kind) {
	left := slices.Clone(want.Errors) // those that none of the errors is yet
	for i, err := range r.elements(r.Err) {
		if i < len(want.Errors) {
			if at := slices.Index(left, want.Errors[i]); at > 0 {
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

// elements returns the leaves of the tree of joined errors. An error of the
// scenario's own may be such a tree itself, and is one element.
func (r reader) elements(err error) []error {
	if err == nil {
		return nil
	}
	for _, own := range r.Values {
		if own == err {
			return []error{err}
		}
	}
	tree, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range tree.Unwrap() {
		all = append(all, r.elements(e)...)
	}
	return all
}

// kindOf tells the kind of an error. Several kinds may fit, since one panic looks
// like another; what is still expected is tried first.
func (r reader) kindOf(err error, expected []model.Kind) model.Kind {
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
	case cause == context.Canceled:
		return model.CauseCanceled
	case r.fits(cause, want):
		return want
	case r.is == nil:
		return unknown
	}
	for _, k := range append([]model.Kind{model.CauseSIGINT, model.CauseSIGTERM, model.CauseParent}, r.possible()...) {
		if r.fits(cause, k) {
			return k
		}
	}
	return model.Kind("unexpected: " + cause.Error())
}
