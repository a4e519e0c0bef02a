package checks

import (
	"context"
	"os"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ManySIGTERMs checks SIG-2. It has a supervisor repeat itself hundreds of times after the
// stop, which forces nothing.
func ManySIGTERMs(c *Checker) {
	c.bubble(func() {
		const lasts = 100 * time.Second
		source := make(chan os.Signal, 1)
		began, hook := time.Now(), time.Duration(0)
		err := c.run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error {
				hook = time.Since(began)
				time.Sleep(lasts)
				return nil
			})
			c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(lasts) })
			source <- os.Interrupt // the stop
			go func() {
				for range 600 {
					select {
					case source <- process.Terminate:
					default:
					}
					time.Sleep(300 * time.Millisecond)
				}
			}()
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}, subject.Settings{Signals: source, Drain: 2 * lasts, Shutdown: 2 * lasts})
		took := time.Since(began)
		c.expect(err == nil && about(hook, lasts) && about(took, 2*lasts), "SIGTERM comes 600 times after the stop: the hook begins at %v, want %v, and Run returns %v after %v, want %v", hook, lasts, err, took, 2*lasts)
		time.Sleep(lasts)
	})
}
