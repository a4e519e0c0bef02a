package alternates

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// run is what the context of one Run carries. No library here takes hooks from a
// main that is running, so hooks are kept until the library has stopped.
type run struct {
	back  chan struct{}              // closed when main is back
	await func(work *sync.WaitGroup) // has the library wait for work, once main is back

	mu    sync.Mutex
	hooks []func() error
}

type runKey struct{}

// newRun returns a run, and a context that carries it.
func newRun(parent context.Context) (*run, context.Context) {
	r := &run{back: make(chan struct{})}
	return r, context.WithValue(parent, runKey{}, r)
}

// from returns the run that ctx comes from, or one that nothing comes of.
func from(ctx context.Context) *run {
	if r, ok := ctx.Value(runKey{}).(*run); ok {
		return r
	}
	return &run{await: func(*sync.WaitGroup) {}}
}

func onShutdown(ctx context.Context, hook func() error) {
	r := from(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hooks = append(r.hooks, hook)
}

func drainGroup(ctx context.Context) *sync.WaitGroup {
	work := new(sync.WaitGroup)
	from(ctx).await(work)
	return work
}

// unwind runs the hooks as a function runs what it has deferred: the last one
// first, after all else.
func (r *run) unwind() (errs []error) {
	for {
		hook := r.last()
		if hook == nil {
			return errs
		}
		errs = append(errs, hook())
	}
}

// last takes the hook that was registered last.
func (r *run) last() (hook func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.hooks); n > 0 {
		hook, r.hooks = r.hooks[n-1], r.hooks[:n-1]
	}
	return hook
}

// joined is errors.Join, but for a single error, which it returns as it is.
func joined(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
