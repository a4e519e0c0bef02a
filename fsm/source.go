package fsm

import "context"

// Source is what can be seen of a life from outside: its state, and a channel
// for each state that is closed once the life is at that state or past it.
// It can be read, not driven. A [Machine] is one; so is what the context of
// every lifecycle.Run carries (STATE-3), and any other implementation may be.
// Its methods must be safe to call from any goroutine at any time.
type Source interface {
	State() State
	Reached(State) <-chan struct{}
}

type sourceKey struct{}

// NewContext returns a context that carries src, for [FromContext] to find. It
// hides the Source that ctx may carry already; a nil src hides it and puts none
// in its place. Like context.WithValue, it panics when ctx is nil.
func NewContext(ctx context.Context, src Source) context.Context {
	return context.WithValue(ctx, sourceKey{}, src)
}

// FromContext returns the innermost Source that ctx carries, and whether there
// is one. A nil ctx carries none. Safe for concurrent use.
func FromContext(ctx context.Context) (Source, bool) {
	if ctx == nil {
		return nil, false
	}
	src, ok := ctx.Value(sourceKey{}).(Source)
	return src, ok
}
