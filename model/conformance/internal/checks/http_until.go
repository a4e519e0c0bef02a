package checks

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// What is noted of a run that calls ServeUntilStopped.
const (
	untilEnded = "until ended" // ServeUntilStopped has returned
	begun      = "begun"       // the first hook to run begins; hooked is the last
)

// until returns a main that calls ServeUntilStopped on another goroutine and waits for
// its context. Before that, main calls first and registers a hook that takes the given
// duration. What happens is noted in the service that v holds, once it is stored there.
func (c *Checker) until(hook time.Duration, first func(ctx context.Context)) (serve ServeFunc, v *atomic.Pointer[service]) {
	v = new(atomic.Pointer[service])
	return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		if first != nil {
			first(ctx)
		}
		c.hook(ctx, func() {
			if v := v.Load(); v != nil {
				v.note(begun)
			}
			time.Sleep(hook)
		})
		go func() {
			err := c.Impl.ServeUntilStopped(ctx, srv, ln)
			if v := v.Load(); v != nil {
				c.expect(err == nil, "a server with UntilStopped returns %v, want nil", err)
				v.note(untilEnded)
			}
		}()
		<-ctx.Done()
		return nil
	}, v
}

// servingUntil has a service live whose server serves until the run is stopped.
func (c *Checker) servingUntil(s subject.Settings, hook time.Duration, handle handleFunc, first func(ctx context.Context), f func(v *service)) {
	serve, of := c.until(hook, first)
	c.serving(serve, s, handle, func(v *service) {
		of.Store(v)
		f(v)
	})
}

// UntilAnswersThroughout checks HTTP-7. It asks in every phase of a stop that takes long.
func UntilAnswersThroughout(c *Checker) {
	first := func(ctx context.Context) {
		done, _ := c.Impl.Track(ctx)
		context.AfterFunc(ctx, func() { time.AfterFunc(2*time.Second, done) })
	}
	c.servingUntil(subject.Settings{Delay: 2 * time.Second}, 2*time.Second, lasting, first, func(v *service) {
		kept := v.dial()
		if kept == nil {
			return
		}
		time.Sleep(time.Second)
		v.stop()
		// The delay is over after 2s, draining after 4s, hooks after 6s.
		time.Sleep(time.Second)
		for _, phase := range []string{"in the drain delay", "while draining", "while hooks run"} {
			if v.at(returned) <= v.now() {
				break // another clause says that there is a delay
			}
			w := v.dial()
			if w == nil {
				return
			}
			fresh, old := w.get(v, "0s"), kept.get(v, "0s")
			c.expect(fresh.ok() && old.ok(), "%s a server with UntilStopped answers %v over a new connection, and %v over an old one", phase, fresh, old)
			c.expect(!fresh.closes && !old.closes, "%s a server with UntilStopped says Connection: close", phase)
			time.Sleep(2 * time.Second)
		}
		v.end()
		c.expect(v.outcome() == nil, "Run returns %v, want nil", v.outcome())
		c.expect(v.ln.closedAt() >= v.at(hooked) && v.ln.closedAt() <= v.at(returned), "a server with UntilStopped closes its listener at %s, want between the last hook at %s and Run's return at %s",
			scenarios.Show(v.ln.closedAt()), scenarios.Show(v.at(hooked)), scenarios.Show(v.at(returned)))
		c.expect(v.at(untilEnded) <= v.at(returned)+100*time.Millisecond, "ServeUntilStopped returns at %s, more than 100 ms after Run (%s)", scenarios.Show(v.at(untilEnded)), scenarios.Show(v.at(returned)))
	})
}

