package checks

import (
	"context"
	"os"
	"syscall"
	"time"

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

// FilledSource has the signal delivered before Run is called.
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

// AnySignal has a source deliver what Run does not ask the system for.
func AnySignal(c *Checker) {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGQUIT, command("stop")} {
		c.bubble(func() {
			source := make(chan os.Signal)
			began := time.Now()
			time.AfterFunc(time.Second, func() {
				select {
				case source <- sig:
				case <-time.After(time.Hour): // nobody takes it
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
