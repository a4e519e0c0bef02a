package checks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// otherServer is a server of another library: it serves until it is shut down,
// and has its last answer so long after that.
type otherServer struct {
	takes    time.Duration // from shutdown until serve returns; Never: it does not
	ends     error         // what serve returns
	shutdown error         // what shutdown returns
	heeds    bool          // shutdown returns when its context ends
	detached bool          // the context that ServeFunc is given does not end with main's

	stopping, closed chan struct{}
	once             *sync.Once
}

func (f *otherServer) serve() error {
	<-f.stopping
	if f.takes == model.Never {
		<-f.closed
		return f.ends
	}
	play.Wait(f.closed, f.takes)
	return f.ends
}

// eventTimes is what happened to a server of another library, with its instants.
type eventTimes struct {
	mu    sync.Mutex
	began time.Time
	notes map[string][]time.Duration
}

func (e *eventTimes) note(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.notes[what] = append(e.notes[what], time.Since(e.began))
}

// at is when something happened first.
func (e *eventTimes) at(what string) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if all := e.notes[what]; len(all) > 0 {
		return all[0]
	}
	return model.Never
}

func (e *eventTimes) count(what string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.notes[what])
}

// serveFunc has a run whose main calls ServeFunc be stopped after a second, and
// returns what happened, what ServeFunc returned, and what Run did.
func (c *Checker) serveFunc(s subject.Settings, server otherServer, withClose bool, passOn bool) (all *eventTimes, served, result error) {
	c.bubble(func() {
		all = &eventTimes{began: time.Now(), notes: map[string][]time.Duration{}}
		server.stopping, server.closed, server.once = make(chan struct{}), make(chan struct{}), new(sync.Once)
		shutdown := func(ctx context.Context) error {
			all.note("shutdown")
			if ctx.Err() != nil {
				c.Errorf("shutdown is called with a context that is over: %v", ctx.Err())
			}
			context.AfterFunc(ctx, func() { all.note("shutdown's context") })
			server.once.Do(func() { close(server.stopping) })
			if server.heeds {
				play.Wait(ctx.Done(), time.Hour)
				if server.shutdown == nil {
					return ctx.Err()
				}
			}
			return server.shutdown
		}
		var closeNow func() error
		if withClose {
			closeNow = func() error {
				all.note("closeNow")
				close(server.closed)
				return nil
			}
		}
		parent, stop := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, stop)
		s.Parent = parent
		release := func() {} // lets go of what waits for the end of a context
		result = c.run(func(ctx context.Context) error {
			c.hook(ctx, func() {
				all.note("hook")
				time.Sleep(time.Millisecond) // so that what fails as Draining ends fails before Stopped
			})
			context.AfterFunc(ctx, func() { all.note("cancel") })
			if server.detached {
				ctx, release = context.WithCancel(context.WithoutCancel(ctx))
			}
			served = c.Impl.ServeFunc(ctx, server.serve, shutdown, closeNow)
			all.note("served")
			if passOn {
				return served
			}
			return nil
		}, s)
		stop()
		release()
		synctest.Wait()
		server.once.Do(func() { close(server.stopping) })
		if all.count("closeNow") == 0 {
			close(server.closed)
		}
		time.Sleep(3 * time.Hour)
	})
	return all, served, result
}

// called says how often a function is called, and when first.
func called(name string, times int, first time.Duration) string {
	if times == 0 {
		return name + " is not called"
	}
	return fmt.Sprintf("%s is called %d times, first at %s", name, times, scenarios.Show(first))
}

