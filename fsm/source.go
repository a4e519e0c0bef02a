package fsm

import "context"

// Source is a read-only view of a lifecycle: its state, and a channel for each state
// that is closed once the lifecycle is in that state or a later one. A [Machine] is a
// Source, the context of every lifecycle.Run carries one (STATE-3), and other packages
// may implement it. Its methods must be safe for concurrent use.
type Source interface {
	State() State
	Reached(State) <-chan struct{}
}

type sourceKey struct{}

// NewContext returns a context that carries src, for [FromContext]. It hides a Source
// that ctx may carry; a nil src hides that without replacing it. Like context.WithValue,
// NewContext panics if ctx is nil.
func NewContext(ctx context.Context, src Source) context.Context {
	return context.WithValue(ctx, sourceKey{}, src)
}

// FromContext returns the innermost Source that ctx carries, and whether there is one. A
// nil ctx carries none.
func FromContext(ctx context.Context) (Source, bool) {
	if ctx == nil {
		return nil, false
	}
	src, ok := ctx.Value(sourceKey{}).(Source)
	return src, ok
}
