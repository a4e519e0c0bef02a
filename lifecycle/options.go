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

// Option configures [Run]. With an invalid value, Run returns an error that names
// the option, and does not call main (RUN-8).
type Option func(*config)

// config is the result of all options.
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

// configure applies the options to the defaults and reports every invalid one.
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

// positive rejects d unless it is positive.
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

// WithDrainTimeout sets how long Run waits for in-flight work after the context
// is cancelled. Default 15s; it must be positive (DRAIN-2).
func WithDrainTimeout(d time.Duration) Option {
	return func(c *config) {
		c.positive("WithDrainTimeout", d)
		c.drainTimeout = d
	}
}

// WithShutdownTimeout sets how long all hooks together may take, counted from
// the moment Hooks is entered. Default 10s; it must be positive (HOOK-3).
func WithShutdownTimeout(d time.Duration) Option {
	return func(c *config) {
		c.positive("WithShutdownTimeout", d)
		c.shutdownTimeout = d
	}
}

// WithDrainDelay keeps the context live for d after a stop is requested, while
// the state is Draining and readiness already fails. This gives load balancers
// time to stop sending requests (DRAIN-7): Kubernetes removes a pod from its
// endpoints and sends SIGTERM concurrently, so new requests still arrive for a
// moment after the signal. Default 0; it must not be negative. Main's return or a
// forcing signal (a second interrupt) ends the delay early.
func WithDrainDelay(d time.Duration) Option {
	return func(c *config) {
		c.notNegative("WithDrainDelay", d)
		c.drainDelay = d
	}
}

// WithReturnGrace sets how long Run waits for main to return, counted from the
// cancellation of its context. After that, Run waits only for in-flight work, and
// hooks run even if main has not returned. A grace of more than half the drain
// timeout is reduced to half of it, so that time is left for the work. Default 5s;
// 0 means that main is not waited for; it must not be negative (DRAIN-4).
func WithReturnGrace(d time.Duration) Option {
	return func(c *config) {
		c.notNegative("WithReturnGrace", d)
		c.grace = d
	}
}

// WithContext sets the parent of main's context: main's context has its values,
// and when parent is cancelled or expires, a stop is requested (RUN-2). Main's
// context does not have parent's deadline. Default context.Background().
func WithContext(parent context.Context) Option {
	return func(c *config) {
		if parent == nil {
			c.reject("WithContext", "the context is nil")
			return
		}
		c.parent = parent
	}
}

// WithSignals sets the signals that request a stop. Default: SIGINT and SIGTERM.
// With no signal at all, the process's signals are left alone. A nil signal, or
// one that cannot be caught, is an error (RUN-8).
//
// In a testing/synctest bubble, use WithSignals() or [WithSignalSource]: a process
// must not make its first registration with os/signal inside a bubble.
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

// WithSignalSource makes every value received from source request a stop, instead
// of the process's own signals. It is for tests, and for service managers that do
// not send signals. A closed source is ignored from then on (SIG-2).
func WithSignalSource(source <-chan os.Signal) Option {
	return func(c *config) {
		if source == nil {
			c.reject("WithSignalSource", "the channel is nil")
		}
		c.source = source
	}
}

// WithManualStart keeps the state Starting until [MarkStarted] is called. It is
// for a service that is not ready when main begins (RUN-13).
func WithManualStart() Option {
	return func(c *config) { c.manualStart = true }
}

// WithLogger sets the logger for transitions (Info), timeouts (Warn) and errors
// that occurred too late to be in Run's result (Error). Default: slog.Default() at
// the time of each record. Records are written in order on a separate goroutine,
// so a slow handler delays nothing (STATE-4), and lines that your code logs itself
// may come before them: the time of each record is right. Durations are text in every
// format (LOG-1).
//
// The logger may call this package. To prevent endless recursion, calls made
// while a record is being written are logged once more, but not again from that
// record; and of the records of one call site beyond the first hundred, only the
// 128th, the 256th and so on are written.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.reject("WithLogger", "the logger is nil")
		}
		c.logger = logger
	}
}

// WithObserver makes Run call observe with every transition, once and in order,
// on a separate goroutine: an observer that is slow, panics or calls this package
// delays no transition and no deadline. Run waits at most 100 ms for observers to
// have seen Stopped (STATE-4). The option may be given more than once.
func WithObserver(observe func(fsm.Step)) Option {
	return func(c *config) {
		if observe == nil {
			c.reject("WithObserver", "the observer is nil")
			return
		}
		c.observers = append(c.observers, observe)
	}
}

// WithCleanError adds errors that count as a clean return from main, a task or
// [ServeFunc] once the service is stopping, besides context.Canceled,
// http.ErrServerClosed, net.ErrClosed and the context's cause (RUN-7). Typically
// these are what a library returns after it was asked to stop, such as a gRPC
// error with the code Canceled, or "signal: killed" from a child process.
//
// is is called with each leaf of an error tree: the innermost errors, not those
// that wrap or join them. It is called on the goroutine of what ended, and may be
// called concurrently; if it panics, the error is not clean. The option may be
// given more than once. Default: none; nil is an error (RUN-8).
func WithCleanError(is func(error) bool) Option {
	return func(c *config) {
		if is == nil {
			c.reject("WithCleanError", "the function is nil")
			return
		}
		c.cleanErrors = append(c.cleanErrors, is)
	}
}

// WithSignalError makes Run return an error if a signal requested the stop: the
// result then includes the [*SignalError], last and once, whatever main returns
// (RUN-14). It is for batch jobs and commands, for which an interruption is not
// success; [ExitCode] turns it into an exit code. Default: a stop requested by a
// signal is not an error.
func WithSignalError() Option {
	return func(c *config) { c.signalError = true }
}
