package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// Option changes how [Run] behaves. A bad value is not a panic: Run returns an
// error that names the option, and main is not called (RUN-8).
type Option func(*config)

// config is what the options add up to.
type config struct {
	parent          context.Context
	signals         []os.Signal
	source          <-chan os.Signal
	manualStart     bool
	drainDelay      time.Duration
	drainTimeout    time.Duration
	shutdownTimeout time.Duration
	grace           time.Duration
	logger          *slog.Logger
	observers       []func(fsm.Step)
	cleanErrors     []func(error) bool
	signalError     bool
	errs            []error
}

// configure applies the options to the defaults and reports every bad one.
func configure(main func(context.Context) error, opts []Option) (*config, error) {
	c := &config{
		parent:          context.Background(),
		signals:         []os.Signal{os.Interrupt, syscall.SIGTERM},
		drainTimeout:    15 * time.Second,
		shutdownTimeout: 10 * time.Second,
		grace:           5 * time.Second,
	}
	if main == nil {
		c.reject("Run", "main is nil")
	}
	for i, opt := range opts {
		if opt == nil {
			c.reject("Run", "option %d is nil", i+1)
			continue
		}
		opt(c)
	}
	return c, join(c.errs)
}

func (c *config) reject(option, format string, args ...any) {
	c.errs = append(c.errs, errors.New("lifecycle: "+option+": "+fmt.Sprintf(format, args...)))
}

// positive reports d when it is one that the option can take.
func (c *config) positive(option string, d time.Duration) {
	if d <= 0 {
		c.reject(option, "%v is not a positive duration", d)
	}
}

func (c *config) notNegative(option string, d time.Duration) {
	if d < 0 {
		c.reject(option, "%v is negative", d)
	}
}

// WithDrainTimeout sets how long work in flight is waited for once the context
// is cancelled. Default 15s; it must be positive (DRAIN-2).
func WithDrainTimeout(d time.Duration) Option {
	return func(c *config) {
		c.positive("WithDrainTimeout", d)
		c.drainTimeout = d
	}
}

// WithShutdownTimeout sets how long the hooks may take all together, counted
// from the moment Hooks is entered. Default 10s; it must be positive (HOOK-3).
func WithShutdownTimeout(d time.Duration) Option {
	return func(c *config) {
		c.positive("WithShutdownTimeout", d)
		c.shutdownTimeout = d
	}
}

// WithDrainDelay keeps the context live for d after a stop is requested, while
// the state is Draining and readiness already fails: the time that load
// balancers need to stop sending requests (DRAIN-7). Kubernetes takes a pod
// out of its endpoints and sends SIGTERM side by side, so new requests arrive
// for a moment after the signal. Default 0; it must not be negative. Main's
// exit or a forcing signal ends the delay early.
func WithDrainDelay(d time.Duration) Option {
	return func(c *config) {
		c.notNegative("WithDrainDelay", d)
		c.drainDelay = d
	}
}

// WithReturnGrace sets how long main is waited for, counted from cancel. When
// that is over, only the work in flight is waited for, and hooks run even if
// main is still out. A grace of more than half the drain timeout counts as half
// of it, so that the work has its time too. Default 5s; 0 means that main is not
// waited for; it must not be negative (DRAIN-4).
func WithReturnGrace(d time.Duration) Option {
	return func(c *config) {
		c.notNegative("WithReturnGrace", d)
		c.grace = d
	}
}

// WithContext makes parent the context that Run starts from: main's context
// has its values, and is stopped when parent is cancelled or expires (RUN-2).
// It does not take over parent's deadline. Default context.Background().
func WithContext(parent context.Context) Option {
	return func(c *config) {
		if parent == nil {
			c.reject("WithContext", "the context is nil")
			return
		}
		c.parent = parent
	}
}

// WithSignals sets the signals that request a stop, in place of SIGINT and
// SIGTERM. With no signal at all, the process's signals are left alone. A nil
// signal, and one that cannot be caught, is an error (RUN-8).
//
// In a bubble of testing/synctest give WithSignals() or [WithSignalSource]: the
// first registration of a process with os/signal must not be made there.
func WithSignals(sigs ...os.Signal) Option {
	return func(c *config) {
		for i, sig := range sigs {
			switch {
			case sig == nil:
				c.reject("WithSignals", "signal %d is nil", i+1)
			case slices.Contains(uncatchableSignals(), sig):
				c.reject("WithSignals", "signal %d, %v, cannot be caught", i+1, sig)
			}
		}
		c.signals = sigs
	}
}

// WithSignalSource makes every value of source request a stop, instead of the
// process's own signals: for tests, and for service managers that do not send
// signals. A closed source delivers nothing more (SIG-2).
func WithSignalSource(source <-chan os.Signal) Option {
	return func(c *config) {
		if source == nil {
			c.reject("WithSignalSource", "the channel is nil")
		}
		c.source = source
	}
}

// WithManualStart keeps the state Starting until [MarkStarted] is called, for
// a service that is not ready to serve when main begins (RUN-13).
func WithManualStart() Option {
	return func(c *config) { c.manualStart = true }
}

// WithLogger sets where transitions, warnings and late errors are written:
// Info for each transition, Warn for timeouts, Error for what came too late to
// be in Run's result. Default slog.Default() at the time of each record. Records
// are handed over in order on a goroutine of their own, so a slow handler delays
// nothing (STATE-4). Durations are text in every format (LOG-1).
//
// A logger may call this package. If what it calls causes a record for each one
// that it gets, not all of them are logged; nor are all of the records of one
// place in the code beyond a hundred.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.reject("WithLogger", "the logger is nil")
		}
		c.logger = logger
	}
}

// WithObserver has observe called with every transition, once and in order, on
// a goroutine of its own: one that is slow, panics or calls back into this
// package delays no transition and no deadline. Run waits at most 100 ms for
// observers to have seen Stopped (STATE-4). May be given more than once.
func WithObserver(observe func(fsm.Step)) Option {
	return func(c *config) {
		if observe == nil {
			c.reject("WithObserver", "the observer is nil")
			return
		}
		c.observers = append(c.observers, observe)
	}
}

// WithCleanError says what else is a clean end of main, of a task and of
// [ServeFunc] once the service is stopping, besides context.Canceled,
// http.ErrServerClosed, net.ErrClosed and the context's cause (RUN-7): what
// libraries return that were asked to stop, such as a gRPC error with the code
// Canceled, or the "signal: killed" of a child process.
//
// The function is given each leaf of an error that wraps or joins others: the
// innermost errors, not those that wrap them.
// It is called on the goroutine of what has ended, from several at once where
// several end; if it panics, the error is not clean. May be given more than
// once. Default: none; nil is refused (RUN-8).
func WithCleanError(is func(error) bool) Option {
	return func(c *config) {
		if is == nil {
			c.reject("WithCleanError", "the function is nil")
			return
		}
		c.cleanErrors = append(c.cleanErrors, is)
	}
}

// WithSignalError makes a stop that a signal requested an error: Run's result
// then has the [*SignalError], last and once, whatever main returns (RUN-14).
// It is for batch jobs and commands, for which an interruption is not success;
// [ExitCode] makes an exit code of it. Default: such a stop is no error.
func WithSignalError() Option {
	return func(c *config) { c.signalError = true }
}
