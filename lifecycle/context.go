package lifecycle

import (
	"context"

	"github.com/greynewell/mist-go/fsm"
)

type runKey struct{}

// from returns the innermost run that ctx carries, or nil.
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

// State returns the state of the run. The run is the [fsm.Source] that its
// context carries, which can be read but not driven (STATE-3).
func (r *run) State() fsm.State { return r.machine.State() }

// Reached returns a channel that is closed once the run has reached s.
func (r *run) Reached(s fsm.State) <-chan struct{} { return r.machine.Reached(s) }

// causes returns the errors of this run that count as clean: the cause of the
// stop, which during the drain delay is known before the context is cancelled
// with it, and the errors that are already in Run's result (HTTP-8).
func (r *run) causes() []error {
	causes := r.reported.all()
	if asked := r.stopCause.Load(); asked != nil {
		causes = append(causes, *asked)
	}
	return causes
}
