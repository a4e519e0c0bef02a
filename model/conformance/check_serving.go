package conformance

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/model"
)

func checkServedAtLastAnswer(c *checker) {
	// Whoever polls is found out by one of them.
	for _, last := range []string{"0s", "1.7s", "3.321s", "4.05s"} {
		c.serving(c.impl.Serve, Settings{}, lasting, func(v *service) {
			v.get("0s") // leaves an idle connection
			first, second := v.begin("800ms"), v.begin(last)
			time.Sleep(500 * time.Millisecond)
			v.end()
			want := v.at(cancelled)
			for _, e := range []exchange{<-first, <-second} {
				c.expect(e.ok(), "a request that was under way at the stop: %v", e)
				want = max(want, e.at)
			}
			c.expect(promptly(v.at(served), want), "Serve returns at %s, want %s", show(v.at(served)), show(want))
			c.expect(v.result() == nil, "Serve returns %v, want nil", v.result())
		})
	}
}

func checkRequestOutlastsGrace(c *checker) {
	c.serving(c.impl.Serve, Settings{}, lasting, func(v *service) {
		long := v.begin("9s")
		time.Sleep(time.Second)
		v.end()
		e := <-long
		c.expect(e.ok(), "a request that takes 8s from the stop: %v", e)
		c.expect(v.hooksAt() >= e.at, "hooks begin at %s, and the last answer is given at %s", show(v.hooksAt()), show(e.at))
	})
}

func checkCutIsNoError(c *checker) {
	c.serving(c.impl.Serve, Settings{Drain: 2 * time.Second}, lasting, func(v *service) {
		v.begin("1h")
		v.end()
		c.expect(v.at(served) < patience+time.Minute && v.result() == nil, "Serve returns %v at %s, want nil", v.result(), show(v.at(served)))
		err := v.outcome()
		c.expect(err != nil && (!c.offered[NeedIs] || c.impl.Is(err, model.DrainTimeout)), "requests are cut, and Run returns %v, want the drain timeout", err)
	})
}

func checkClosedServer(c *checker) {
	closed := func(when string, v *service) {
		wait(v.over, time.Minute)
		c.expect(errors.Is(v.result(), http.ErrServerClosed) && v.at(served) < 2*time.Second,
			"a server that is closed %s: Serve returns %v at %s, want http.ErrServerClosed", when, v.result(), show(v.at(served)))
	}
	before := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		_ = srv.Close()
		return c.impl.Serve(ctx, srv, ln)
	}
	c.serving(before, Settings{}, lasting, func(v *service) { closed("before", v) })
	meanwhile := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		time.AfterFunc(time.Second, func() { _ = srv.Close() })
		return c.impl.Serve(ctx, srv, ln)
	}
	c.serving(meanwhile, Settings{}, lasting, func(v *service) { closed("while it serves", v) })
}

func checkTwoServers(c *checker) {
	c.serving(c.impl.Serve, Settings{}, lasting, func(v *service) {
		other := newPipes()
		defer other.cut()
		result, at := make(chan error, 1), make(chan time.Duration, 1)
		go func() {
			err := c.impl.Serve(v.ctx, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				lasting(v, w, req)
			})}, other)
			at <- v.now()
			result <- err
		}()
		conn, err := other.dial(v.ctx, "", "")
		if err != nil {
			c.errorf("the second server has no connection: %v", err)
			return
		}
		first, second := v.begin("2s"), make(chan exchange, 1)
		go func() { second <- newWire(conn).get(v, "4s") }()
		time.Sleep(time.Second)
		v.end()
		one, two, ended := <-first, <-second, <-at
		c.expect(one.ok() && two.ok(), "requests to two servers: %v and %v", one, two)
		c.expect(v.result() == nil && promptly(v.at(served), one.at), "the first of two calls of Serve returns %v at %s, want nil at %s",
			v.result(), show(v.at(served)), show(one.at))
		err = <-result
		c.expect(err == nil && promptly(ended, two.at), "the second of two calls of Serve returns %v at %s, want nil at %s",
			err, show(ended), show(two.at))
		c.expect(v.hooksAt() >= two.at, "hooks begin at %s, and a server has its last answer at %s", show(v.hooksAt()), show(two.at))
	})
}

// checkTakenPort lives in real time, as every real port does.
func checkTakenPort(c *checker) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.errorf("there is no port to take: %v", err)
		return
	}
	defer taken.Close()
	_ = c.run(func(ctx context.Context) error {
		result := make(chan error, 1)
		go func() { result <- c.impl.ListenAndServe(ctx, &http.Server{Addr: taken.Addr().String()}) }()
		select {
		case err := <-result:
			c.expect(err != nil, "with a port that is taken, ListenAndServe returns nil")
		case <-time.After(time.Second):
			c.errorf("with a port that is taken, ListenAndServe does not return")
		}
		return nil
	}, Settings{Signals: make(chan os.Signal)})
}

func checkRealPort(c *checker) {
	address, under := make(chan string, 1), make(chan struct{}, 1)
	srv := &http.Server{
		Addr:        "127.0.0.1:0",
		BaseContext: func(ln net.Listener) context.Context { address <- ln.Addr().String(); return context.Background() },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			under <- struct{}{}
			time.Sleep(30 * time.Millisecond)
			_, _ = io.WriteString(w, "done")
		}),
	}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.run(func(ctx context.Context) error {
			err := c.impl.ListenAndServe(ctx, srv)
			c.expect(err == nil, "ListenAndServe returns %v, want nil", err)
			return nil
		}, Settings{Parent: parent, Signals: make(chan os.Signal)})
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	select {
	case at := <-address:
		go func() {
			wait(under, soon)
			stop()
		}()
		resp, err := (&http.Client{Transport: transport, Timeout: soon}).Get("http://" + at)
		if err != nil {
			c.errorf("a request that was under way at the stop: %v", err)
			break
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		c.expect(err == nil && string(body) == "done", "a request that was under way at the stop: %q, %v", body, err)
	case <-over:
		c.errorf("ListenAndServe does not serve")
	case <-time.After(soon):
		c.errorf("ListenAndServe does not serve")
	}
	stop()
	wait(over, soon)
}
