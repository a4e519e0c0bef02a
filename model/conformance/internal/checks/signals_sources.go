package checks

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ClosedSource checks SIG-2: a closed source delivers nothing more.
func ClosedSource(c *Checker) {
	c.bubble(func() {
		source := make(chan os.Signal)
		close(source)
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Second)
			return nil
		}, subject.Settings{Signals: source})
		c.expect(err == nil && about(time.Since(began), time.Second), "Run returns %v after %v, want nil after 1s", err, time.Since(began))
	})
}

// FilledSource checks SIG-1. It has the signal delivered before Run is called.
func FilledSource(c *Checker) {
	c.bubble(func() {
		source := make(chan os.Signal, 1)
		source <- process.Terminate
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}, subject.Settings{Signals: source})
		c.expect(err == nil && about(time.Since(began), 0), "Run returns %v after %v, want nil at once", err, time.Since(began))
	})
}

// command is a signal that is not of the system, as a service manager's.
type command string

// Signal makes it one.
func (command) Signal() {}

// String is its name.
func (c command) String() string { return string(c) }

// AnySignal checks SIG-2. It has a source deliver what Run does not ask the system for.
func AnySignal(c *Checker) {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGQUIT, command("stop")} {
		c.bubble(func() {
			source := make(chan os.Signal)
			began := time.Now()
			time.AfterFunc(time.Second, func() {
				select {
				case source <- sig:
				case <-time.After(time.Hour): // no goroutine takes it
				}
			})
			err := c.run(func(ctx context.Context) error {
				play.Wait(ctx.Done(), time.Hour)
				return nil
			}, subject.Settings{Signals: source})
			c.expect(err == nil && about(time.Since(began), time.Second), "with %v from a source, Run returns %v after %v, want nil after 1s",
				sig, err, time.Since(began))
		})
	}
}

// FirstOfSource checks RUN-2: of several signals in the source the first is the cause.
func FirstOfSource(c *Checker) {
	c.bubble(func() {
		source := make(chan os.Signal, 2)
		time.AfterFunc(time.Second, func() { source <- os.Interrupt; source <- process.Terminate })
		var cause error
		_ = c.run(func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Hour)
			cause = context.Cause(ctx)
			return nil
		}, subject.Settings{Signals: source})
		c.expect(cause != nil && c.Impl.Is(cause, model.CauseSIGINT), "SIGINT is sent, and SIGTERM at the same instant; the cause is %v, want the first", cause)
	})
}

// ForcedHooks checks SIG-2. It has a further interrupt end the hooks: as their timeout
// would.
func ForcedHooks(c *Checker) {
	c.bubble(func() {
		var places []callSite
		var cause error
		source, ended := make(chan os.Signal, 1), make(chan struct{})
		time.AfterFunc(2*time.Second, func() { source <- os.Interrupt })
		err := c.run(func(ctx context.Context) error {
			places = append(places, here(1))
			c.Impl.OnShutdown(ctx, func() error { return nil })
			places = append(places, here(1))
			c.Impl.OnShutdownContext(ctx, func(own context.Context) error {
				defer close(ended)
				play.Wait(own.Done(), time.Hour)
				cause = context.Cause(own)
				return nil
			}, 0)
			return nil
		}, subject.Settings{Signals: source, Shutdown: 3 * time.Hour})
		play.Wait(ended, 2*time.Hour)
		c.expect(cause != nil && c.Impl.Is(cause, model.Forced) && !c.Impl.Is(cause, model.ShutdownTimeout), "an interrupt ends the hooks, and the cause of the running hook's context is %v, want a forced end", cause)
		for i, place := range places {
			if i == 1 {
				place = anywhere // an adapter may have called what registers it
			}
			c.expect(err != nil && place.isIn(err.Error()), "an interrupt ends the hooks, and Run returns %v, want an error that names %s", err, place)
		}
	})
}
