package lifecycle

import (
	"context"
	"net"
	"net/http"
	"reflect"
)

// clean reports whether err is what code returns after it was asked to stop:
// every leaf is http.ErrServerClosed, context.Canceled, net.ErrClosed, a cancel
// cause or accepted by one of the user's functions (RUN-7). A panic is not clean,
// whatever its value wraps.
//
// It calls the user's functions and methods of the user's error types, so it runs
// on the goroutine of the user's code, and may panic.
func clean(err error, is []func(error) bool, causes ...error) bool {
	targets := append(causes, http.ErrServerClosed, context.Canceled, net.ErrClosed)
	return everyLeaf(err, func(n errorNode) verdict {
		for _, target := range targets {
			if target != nil && n.is(target) {
				return passes
			}
		}
		if _, panicked := n.err.(*PanicError); panicked {
			return fails
		}
		if n.leaf() {
			for _, cleanError := range is {
				if cleanError(n.err) {
					return passes
				}
			}
		}
		return undecided
	})
}

// isCanceled is errors.Is(err, context.Canceled), but ends for an error that
// unwraps to itself.
func isCanceled(err error) (is bool) {
	everyLeaf(err, func(n errorNode) verdict {
		if is = n.is(context.Canceled); is {
			return fails // and look no further
		}
		return passesLeaf(n)
	})
	return is
}

// errorNode is one error of a tree of errors.
type errorNode struct {
	err   error
	inner []error // what it wraps
	many  bool    // its type can wrap several errors
}

func (n errorNode) leaf() bool { return len(n.inner) == 0 }

// is reports whether the error itself, not what it wraps, is target: by identity,
// or by its own Is method. The Is method of an error that wraps several may match
// any of them, so it is not called.
func (n errorNode) is(target error) bool {
	if x, ok := n.err.(interface{ Is(error) bool }); ok && !n.many && x.Is(target) {
		return true
	}
	return reflect.TypeOf(target).Comparable() && n.err == target
}

func newErrorNode(err error) errorNode {
	n := errorNode{err: err}
	switch x := err.(type) {
	case interface{ Unwrap() []error }:
		n.inner, n.many = x.Unwrap(), true
	case interface{ WrappedErrors() []error }: // hashicorp/go-multierror
		n.inner, n.many = x.WrappedErrors(), true
	case interface{ Unwrap() error }:
		if e := x.Unwrap(); e != nil {
			n.inner = []error{e}
		}
	}
	return n
}

// verdict is the result for one error of a tree.
type verdict uint8

const (
	undecided verdict = iota // what it wraps decides; a leaf fails
	passes
	fails
)

func passesLeaf(n errorNode) verdict {
	if n.leaf() {
		return passes
	}
	return undecided
}

// depthLimit limits how deep an error may wrap others: one that unwraps to itself
// would never end.
const depthLimit = 10_000

// everyLeaf reports whether every leaf of err's tree passes, either itself or
// through an error that wraps it. For an error that unwraps to itself it is false.
func everyLeaf(err error, judge func(errorNode) verdict) bool {
	var walk func(err error, depth int) bool
	walk = func(err error, depth int) bool {
		if err == nil || depth == depthLimit {
			return false
		}
		n := newErrorNode(err)
		switch judge(n) {
		case passes:
			return true
		case fails:
			return false
		}
		for _, inner := range n.inner {
			if !walk(inner, depth+1) {
				return false
			}
		}
		return !n.leaf()
	}
	return walk(err, 0)
}
