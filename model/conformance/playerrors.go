package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model"
)

// unknown stands for an error, or a cause, of which the implementation offers
// no way to tell what it is (see project).
const unknown model.Kind = "?"

// readErrors takes Run's error apart into the kinds it joins, in order.
func (p *player) readErrors(want model.Trace) (kinds []model.Kind) {
	left := slices.Clone(want.Errors) // those that none of the errors is yet
	for i, err := range p.elements(p.err) {
		if i < len(want.Errors) {
			if at := slices.Index(left, want.Errors[i]); at > 0 {
				left[0], left[at] = left[at], left[0]
			}
		}
		kind := p.kindOf(err, left)
		if at := slices.Index(left, kind); at >= 0 {
			left = slices.Delete(left, at, at+1)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// elements returns the leaves of the tree of joined errors. An error of the
// scenario's own may be such a tree itself, and is one element.
func (p *player) elements(err error) []error {
	if err == nil {
		return nil
	}
	for _, own := range p.values {
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
		all = append(all, p.elements(e)...)
	}
	return all
}

// kindOf tells the kind of an error. Several kinds may fit, since one panic looks
// like another; what is still expected is tried first.
func (p *player) kindOf(err error, expected []model.Kind) model.Kind {
	for _, k := range append(slices.Clone(expected), p.possible()...) {
		if p.fits(err, k) {
			return k
		}
	}
	if p.impl.Is == nil {
		return unknown
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return model.Kind("unexpected: " + text)
}

// possible returns every kind that any scenario like this could lead to.
func (p *player) possible() []model.Kind {
	var ks []model.Kind
	if p.s.SignalError { // main may have returned the very same
		ks = append(ks, model.CauseSIGINT, model.CauseSIGTERM)
	}
	ks = append(ks, model.MainError)
	for i := range p.s.Hooks {
		ks = append(ks, model.HookError(i+1))
	}
	for i := range p.s.Tasks {
		ks = append(ks, model.TaskError(i+1))
	}
	for i := range p.s.Stops {
		ks = append(ks, model.StopError(i+1))
	}
	return append(ks, model.DrainTimeout, model.MainRunning, model.Forced, model.ShutdownTimeout,
		model.MainPanic, model.MainGoexit, model.CauseSIGINT, model.CauseSIGTERM)
}

// fits says whether an error can be one of a kind.
func (p *player) fits(err error, k model.Kind) bool {
	if own := p.values[k]; own != nil {
		return errors.Is(err, own)
	}
	if p.impl.Is == nil {
		return false
	}
	name, _ := k.Parts()
	switch name {
	case "main panic", "task panic", "hook panic":
		return p.impl.Is(err, model.Panic)
	case "main goexit", "task goexit", "hook goexit":
		return p.impl.Is(err, model.Goexit)
	case "hook timeout":
		return p.impl.Is(err, model.ShutdownTimeout)
	case "main error", "stop error", "task error", "hook error":
		return false // the scenario's code has not returned it
	}
	return p.impl.Is(err, k)
}

// causeKind tells why a context was cancelled.
func (p *player) causeKind(cause error, want model.Kind) model.Kind {
	switch {
	case cause == nil:
		return "" // not cancelled
	case cause == context.Canceled:
		return model.CauseCanceled
	case p.fits(cause, want):
		return want
	case p.impl.Is == nil:
		return unknown
	}
	for _, k := range append([]model.Kind{model.CauseSIGINT, model.CauseSIGTERM, model.CauseParent}, p.possible()...) {
		if p.fits(cause, k) {
			return k
		}
	}
	return model.Kind("unexpected: " + cause.Error())
}
