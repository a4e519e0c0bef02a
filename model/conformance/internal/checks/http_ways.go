package checks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ServedWhateverStops checks HTTP-1: Serve returns nil whatever has stopped the run.
func ServedWhateverStops(c *Checker) {
	for what, stops := range map[string]struct {
		needs subject.Need
		stop  func(ctx context.Context)
	}{
		"Stop(nil)":     {subject.NeedStop, func(ctx context.Context) { c.Impl.Stop(ctx, nil) }},
		"Stop":          {subject.NeedStop, func(ctx context.Context) { c.Impl.Stop(ctx, errStop) }},
		"a failed task": {subject.NeedGo, func(ctx context.Context) { c.Impl.Go(ctx, func(context.Context) error { return errStop }) }},
		"a task that fails with a deadline": {subject.NeedGo, func(ctx context.Context) {
			c.Impl.Go(ctx, func(context.Context) error { return fmt.Errorf("db: %w", context.DeadlineExceeded) })
		}},
	} {
		if c.offered[stops.needs] {
			c.servedNil(what, nil, stops.stop)
		}
	}
	c.servedNil("a parent that expires", func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, time.Second)
	}, nil)
}

// servedNil has something stop a run that serves after a second.
func (c *Checker) servedNil(what string, parent func(context.Context) (context.Context, context.CancelFunc), stop func(ctx context.Context)) {
	c.bubble(func() {
		ln, s := newPipes(), subject.Settings{}
		if parent != nil {
			above, cancel := parent(context.Background())
			defer cancel()
			s.Parent = above
		}
		srv := &http.Server{Handler: http.NotFoundHandler()}
		var served error
		_ = c.run(func(ctx context.Context) error {
			if stop != nil {
				time.AfterFunc(time.Second, func() { stop(ctx) })
			}
			served = c.Impl.Serve(ctx, srv, ln)
			return nil
		}, s)
		_ = srv.Close()
		ln.cut()
		time.Sleep(2 * play.Patience)
		c.expect(served == nil, "the run is stopped by %s, and Serve returns %v, want nil", what, served)
	})
}

// ManyListeners checks HTTP-2: a server on many listeners closes each at the cancel,
// beside a connection that may still send a request.
func ManyListeners(c *Checker) {
	for _, n := range []int{2, 7, 64} {
		var made atomic.Pointer[[]*pipes]
		serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			all, errs := []*pipes{}, make([]error, n-1)
			var serving sync.WaitGroup
			for i := range n - 1 {
				own := newPipes()
				all = append(all, own)
				serving.Go(func() { errs[i] = c.Impl.Serve(ctx, srv, own) })
			}
			made.Store(&all)
			err := c.Impl.Serve(ctx, srv, ln)
			serving.Wait()
			return errors.Join(append(errs, err)...)
		}
		c.serving(serve, subject.Settings{}, lasting, func(v *service) {
			all := append(*made.Load(), v.ln)
			client, leave := context.WithTimeout(context.Background(), time.Second)
			defer leave()
			if _, err := v.ln.dial(client, "", ""); err != nil {
				return // for HTTP-1 to say
			}
			time.Sleep(time.Millisecond) // it is accepted
			v.end()
			for _, ln := range all {
				if v.result() == nil && v.at(cancelled) < model.Never { // else HTTP-1 says so
					c.expect(promptly(ln.closedAt(), v.at(cancelled)), "one of %d listeners of a server closes at %s, want %s", n, scenarios.Show(ln.closedAt()), scenarios.Show(v.at(cancelled)))
				}
				ln.cut()
			}
		})
	}
}

// ServeFuncCloseNow checks HTTP-8: closeNow is waited for, and may be nil.
func ServeFuncCloseNow(c *Checker) {
	for _, takes := range []time.Duration{-1, 0, 30 * time.Millisecond} {
		c.bubble(func() {
			var closed, tooEarly atomic.Bool
			over := make(chan struct{})
			closeNow := func() error {
				time.Sleep(takes)
				closed.Store(true)
				return nil
			}
			if takes < 0 {
				closeNow = nil
			}
			result := c.run(func(ctx context.Context) error {
				c.hook(ctx, func() { tooEarly.Store(!closed.Load()) })
				go func() {
					_ = c.Impl.ServeFunc(ctx, func() error { <-over; return nil }, func(context.Context) error { return nil }, closeNow)
				}()
				time.Sleep(time.Second)
				return nil
			}, subject.Settings{Drain: 2 * time.Second, Shutdown: 10 * time.Second})
			c.expect(takes < 0 || closed.Load() && !tooEarly.Load(), "a server does not stop, and closeNow takes %v: the first hook begins before it has returned", takes)
			c.expect(!c.offered[subject.NeedIs] || !c.Impl.Is(result, model.Panic), "a server does not stop, closeNow is nil: %t, and Run returns a panic, want none: %v", closeNow == nil, result)
			close(over)
			time.Sleep(time.Second)
		})
	}
}

// ServeFuncShutdownOutlasts checks HTTP-8: serve returns as soon as shutdown is called,
// or earlier, as those of many servers do, and shutdown waits for what is under way.
func ServeFuncShutdownOutlasts(c *Checker) {
	for n, mine := range []error{errors.New("error of shutdown"), fmt.Errorf("error of shutdown: %w", context.DeadlineExceeded)} {
		early := n == 1
		c.bubble(func() {
			stopping := make(chan struct{})
			calls, ended, hooked := 0, time.Time{}, time.Time{}
			result := c.run(func(ctx context.Context) error {
				c.hook(ctx, func() { hooked = time.Now() })
				go func() {
					_ = c.Impl.ServeFunc(ctx, func() error {
						if early {
							time.Sleep(500 * time.Millisecond)
							return nil
						}
						<-stopping
						return http.ErrServerClosed
					}, func(context.Context) error {
						calls++
						close(stopping)
						time.Sleep(3 * time.Second)
						ended = time.Now()
						return mine
					}, nil)
				}()
				play.Wait(ctx.Done(), time.Second)
				return nil
			}, subject.Settings{})
			what := "serve returns when shutdown is called"
			if early {
				what = "serve returns before the stop"
			}
			if early && calls == 0 {
				return // there was nothing left to shut down
			}
			c.expect(calls == 1 && occurrences(result, mine) == 1, "%s, and shutdown fails 3s later: shutdown is called %d times, and Run returns its error %d times, want once: %v", what, calls, occurrences(result, mine), result)
			c.expect(!hooked.Before(ended) && !ended.IsZero(), "%s, and the first hook begins before shutdown has returned", what)
			if calls == 0 {
				close(stopping)
			}
			time.Sleep(10 * time.Second)
		})
	}
}
