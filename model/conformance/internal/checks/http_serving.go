package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ServedAtLastAnswer checks HTTP-1: Serve returns with the last answer, of a server
// with functions of its own too.
func ServedAtLastAnswer(c *Checker) {
	own := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { return ctx }
		srv.ConnState = func(net.Conn, http.ConnState) {}
		srv.BaseContext = func(net.Listener) context.Context { return context.Background() }
		return c.Impl.Serve(ctx, srv, ln)
	}
	// One of these finds an implementation that polls.
	for n, last := range []string{"0s", "1.7s", "3.321s", "4.05s"} {
		serve := c.Impl.Serve
		if n%2 == 0 {
			serve = own
		}
		c.serving(serve, subject.Settings{}, lasting, func(v *service) {
			v.get("0s") // leaves an idle connection
			first, second := v.begin("800ms"), v.begin(last)
			time.Sleep(500 * time.Millisecond)
			v.end()
			want := v.at(cancelled)
			for _, e := range []exchange{<-first, <-second} {
				c.expect(e.ok(), "a request that was under way at the stop: %v, want an answer", e)
				want = max(want, e.at)
			}
			c.expect(promptly(v.at(served), want), "Serve returns at %s, want %s", scenarios.Show(v.at(served)), scenarios.Show(want))
			c.expect(v.result() == nil, "Serve returns %v, want nil", v.result())
		})
	}
}

// ServedWithYoungConnection checks HTTP-1: a connection that has had its answer is not
// waited for, however young it is.
func ServedWithYoungConnection(c *Checker) {
	for _, age := range []time.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond} {
		c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
			v.get("0s")
			time.Sleep(age)
			v.end()
			c.expect(promptly(v.at(served), v.at(cancelled)), "the only connection has had its answer and is %v old: Serve returns at %s, want %s",
				age, scenarios.Show(v.at(served)), scenarios.Show(v.at(cancelled)))
		})
	}
}

// RequestOutlastsGrace checks HTTP-1: a request outlasts the grace.
func RequestOutlastsGrace(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
		long := v.begin("9s")
		time.Sleep(time.Second)
		v.end()
		e := <-long
		c.expect(e.ok(), "a request that takes 8s from the stop: %v, want an answer", e)
		c.expect(v.hooksAt() >= e.at, "hooks begin at %s, want after the last answer at %s", scenarios.Show(v.hooksAt()), scenarios.Show(e.at))
	})
}

// CutIsNoError checks HTTP-1: Serve returns nil when requests were cut, and Run an error.
func CutIsNoError(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{Drain: 2 * time.Second}, lasting, func(v *service) {
		v.begin("1h")
		v.end()
		c.expectCutIsNoError("Serve", v)
	})
}

func (c *Checker) expectCutIsNoError(what string, v *service) {
	c.expect(v.at(served) < play.Patience+time.Minute && v.result() == nil, "%s returns %v at %s, want nil", what, v.result(), scenarios.Show(v.at(served)))
	err := v.outcome()
	c.expect(err != nil && (!c.offered[subject.NeedIs] || c.Impl.Is(err, model.DrainTimeout)), "requests are cut, and Run returns %v, want the drain timeout", err)
}

// TwoServers checks HTTP-1: two servers in one run.
func TwoServers(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
		other := newPipes()
		defer other.cut()
		result, at := make(chan error, 1), make(chan time.Duration, 1)
		go func() {
			err := c.Impl.Serve(v.ctx, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				lasting(v, w, req)
			})}, other)
			at <- v.now()
			result <- err
		}()
		conn, err := other.dial(v.ctx, "", "")
		if err != nil {
			c.Errorf("a connection to the second server fails: %v", err)
			return
		}
		first, second := v.begin("2s"), make(chan exchange, 1)
		go func() { second <- newWire(conn).get(v, "4s") }()
		time.Sleep(time.Second)
		v.end()
		one, two, ended := <-first, <-second, <-at
		c.expect(one.ok() && two.ok(), "requests to two servers: %v and %v, want answers", one, two)
		c.expect(v.result() == nil && promptly(v.at(served), one.at), "the first of two calls of Serve returns %v at %s, want nil at %s",
			v.result(), scenarios.Show(v.at(served)), scenarios.Show(one.at))
		err = <-result
		c.expect(err == nil && promptly(ended, two.at), "the second of two calls of Serve returns %v at %s, want nil at %s",
			err, scenarios.Show(ended), scenarios.Show(two.at))
		c.expect(v.hooksAt() >= two.at, "hooks begin at %s, want after the last answer of a server at %s", scenarios.Show(v.hooksAt()), scenarios.Show(two.at))
	})
}

