package checks

import (
	"context"
	"net/http"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// UntilInGo checks HTTP-7. It begins the server inside a task, where it would hold
// Draining: it is refused, or there is a warning, other than that of a task that does not
// end.
func UntilInGo(c *Checker) {
	usual, _ := c.untilInGo(false, func(ctx context.Context, _ func() error) error {
		play.Wait(ctx.Done(), time.Hour)
		time.Sleep(time.Hour)
		return nil
	})
	for _, ownGoroutine := range []bool{false, true} {
		log, err := c.untilInGo(ownGoroutine, func(_ context.Context, serve func() error) error { return serve() })
		warned := false
		for text := range log.texts() {
			warned = warned || !usual.texts()[text]
		}
		c.expect(err != nil || warned, "a server with UntilStopped is begun inside a task, on a goroutine of its own: %t; it is not refused, and there is no warning; the log:\n%s", ownGoroutine, &log.book)
	}
}

// untilInGo has a task wait for such a server, which begins on the task's goroutine or,
// where ownGoroutine is true, on another. It returns the log, and what the server returned.
func (c *Checker) untilInGo(ownGoroutine bool, task func(ctx context.Context, serve func() error) error) (log *warnings, err error) {
	log = &warnings{}
	c.bubble(func() {
		log.began = time.Now()
		refused := make(chan error, 2)
		ln := newPipes()
		_ = c.run(func(ctx context.Context) error {
			c.Impl.Go(ctx, func(ctx context.Context) error {
				serve := func() error { return c.Impl.ServeUntilStopped(ctx, &http.Server{}, ln) }
				if ownGoroutine {
					begun, inner := make(chan error, 1), serve
					go func() { begun <- inner() }()
					serve = func() error { return <-begun }
				}
				refused <- task(ctx, serve)
				return nil
			})
			time.Sleep(time.Second)
			c.Impl.Stop(ctx, nil)
			return nil
		}, subject.Settings{Log: func(level, line string) {
			if warns(level) {
				level = "WARN"
			}
			log.log(level, line)
		}})
		synctest.Wait()
		ln.cut()
		select {
		case err = <-refused:
		case <-time.After(2 * time.Hour):
		}
	})
	return log, err
}
