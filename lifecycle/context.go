package lifecycle

import (
	"context"

	"github.com/greynewell/mist-go/fsm"
)

type runKey struct{}

// from returns the innermost run whose context ctx is, or nil.
func from(ctx context.Context) *run {
	if ctx == nil {
		return nil
	}
	r, _ := ctx.Value(runKey{}).(*run)
	return r
}

// contexts makes the three contexts of a run from the values of the parent:
// base is never cancelled; main's is cancelled by RUN-2; the work context has
// no values of its own and is cancelled when Draining ends.
func (r *run) contexts() {
	r.base = fsm.NewContext(context.WithValue(context.WithoutCancel(r.cfg.parent), runKey{}, r), r)
	r.ctx, r.cancel = context.WithCancelCause(r.base)
	r.workCtx, r.workCancel = context.WithCancelCause(context.Background())
}

// State returns the state the run is in: a run is the [fsm.Source] that its
// context carries. It can be read through it, not driven (STATE-3).
func (r *run) State() fsm.State { return r.machine.State() }

// Reached returns a channel that is closed once the run is at s or past it.
func (r *run) Reached(s fsm.State) <-chan struct{} { return r.machine.Reached(s) }

// causes is what a clean end may return besides the usual: the cause of the
// stop, which is known before the context is cancelled with it, in the drain
// delay; and what is in Run's result already (HTTP-8).
func (r *run) causes() []error {
	causes := r.reported.all()
	if asked := r.asked.Load(); asked != nil {
		causes = append(causes, *asked)
	}
	return causes
}
