package conformance

import (
	"context"
	"os"
	"syscall"
	"time"
)

func checkClosedSource(c *checker) {
	c.bubble(func() {
		source := make(chan os.Signal)
		close(source)
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			wait(ctx.Done(), time.Second)
			return nil
		}, Settings{Signals: source})
		c.expect(err == nil && about(time.Since(began), time.Second), "Run returns %v after %v, want nil after 1s", err, time.Since(began))
	})
}

// checkFilledSource has the signal delivered before Run is called.
func checkFilledSource(c *checker) {
	c.bubble(func() {
		source := make(chan os.Signal, 1)
		source <- terminate
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			wait(ctx.Done(), time.Hour)
			return nil
		}, Settings{Signals: source})
		c.expect(err == nil && about(time.Since(began), 0), "Run returns %v after %v, want nil at once", err, time.Since(began))
	})
}

// checkAnySignal has a source deliver what Run does not ask the system for.
func checkAnySignal(c *checker) {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGQUIT} {
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
				wait(ctx.Done(), time.Hour)
				return nil
			}, Settings{Signals: source})
			c.expect(err == nil && about(time.Since(began), time.Second), "with %v from a source, Run returns %v after %v, want nil after 1s",
				sig, err, time.Since(began))
		})
	}
}