// HandlerOfTwoServers checks HTTP-1: the handler of a server, which may be the library's
// since it is served, is given to another server. Its requests count too.
func HandlerOfTwoServers(c *Checker) {
	var first *pipes
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		first = newPipes()
		up := make(chan struct{})
		base := sync.OnceFunc(func() { close(up) })
		srv.BaseContext = func(net.Listener) context.Context { base(); return ctx }
		go func() { _ = c.Impl.Serve(ctx, srv, first) }()
		play.Wait(up, time.Second)
		if conn, err := first.dial(ctx, "", ""); err == nil { // it accepts: nothing is changed any more
			_ = conn.Close()
		}
		return c.Impl.Serve(ctx, &http.Server{Handler: srv.Handler, ErrorLog: srv.ErrorLog}, ln)
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		under := v.begin("9s")
		v.end()
		first.cut()
		e := <-under
		c.expect(e.ok(), "a server has the handler of another, and a request to it that is under way at the stop: %v, want an answer", e)
		c.expect(v.result() == nil && promptly(v.at(served), e.at), "a server has the handler of another, the last request to it is answered at %s, and Serve returns %v at %s", scenarios.Show(e.at), v.result(), scenarios.Show(v.at(served)))
	})
}

// TakenPort checks HTTP-1: a port in use. It runs in real time, as every check of a real
// port does.
func TakenPort(c *Checker) { c.takenPort("ListenAndServe", c.Impl.ListenAndServe) }

// TakenPortTLS checks HTTP-1: a port in use, over TLS.
func TakenPortTLS(c *Checker) {
	_, _, certFile, keyFile := c.certificate()
	c.takenPort("ListenAndServeTLS", func(ctx context.Context, srv *http.Server) error {
		return c.Impl.ListenAndServeTLS(ctx, srv, certFile, keyFile)
	})
}

func (c *Checker) takenPort(what string, listenAndServe func(ctx context.Context, srv *http.Server) error) {
	c.retried(func() (failure string) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Sprint("cannot listen: ", err)
		}
		defer taken.Close()
		began, took := time.Now(), time.Duration(0)
		_ = c.run(func(ctx context.Context) error {
			result := make(chan error, 1)
			go func() { result <- listenAndServe(ctx, &http.Server{Addr: taken.Addr().String()}) }()
			select {
			case err := <-result:
				if took = time.Since(began); err == nil {
					failure = fmt.Sprintf("with a port in use, %s returns nil, want an error", what)
				}
				select {
				case <-ctx.Done():
					failure = fmt.Sprintf("with a port in use, %s stops the run, want that left to main: %v", what, context.Cause(ctx))
				case <-time.After(50 * time.Millisecond):
				}
			case <-time.After(time.Second):
				failure = fmt.Sprintf("with a port in use, %s does not return", what)
			}
			return nil
		}, subject.Settings{Signals: make(chan os.Signal)})
		if failure == "" && took > 200*time.Millisecond {
			failure = fmt.Sprintf("with a port in use, %s returns after %v, want at once", what, took)
		}
		return failure
	})
}

// RealPort checks HTTP-1: ListenAndServe on a real port.
func RealPort(c *Checker) {
	address, under := make(chan string, 1), make(chan struct{}, 1)
	srv := &http.Server{
		Addr:        loopback.Addr(),
		BaseContext: func(ln net.Listener) context.Context { address <- ln.Addr().String(); return context.Background() },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			under <- struct{}{}
			time.Sleep(30 * time.Millisecond)
			_, _ = io.WriteString(w, "done")
		}),
	}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	over := c.runs(func(ctx context.Context) error {
		err := c.Impl.ListenAndServe(ctx, srv)
		c.expect(err == nil, "ListenAndServe returns %v, want nil", err)
		return nil
	}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	select {
	case at := <-address:
		go func() {
			play.Wait(under, process.Soon)
			stop()
		}()
		resp, err := (&http.Client{Transport: transport, Timeout: process.Soon}).Get("http://" + at)
		if err != nil {
			c.Errorf("a request that was under way at the stop: %v, want an answer", err)
			break
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		c.expect(err == nil && string(body) == "done", "a request that was under way at the stop: %q, %v", body, err)
	case <-over:
		c.Errorf("ListenAndServe accepts no connection")
	case <-time.After(process.Soon):
		c.Errorf("ListenAndServe accepts no connection")
	}
	stop()
	play.Wait(over, process.Soon)
}

// ServeInTask checks HTTP-1. It has a task serve, whose request outlasts main's grace.
func ServeInTask(c *Checker) {
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		ended := make(chan error, 1)
		c.Impl.Go(ctx, func(ctx context.Context) error {
			err := c.Impl.Serve(ctx, srv, ln)
			ended <- err
			return err
		})
		return <-ended
	}
	c.serving(serve, subject.Settings{}, lasting, func(v *service) {
		before := v.begin("9s")
		v.end()
		e := <-before
		c.expect(e.ok(), "a task serves, and a request that takes 9s, begun before the stop: %v, want an answer", e)
		c.expect(promptly(v.at(served), e.at) && v.result() == nil, "a task serves, the last request is answered at %s, and Serve returns %v at %s", scenarios.Show(e.at), v.result(), scenarios.Show(v.at(served)))
		c.expect(v.outcome() == nil, "a task serves, and Run returns %v, want nil", v.outcome())
	})
}