// ServeFuncStops checks HTTP-8: servers that take their time, more of it than main's
// grace, with and without a closeNow, and with a context that ends with main's or does
// not.
func ServeFuncStops(c *Checker) {
	for _, withClose := range []bool{false, true} {
		for _, takes := range []time.Duration{0, 1500 * time.Millisecond, 9 * time.Second} {
			server := otherServer{takes: takes, ends: http.ErrServerClosed, detached: withClose && takes > 0}
			if takes == 1500*time.Millisecond {
				server.ends = errors.Join(fmt.Errorf("stopped: %w", http.ErrServerClosed), net.ErrClosed)
			}
			all, served, result := c.serveFunc(subject.Settings{Delay: 2 * time.Second}, server, withClose, true)
			cancel := all.at("cancel")
			c.expect(promptly(all.at("shutdown"), cancel) && all.count("shutdown") == 1, "%s, want once, at the cancel at %s",
				called("shutdown", all.count("shutdown"), all.at("shutdown")), scenarios.Show(cancel))
			c.expect(promptly(all.at("served"), cancel+takes) && promptly(all.at("hook"), cancel+takes), "serve returns %v after the cancel: ServeFunc returns at %s, and hooks begin at %s, want both at %s",
				takes, scenarios.Show(all.at("served")), scenarios.Show(all.at("hook")), scenarios.Show(cancel+takes))
			c.expect(served == nil && result == nil, "serve returns %q after the cancel: ServeFunc returns %v, and Run %v, want nil from both", server.ends, served, result)
			c.expect(all.count("closeNow") == 0, "closeNow is called though serve has returned in time")
		}
	}
}

// ServeFuncIsCut checks HTTP-8: a server that does not stop by shutdown.
func ServeFuncIsCut(c *Checker) {
	for _, heeds := range []bool{false, true} {
		all, served, result := c.serveFunc(subject.Settings{Drain: 4 * time.Second}, otherServer{takes: model.Never, heeds: heeds}, true, true)
		ended := all.at("shutdown's context")
		c.expect(ended <= all.at("closeNow") && all.count("closeNow") == 1 && all.at("closeNow") <= all.at("hook"), "a server does not stop: the context of shutdown ends at %s, %s, want once, before the hook at %s",
			scenarios.Show(ended), called("closeNow", all.count("closeNow"), all.at("closeNow")), scenarios.Show(all.at("hook")))
		c.expect(all.at("served") <= all.at("hook"), "a server stops by closeNow: ServeFunc returns at %s, and hooks begin at %s", scenarios.Show(all.at("served")), scenarios.Show(all.at("hook")))
		c.expect(served == nil, "a server stops by closeNow, and ServeFunc returns %v, want nil", served)
		c.expect(result != nil, "closeNow ends a server, and Run returns nil, want an error")
	}
	mine, ofShutdown := errors.New("error of serve"), errors.New("error of shutdown")
	_, served, result := c.serveFunc(subject.Settings{Drain: 4 * time.Second}, otherServer{takes: model.Never, ends: mine}, true, true)
	c.expect(errors.Is(served, mine) && occurrences(result, mine) == 1, "serve fails when closeNow is called: ServeFunc returns %s, want the error of serve, and Run returns it %d times, want once: %v", quote(served), occurrences(result, mine), result)
	_, _, result = c.serveFunc(subject.Settings{Drain: 4 * time.Second}, otherServer{takes: model.Never, heeds: true, shutdown: ofShutdown}, true, true)
	c.expect(occurrences(result, ofShutdown) == 1, "shutdown fails when its context ends, and Run returns its error %d times, want once: %v", occurrences(result, ofShutdown), result)
	// Without closeNow there is nothing that ends it.
	all, _, result := c.serveFunc(subject.Settings{Drain: 4 * time.Second}, otherServer{takes: model.Never}, false, true)
	ended := all.at("shutdown's context")
	c.expect(all.at("hook") >= ended && all.at("hook") <= ended+200*time.Millisecond+prompt, "a server does not stop, and there is no closeNow: the context of shutdown ends at %s, and hooks begin at %s", scenarios.Show(ended), scenarios.Show(all.at("hook")))
	c.expect(result != nil, "a server does not stop, and Run returns nil, want an error")
}