// UntilIsNoWork checks HTTP-7. It has a request be under way that would hold Draining,
// were it counted. It is cut when the last hook has run, and its context lives until then.
func UntilIsNoWork(c *Checker) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		c.expect(req.Context().Value(valueKey{}) == "of the context", "the context of a request to a server with UntilStopped has the value %v, want that of the context given", req.Context().Value(valueKey{}))
		play.Wait(req.Context().Done(), play.Patience)
		v.note("context ended")
	}
	c.servingUntil(subject.Settings{}, 3*time.Second, handle, nil, func(v *service) {
		cut := v.begin("")
		time.Sleep(time.Second)
		v.end()
		cancel := v.at(cancelled)
		c.expect(promptly(v.at(begun), cancel), "a request to a server with UntilStopped is under way: hooks begin at %s, want %s", scenarios.Show(v.at(begun)), scenarios.Show(cancel))
		last := v.at(hooked)
		c.expect(v.at("context ended") >= last && v.at("context ended") <= last+100*time.Millisecond+prompt, "the context of a request to a server with UntilStopped ends at %s, want at %s, after the last hook", scenarios.Show(v.at("context ended")), scenarios.Show(last))
		c.expect(v.at(returned) >= last && v.at(returned) <= last+100*time.Millisecond+prompt, "Run returns at %s, want at %s, after the last hook", scenarios.Show(v.at(returned)), scenarios.Show(last))
		e := <-cut
		c.expect(e.at <= last+100*time.Millisecond+prompt, "a request to a server with UntilStopped is answered or cut at %s, want at %s, after the last hook: %v", scenarios.Show(e.at), scenarios.Show(last), e)
		c.expect(v.outcome() == nil, "Run returns %v, want nil", v.outcome())
	})
}

// UntilWhenHooksEndOtherwise checks HTTP-7. It has main, or a hook, not return before the
// shutdown timeout.
func UntilWhenHooksEndOtherwise(c *Checker) {
	limit := subject.Settings{Drain: 2 * time.Second, Shutdown: 5 * time.Second}
	stays := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		go func() { _ = c.Impl.ServeUntilStopped(ctx, srv, ln) }()
		time.Sleep(time.Minute)
		return nil
	}
	c.serving(stays, limit, lasting, func(v *service) {
		v.begin("0s")
		v.end()
		c.expect(promptly(v.ln.closedAt(), v.at(hooked)), "main has not returned, and all hooks have run at %s: a server with UntilStopped closes its listener at %s, want then",
			scenarios.Show(v.at(hooked)), scenarios.Show(v.ln.closedAt()))
	})
	c.servingUntil(limit, time.Hour, lasting, nil, func(v *service) {
		v.begin("0s")
		v.end()
		end := v.at(begun) + 5*time.Second
		c.expect(v.at(returned) >= end && v.at(returned) <= end+100*time.Millisecond+prompt, "a hook hangs until the shutdown timeout at %s: Run returns at %s, want then", scenarios.Show(end), scenarios.Show(v.at(returned)))
		c.expect(v.ln.closedAt() >= end && v.ln.closedAt() <= v.at(returned)+prompt, "a hook hangs until the shutdown timeout at %s: a server with UntilStopped closes its listener at %s",
			scenarios.Show(end), scenarios.Show(v.ln.closedAt()))
	})
}

// UntilWhenItIsOver checks HTTP-7. It calls ServeUntilStopped when the run is over.
func UntilWhenItIsOver(c *Checker) {
	c.bubble(func() {
		var run context.Context
		_ = c.run(func(ctx context.Context) error { run = ctx; return nil }, subject.Settings{})
		ln := newPipes()
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			_ = c.Impl.ServeUntilStopped(run, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up") })}, ln)
		}()
		play.Wait(returned, time.Minute)
		c.expect(ln.closedAt() != model.Never, "ServeUntilStopped is called when the run is over, and its listener stays open")
		ln.cut()
	})
}

// UntilCutsHijacked checks HTTP-7. It has a handler that has hijacked its connection read
// from it for good.
func UntilCutsHijacked(c *Checker) {
	reads := hijacks(func(v *service, conn net.Conn, _ *http.Request) {
		_, _ = io.ReadAll(conn)
		v.note("cut")
	})
	c.servingUntil(subject.Settings{}, time.Second, reads, nil, func(v *service) {
		if v.hijacked() == nil {
			return
		}
		v.end()
		last := v.at(hooked)
		c.expect(v.at("cut") >= last && v.at("cut") <= last+time.Second+100*time.Millisecond+prompt, "the last hook ends at %s, and a hijacked connection of a server with UntilStopped is cut at %s, want then", scenarios.Show(last+time.Second), scenarios.Show(v.at("cut")))
	})
}

