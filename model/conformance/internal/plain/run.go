// Package plain is the documented API once more, in the plainest Go: a mutex,
// two slices, and a Run that can be read from top to bottom.
//
//	main ends, or a signal ─▶ cancel ─▶ wait for work ─▶ run hooks ─▶ return
//
// It exists to show that the contract asks for behaviour and for nothing of
// how the library is built. It shares no code with it, has no machine, no
// options beyond the two timeouts, and no state to look at.
package plain

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"
)

// What Run's error may be or hold, beside the errors of the user's own code.
var (
	ErrDrainTimeout    = errors.New("plain: the drain timeout ran out before the work was done")
	ErrShutdownTimeout = errors.New("plain: the shutdown timeout ran out before the hooks were done")
	ErrMainRunning     = errors.New("plain: main is still running")
)

// returnGrace is how long main is waited for before the work is looked at, so
// that a main which only a hook can end does not cost the drain timeout
// (DRAIN-4).
const returnGrace = 5 * time.Second

// A run is what the context of one Run carries.
type run struct {
	drainTimeout, shutdownTimeout time.Duration

	mu         sync.Mutex
	groups     []*sync.WaitGroup
	drained    bool // no further group is waited for
	hooks      []func() error
	registered chan struct{} // has a value when hooks may have grown
	stopped    bool          // no further hook is taken
}

type key struct{}

// An Option changes a setting of one Run.
type Option func(*run)

// WithDrainTimeout limits how long work is waited for. The default is 15s.
func WithDrainTimeout(d time.Duration) Option { return func(r *run) { r.drainTimeout = d } }

// WithShutdownTimeout limits how long hooks may take, all together. The
// default is 10s.
func WithShutdownTimeout(d time.Duration) Option { return func(r *run) { r.shutdownTimeout = d } }

// Run calls main and returns when main or a SIGINT or a SIGTERM has ended it,
// the work in its groups is done, and its hooks have run (RUN-1 to RUN-11).
func Run(main func(ctx context.Context) error, opts ...Option) error {
	r := &run{
		drainTimeout:    15 * time.Second,
		shutdownTimeout: 10 * time.Second,
		registered:      make(chan struct{}, 1),
	}
	for _, opt := range opts {
		opt(r)
	}

	// One signal is enough. Further ones find the channel full or unread, and
	// are thereby ignored (SIG-1).
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)

	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, r))
	m := call(func() error { return main(ctx) })

	select {
	case <-signals:
	case <-m.done:
	}
	cancel()
	drainErr := r.drain(m)
	hookErrs := r.runHooks(m)

	errs := append([]error{drainErr}, hookErrs...)
	select {
	case <-m.done:
		errs = append([]error{m.err}, errs...)
	default:
		errs = append(errs, ErrMainRunning)
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 1 {
		return errs[0] // as it is, so that it stays comparable (RUN-6)
	}
	return errors.Join(errs...)
}

// from returns the run that ctx comes from. Where it comes from none, that is a
// mistake of the caller's, and a run that never takes place stands in.
func from(ctx context.Context) *run {
	if r, ok := ctx.Value(key{}).(*run); ok {
		return r
	}
	slog.Error("plain: the context does not come from Run")
	return &run{registered: make(chan struct{}, 1)}
}
