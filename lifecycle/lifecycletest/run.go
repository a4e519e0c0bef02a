package lifecycletest

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

type runKey struct{}

// run is the lifecycle.Run behind one context.
type run struct {
	ctx    context.Context
	done   chan struct{} // closed when result is set
	result error
	taken  atomic.Bool // End has returned the result, so the test does not report it
}

func (r *run) end() {
	lifecycle.Stop(r.ctx, nil)
	<-r.done
}

// report fails the test with each error in the result.
func (r *run) report(t testing.TB) {
	t.Helper()
	if r.taken.Load() {
		return
	}
	for _, err := range leaves(r.result) {
		t.Errorf("lifecycletest: %v", err)
	}
}

// leaves returns the errors that were joined to make err, in order.
func leaves(err error) (all []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		if err != nil {
			all = append(all, err)
		}
		return all
	}
	for _, part := range joined.Unwrap() {
		all = append(all, leaves(part)...)
	}
	return all
}