// UntilSeveral checks HTTP-7: several servers with UntilStopped in one run.
func UntilSeveral(c *Checker) {
	c.bubble(func() {
		const servers = 3
		var all [servers]*pipes
		takes := [servers]time.Duration{0, 4 * time.Millisecond, 0} // the slow one is not the first, in either order
		var serving atomic.Int64
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up") })
		parent, stop := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, stop)
		err := c.run(func(ctx context.Context) error {
			for i := range all {
				all[i] = newPipes()
				serving.Add(1)
				go func() {
					_ = c.Impl.ServeUntilStopped(ctx, &http.Server{Handler: handler}, slowlyClosed{all[i], takes[i]})
					serving.Add(-1)
				}()
			}
			c.hook(ctx, func() {
				time.Sleep(time.Second)
				for i, ln := range all {
					c.expect(ln.closedAt() == model.Never, "while hooks run, server %d of %d with UntilStopped closes its listener", i+1, servers)
				}
			})
			play.Wait(ctx.Done(), time.Minute)
			return nil
		}, subject.Settings{Parent: parent})
		synctest.Wait() // what returns at this very instant has returned
		left := serving.Load()
		c.expect(err == nil, "Run returns %v, want nil", err)
		c.expect(left == 0, "Run returns, and of %d servers with UntilStopped, whose listeners take up to 4ms to end, %d have not returned", servers, left)
		for i, ln := range all {
			c.expect(ln.closedAt() != model.Never, "after Run, server %d of %d with UntilStopped still serves", i+1, servers)
			ln.cut()
		}
	})
}

// UntilAfterDrainTimeout checks HTTP-7: a request that begins while hooks run has a live
// context, though draining has timed out.
func UntilAfterDrainTimeout(c *Checker) {
	first := func(ctx context.Context) { // holds draining beyond its timeout
		done, _ := c.Impl.Track(ctx)
		context.AfterFunc(ctx, func() { time.AfterFunc(4*time.Second, done) })
	}
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		if play.Wait(req.Context().Done(), time.Second); req.Context().Err() != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	c.servingUntil(subject.Settings{Drain: time.Second}, 4*time.Second, handle, first, func(v *service) {
		time.Sleep(2 * time.Second) // it serves by now
		v.stop()
		time.Sleep(2 * time.Second)
		if w := v.dial(); w != nil {
			e := w.get(v, "")
			c.expect(e.ok(), "draining has timed out, and hooks run: a new request to a server with UntilStopped gets %v, want 200, and a context that is live", e)
		}
		v.end()
	})
}

// UntilBegunWhileDraining checks HTTP-7: a server with UntilStopped is begun after the stop,
// and answers while hooks run.
func UntilBegunWhileDraining(c *Checker) {
	c.bubble(func() {
		ln := newPipes()
		defer ln.cut()
		parent, stop := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, stop)
		up := make(chan struct{})
		srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), BaseContext: func(net.Listener) context.Context { close(up); return parent }}
		err := c.run(func(ctx context.Context) error {
			c.hook(ctx, func() {
				conn, err := ln.dial(context.Background(), "", "")
				if err != nil {
					c.Errorf("a server with UntilStopped is begun while draining, and in a hook a connection fails: %v", err)
					return
				}
				_ = conn.SetDeadline(time.Now().Add(time.Second))
				_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
				c.expect(err == nil && answer.StatusCode == http.StatusOK, "a server with UntilStopped is begun while draining, and in a hook it answers %v, %v, want 200", answer, err)
			})
			play.Wait(ctx.Done(), time.Hour)
			go func() { _ = c.Impl.ServeUntilStopped(ctx, srv, ln) }()
			play.Wait(up, time.Second)
			return nil
		}, subject.Settings{Parent: parent})
		c.expect(err == nil, "Run returns %v, want nil", err)
	})
}
