package conformance

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
)

// expectState demands of readiness that it names the state, and is 200 in
// running and nowhere else.
func (c *checker) expectState(what string, r reply, state model.State) {
	code, status := http.StatusServiceUnavailable, "not_ready"
	if state == model.Running {
		code, status = http.StatusOK, "ok"
	}
	c.expectReply(what, r, code, status)
	c.expect(r.State == string(state), "%s: the state is %q, want %q; the body is %s", what, r.State, state, r.body)
}

func checkFollowNothing(c *checker) {
	h := c.health()
	log, restore := defaultLog()
	h.Follow(context.Background())
	restore()
	c.expectLog(log, "ERROR", "Follow")
	r := ask(h.Readiness, http.MethodGet)
	c.expectReply("after Follow with a foreign context", r, http.StatusOK, "ok")
	c.expect(r.State == "", "a handler that follows nothing names the state %q", r.State)
}

// asRequest is the context of a request that carries the run of ctx, and is
// not cancelled with it.
func asRequest(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func checkFollowsRequest(c *checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheck("counts", func() error { runs.Add(1); return nil })
		parent, stop := context.WithCancel(context.Background())
		defer stop()
		_ = c.run(func(ctx context.Context) error {
			busy := c.impl.DrainGroup(ctx) // keeps it draining
			busy.Add(1)
			defer busy.Done()
			time.Sleep(time.Millisecond) // main has been launched
			c.expectState("a request with the context of a run", askWith(asRequest(ctx), h.Readiness, http.MethodGet), model.Running)
			stop()
			wait(ctx.Done(), time.Hour)
			h.SetReady(true)
			c.expectState("a request with the context of a run that drains", askWith(asRequest(ctx), h.Readiness, http.MethodGet), model.Draining)
			return nil
		}, Settings{Parent: parent})
		c.expect(runs.Load() == 1, "the check was run %d times, want once: not while the run drains", runs.Load())
		r := ask(h.Readiness, http.MethodGet)
		c.expectReply("a request of no run", r, http.StatusOK, "ok")
		c.expect(r.State == "", "a request of no run is told the state %q", r.State)
	})
}

// checkFollowComesFirst asks, with the context of a run that drains, a handler
// that follows one that does not.
func checkFollowComesFirst(c *checker) {
	c.bubble(func() {
		h := c.health()
		_ = c.run(func(followed context.Context) error {
			time.Sleep(time.Millisecond)
			h.Follow(followed)
			parent, stop := context.WithCancel(context.Background())
			defer stop()
			return c.run(func(ctx context.Context) error {
				stop()
				wait(ctx.Done(), time.Hour)
				c.expectState("beside a run that drains, the one given to Follow",
					askWith(asRequest(ctx), h.Readiness, http.MethodGet), model.Running)
				return nil
			}, Settings{Parent: parent})
		}, Settings{})
	})
}

// checkServedReadiness asks over HTTP, and in a drain delay, where new
// connections are still served. That they are is for other clauses to say.
func checkServedReadiness(c *checker) {
	for what, base := range map[string]func(net.Listener) context.Context{
		"without a BaseContext":              nil,
		"with a BaseContext that has no run": func(net.Listener) context.Context { return context.Background() },
	} {
		var h HealthFuncs
		serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			h = c.health()
			srv.BaseContext = base
			return c.impl.Serve(ctx, srv, ln)
		}
		probe := func(_ *service, w http.ResponseWriter, req *http.Request) { h.Readiness.ServeHTTP(w, req) }
		c.serving(serve, Settings{Delay: 5 * time.Second}, probe, func(v *service) {
			e := v.get("readyz")
			c.expectState("readiness over HTTP, "+what, newReply(e.code, nil, []byte(e.body)), model.Running)
			v.stop()
			time.Sleep(time.Second)
			if e = v.get("readyz"); e.err == nil {
				c.expectState("readiness over HTTP while draining, "+what, newReply(e.code, nil, []byte(e.body)), model.Draining)
			}
		})
	}
}

// checkRealReadiness lives in real time, as every real port does.
func checkRealReadiness(c *checker) {
	h, address, drains := c.health(), make(chan string, 1), make(chan struct{})
	srv := &http.Server{
		Addr:        "127.0.0.1:0",
		BaseContext: func(ln net.Listener) context.Context { address <- ln.Addr().String(); return context.Background() },
		Handler:     h.Readiness,
	}
	stop := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = c.run(func(ctx context.Context) error {
			go func() {
				<-stop
				c.impl.Stop(ctx, nil)
				close(drains)
			}()
			_ = c.impl.ListenAndServe(ctx, srv)
			return nil
		}, Settings{Delay: 2 * soon, Signals: make(chan os.Signal)})
	}()
	transport := &http.Transport{DisableKeepAlives: true}
	select {
	case at := <-address:
		client := &http.Client{Transport: transport, Timeout: soon}
		r, err := getReply(client, "http://"+at)
		c.expect(err == nil, "readiness on a real port: %v", err)
		c.expectState("readiness on a real port", r, model.Running)
		close(stop)
		wait(drains, soon)
		if r, err = getReply(client, "http://"+at); err == nil {
			c.expectState("readiness on a real port while draining", r, model.Draining)
		}
	case <-time.After(soon):
		close(stop)
		c.errorf("ListenAndServe does not serve")
	}
	_ = srv.Close()
	wait(over, soon)
}

// getReply asks over HTTP.
func getReply(client *http.Client, url string) (reply, error) {
	resp, err := client.Get(url)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return newReply(resp.StatusCode, resp.Header, body), err
}