// ServeFuncInDelay checks HTTP-8: ServeFunc is called in the drain delay, while main's
// context is live.
func ServeFuncInDelay(c *Checker) {
	c.bubble(func() {
		parent, stop := context.WithCancel(context.Background())
		defer stop()
		began, serves, end := time.Now(), 0, make(chan struct{})
		var shut, served time.Duration
		result := c.run(func(ctx context.Context) error {
			stop()
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				close(end)
				return nil // DRAIN-7 says that it is live
			}
			cancelled := make(chan time.Duration, 1) // as DRAIN-7 says
			context.AfterFunc(ctx, func() { cancelled <- time.Since(began) })
			err := c.Impl.ServeFunc(ctx, func() error { serves++; <-end; return nil },
				func(context.Context) error { shut = time.Since(began); close(end); return nil }, nil)
			served = time.Since(began)
			if play.Wait(ctx.Done(), time.Minute); ctx.Err() == nil {
				return nil // RUN-2 says that it ends
			}
			at := <-cancelled
			c.expect(err == nil && serves == 1 && promptly(shut, at) && promptly(served, at),
				"the stop is at 0s, ServeFunc is called at 1s, and the drain delay ends at %v: serve is called %d times, want once, shutdown at %v, want then, and ServeFunc returns %v at %v, want nil then", at, serves, shut, err, served)
			return err
		}, subject.Settings{Parent: parent, Delay: 3 * time.Second})
		c.expect(result == nil, "ServeFunc is called in the drain delay, and Run returns %v, want nil", result)
	})
}

// ServeFuncShutdownHangs checks HTTP-8. It has serve return at shutdown, and shutdown wait
// for what closeNow ends. What closeNow returns is not lost.
func ServeFuncShutdownHangs(c *Checker) {
	for _, mine := range []error{nil, errors.New("error of closeNow")} {
		c.bubble(func() {
			stopping, cut := make(chan struct{}), make(chan struct{})
			all := &eventTimes{began: time.Now(), notes: map[string][]time.Duration{}}
			result := c.run(func(ctx context.Context) error {
				c.hook(ctx, func() { all.note("hook"); time.Sleep(time.Millisecond) })
				go func() {
					_ = c.Impl.ServeFunc(ctx, func() error { <-stopping; return nil },
						func(context.Context) error { close(stopping); play.Wait(cut, time.Hour); return nil },
						func() error { all.note("closeNow"); close(cut); return mine })
					all.note("served")
				}()
				time.Sleep(time.Second)
				return nil
			}, subject.Settings{Drain: 2 * time.Second})
			time.Sleep(2 * time.Hour)
			calls, hook := all.count("closeNow"), all.at("hook")
			c.expect(calls == 1 && all.at("closeNow") <= hook && all.at("served") <= hook, "serve has returned, and shutdown hangs when draining ends: %s, want once, ServeFunc returns at %s, and hooks begin at %s", called("closeNow", calls, all.at("closeNow")), scenarios.Show(all.at("served")), scenarios.Show(hook))
			c.expect(result != nil && (mine == nil || occurrences(result, mine) == 1), "closeNow, which ends shutdown, returns %s: Run returns %s, want an error that has it", quote(mine), quote(result))
		})
	}
}

// ServeFuncSameErrors checks HTTP-8: shutdown and closeNow return the same error, which
// is in the result once for each.
func ServeFuncSameErrors(c *Checker) {
	c.bubble(func() {
		cut, mine := make(chan struct{}), errors.New("same error each time")
		calls := 0
		result := c.run(func(ctx context.Context) error {
			c.hook(ctx, func() { time.Sleep(time.Second) }) // so that what fails as Draining ends fails before Stopped
			go func() {
				_ = c.Impl.ServeFunc(ctx, func() error { play.Wait(cut, time.Hour); return nil },
					func(context.Context) error { return mine },
					func() error { calls++; close(cut); return mine })
			}()
			time.Sleep(time.Second)
			return nil
		}, subject.Settings{Drain: 2 * time.Second})
		time.Sleep(2 * time.Hour)
		c.expect(calls != 1 || occurrences(result, mine) == 2, "shutdown and closeNow return the same error, and Run's result has it %d times, want once for each: %v", occurrences(result, mine), result)
	})
}

