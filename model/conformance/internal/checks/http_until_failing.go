package checks

import (
	"context"
	"errors"
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

// failingListener fails when its channel is closed.
type failingListener struct {
	net.Listener
	fails chan struct{}
}

var errListener = errors.New("error of the listener")

// Accept fails once fails is closed.
func (l *failingListener) Accept() (net.Conn, error) {
	type accepted struct {
		conn net.Conn
		err  error
	}
	one := make(chan accepted, 1)
	go func() { conn, err := l.Listener.Accept(); one <- accepted{conn, err} }()
	select {
	case a := <-one:
		return a.conn, a.err
	case <-l.fails:
		return nil, errListener
	}
}

// starts are the settings with which a run is up at once, and those with which main says
// when, if that can be had.
func (c *Checker) starts() map[string]subject.Settings {
	all := map[string]subject.Settings{"running": {}}
	if c.offered[subject.NeedManualStart] {
		all["starting"] = subject.Settings{ManualStart: true}
	}
	return all
}

// UntilFails checks HTTP-7. It has the server fail before the stop. Another is stopped by
// that, and its listener takes a moment to end.
func UntilFails(c *Checker) {
	for state, s := range c.starts() {
		c.bubble(func() {
			ln, other := &failingListener{newPipes(), make(chan struct{})}, newPipes()
			began, serving := time.Now(), atomic.Int64{}
			err := c.run(func(ctx context.Context) error {
				go func() { _ = c.Impl.ServeUntilStopped(ctx, &http.Server{}, ln) }()
				serving.Add(1)
				go func() {
					_ = c.Impl.ServeUntilStopped(ctx, &http.Server{}, slowlyClosed{other, 5 * time.Millisecond})
					serving.Add(-1)
				}()
				time.AfterFunc(time.Second, func() { close(ln.fails) })
				play.Wait(ctx.Done(), time.Minute)
				return nil
			}, s)
			c.expect(errors.Is(err, errListener) && about(time.Since(began), time.Second), "a server with UntilStopped fails after 1s, while the run is %s: Run returns %s after %v, want the error of its listener after 1s",
				state, quote(err), time.Since(began))
			synctest.Wait() // what has returned by now is noted
			c.expect(other.closedAt() == model.Never || serving.Load() == 0, "of two servers with UntilStopped one fails, and the other, whose listener takes 5ms to end, has not returned when Run does")
			_, _ = ln.Close(), other.Close()
			time.Sleep(time.Second)
		})
	}
}

// UntilReturnIsAwaited checks HTTP-7. It has the listener take a moment to end: Run waits
// for the return.
func UntilReturnIsAwaited(c *Checker) {
	for _, closing := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		serve, of := c.until(0, nil)
		slow := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			return serve(ctx, srv, slowlyClosed{ln, closing})
		}
		c.serving(slow, subject.Settings{}, lasting, func(v *service) {
			of.Store(v)
			v.end()
			play.Wait(v.over, time.Minute)
			time.Sleep(time.Second)
			c.expect(v.at(untilEnded) <= v.at(returned), "the listener of a server with UntilStopped takes %v to end: Run returns at %s, the server %s", closing, scenarios.Show(v.at(returned)), scenarios.Show(v.at(untilEnded)))
		})
	}
}

// slowlyClosed is a listener that takes a while to end once it is closed.
type slowlyClosed struct {
	net.Listener
	takes time.Duration
}

// Accept fails later.
func (l slowlyClosed) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		time.Sleep(l.takes)
	}
	return conn, err
}

// UntilClosedBefore checks HTTP-7. It has the server be closed before it is served, so
// that it cannot be: that requests a stop too.
func UntilClosedBefore(c *Checker) {
	for state, s := range c.starts() {
		c.bubble(func() {
			ln, ended := newPipes(), make(chan struct{})
			defer ln.cut()
			_ = c.run(func(ctx context.Context) error {
				srv, began := &http.Server{}, time.Now()
				_ = srv.Close()
				go func() {
					defer close(ended)
					_ = c.Impl.ServeUntilStopped(ctx, srv, ln)
				}()
				play.Wait(ctx.Done(), time.Minute)
				c.expect(time.Since(began) < time.Second, "ServeUntilStopped with a server that was closed before, while the run is %s: the stop is requested after %v, want at once", state, time.Since(began))
				return nil
			}, s)
			play.Wait(ended, time.Minute)
		})
	}
}