// ServeFuncSeveral checks HTTP-8: several servers in one run.
func ServeFuncSeveral(c *Checker) {
	c.bubble(func() {
		const servers = 7
		var mu sync.Mutex
		var ended []time.Duration
		var hook time.Duration
		began := time.Now()
		var up sync.WaitGroup
		up.Add(servers)
		err := c.run(func(ctx context.Context) error {
			c.hook(ctx, func() { hook = time.Since(began) })
			var all sync.WaitGroup
			for i := range servers {
				all.Go(func() {
					over := make(chan struct{})
					err := c.Impl.ServeFunc(ctx, func() error { up.Done(); <-over; time.Sleep(time.Duration(i) * time.Second); return nil },
						func(context.Context) error { close(over); return nil }, nil)
					c.expect(err == nil, "ServeFunc returns %v, want nil", err)
					mu.Lock()
					defer mu.Unlock()
					ended = append(ended, time.Since(began))
				})
			}
			up.Wait()
			return nil // which is the stop
		}, subject.Settings{})
		synctest.Wait()
		c.expect(err == nil, "Run returns %v, want nil", err)
		mu.Lock()
		defer mu.Unlock()
		c.expect(len(ended) == servers && slices.Max(ended) <= hook, "%d of %d servers have ended, at %v, and hooks begin at %v, want after all", len(ended), servers, ended, hook)
	})
}

// ServeFuncErrorsAreJoinedOnce checks HTTP-8: main returns the errors of several servers,
// joined.
func ServeFuncErrorsAreJoinedOnce(c *Checker) {
	c.bubble(func() {
		fails := []error{errors.New("error of the first server"), errors.New("error of the second server"), errors.New("error of the third server")}
		err := c.run(func(ctx context.Context) error {
			returned := make([]error, len(fails))
			var all, up sync.WaitGroup
			up.Add(len(fails))
			for i, fail := range fails {
				all.Go(func() {
					returned[i] = c.Impl.ServeFunc(ctx, func() error { up.Done(); up.Wait(); return fail }, func(context.Context) error { return nil }, nil)
				})
			}
			all.Wait()
			return errors.Join(returned...)
		}, subject.Settings{})
		for _, fail := range fails {
			n := occurrences(err, fail)
			c.expect(n == 1, "%d servers fail, main returns their errors joined, and Run's result has %q %d times, want once: %v", len(fails), fail, n, err)
		}
	})
}

// ServeFuncShutdownFails checks HTTP-8: shutdown fails at once, and serve ends by itself a
// while later. Draining has not ended, and closeNow is not called.
func ServeFuncShutdownFails(c *Checker) {
	c.bubble(func() {
		mine := errors.New("error of shutdown")
		var closes atomic.Int64
		var hook, ended time.Time
		over := make(chan struct{})
		err := c.run(func(ctx context.Context) error {
			c.hook(ctx, func() { hook = time.Now() })
			go func() {
				_ = c.Impl.ServeFunc(ctx, func() error { <-over; time.Sleep(time.Second); ended = time.Now(); return nil },
					func(context.Context) error { close(over); return mine },
					func() error { closes.Add(1); return nil })
			}()
			time.Sleep(time.Second)
			return nil
		}, subject.Settings{Drain: 10 * time.Second})
		c.expect(closes.Load() == 0 && !hook.Before(ended), "shutdown fails at once, and serve ends a second later, long before the drain timeout: closeNow is called %d times, want never, and hooks begin %v after serve has returned, want then", closes.Load(), hook.Sub(ended))
		c.expect(occurrences(err, mine) == 1, "shutdown fails, and Run returns its error %d times, want once: %v", occurrences(err, mine), err)
	})
}

// ServeFuncEndsInDelay checks HTTP-8: serve ends by itself, there is a drain delay, and
// shutdown is not called before main's context is cancelled, if it is then.
func ServeFuncEndsInDelay(c *Checker) {
	c.bubble(func() {
		var early atomic.Bool
		_ = c.run(func(ctx context.Context) error {
			_ = c.Impl.ServeFunc(ctx, func() error { time.Sleep(time.Second); return nil },
				func(context.Context) error { early.Store(ctx.Err() == nil); return nil }, nil)
			play.Wait(ctx.Done(), time.Hour)
			return nil
		}, subject.Settings{Delay: 10 * time.Second})
		c.expect(!early.Load(), "serve ends by itself, and shutdown is called in the drain delay that follows, while main's context is live")
	})
}
