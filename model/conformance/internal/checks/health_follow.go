package checks

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// expectState demands of readiness that it names the state, and is 200 in
// running and nowhere else.
func (c *Checker) expectState(what string, r play.Reply, state model.State) {
	code, status := http.StatusServiceUnavailable, "not_ready"
	if state == model.Running {
		code, status = http.StatusOK, "ok"
	}
	c.expectReply(what, r, code, status)
	c.expect(r.State == string(state), "%s: the state is %q, want %q; the body is %s", what, r.State, state, r.Body)
}

// FollowNothing checks HEALTH-4: Follow with a context of no run changes nothing, whether
// the handler follows nothing or a run.
func FollowNothing(c *Checker) {
	c.bubble(func() {
		h := c.health()
		c.followNoRun(h)
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("after Follow with a context of no run", r, http.StatusOK, "ok")
		c.expect(!strings.Contains(string(r.Body), `"state"`), "a handler that follows nothing has a state: %s", r.Body)
		const what = "after Follow with main's context, and then with one of no run"
		_ = c.run(func(ctx context.Context) error {
			time.Sleep(slack) // main has been launched
			h.Follow(ctx)
			c.followNoRun(h)
			c.expectState(what, play.Ask(h.Readiness, http.MethodGet), model.Running)
			return nil
		}, subject.Settings{})
		c.expectState(what+", when the run is over", play.Ask(h.Readiness, http.MethodGet), model.Stopped)
	})
}

// followNoRun expects an error in the log.
func (c *Checker) followNoRun(h subject.HealthFuncs) {
	log, restore := defaultLog()
	h.Follow(context.Background())
	time.Sleep(slack) // lines may be written on no caller's time
	restore()
	c.expectLog(log, "ERROR ")
}

// FollowComesFirst checks HEALTH-4. It asks, with the context of a run that drains, a
// handler that follows one that does not.
func FollowComesFirst(c *Checker) {
	c.bubble(func() {
		h := c.health()
		_ = c.run(func(followed context.Context) error {
			time.Sleep(slack) // main has been launched
			h.Follow(followed)
			parent, stop := context.WithCancel(context.Background())
			defer stop()
			return c.run(func(ctx context.Context) error {
				stop()
				play.Wait(ctx.Done(), time.Hour)
				c.expectState("beside a run that drains, the one given to Follow",
					play.AskWith(asRequest(ctx), h.Readiness, http.MethodGet), model.Running)
				return nil
			}, subject.Settings{Parent: parent})
		}, subject.Settings{})
	})
}

// ServedReadiness checks HEALTH-4. It asks over HTTP, and in a drain delay, where new
// connections are still served. That they are is for other clauses to say.
func ServedReadiness(c *Checker) {
	for what, base := range map[string]func(net.Listener) context.Context{
		"without a BaseContext":              nil,
		"with a BaseContext that has no run": func(net.Listener) context.Context { return context.Background() },
	} {
		var h subject.HealthFuncs
		serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			h = c.health()
			srv.BaseContext = base
			return c.Impl.Serve(ctx, srv, ln)
		}
		probe := func(_ *service, w http.ResponseWriter, req *http.Request) { h.Readiness.ServeHTTP(w, req) }
		c.serving(serve, subject.Settings{Delay: 5 * time.Second}, probe, func(v *service) {
			e := v.get("readyz")
			c.expectState("readiness over HTTP, "+what, play.NewReply(e.code, nil, []byte(e.body)), model.Running)
			v.stop()
			time.Sleep(time.Second)
			if e = v.get("readyz"); e.err == nil {
				c.expectState("readiness over HTTP while draining, "+what, play.NewReply(e.code, nil, []byte(e.body)), model.Draining)
			}
		})
	}
}

// RealReadiness checks HEALTH-4: readiness over ListenAndServe. It runs in real time, as
// every check of a real port does.
func RealReadiness(c *Checker) {
	h, address, drains := c.health(), make(chan string, 1), make(chan struct{})
	srv := &http.Server{
		Addr:        loopback.Addr(),
		BaseContext: func(ln net.Listener) context.Context { address <- ln.Addr().String(); return context.Background() },
		Handler:     h.Readiness,
	}
	stop := make(chan struct{})
	over := c.runs(func(ctx context.Context) error {
		go func() {
			<-stop
			c.Impl.Stop(ctx, nil)
			close(drains)
		}()
		_ = c.Impl.ListenAndServe(ctx, srv)
		return nil
	}, subject.Settings{Delay: 2 * process.Soon, Signals: make(chan os.Signal)})
	transport := &http.Transport{DisableKeepAlives: true}
	select {
	case at := <-address:
		client := &http.Client{Transport: transport, Timeout: process.Soon}
		r, err := getReply(client, "http://"+at)
		for began := time.Now(); err == nil && r.State == string(model.Starting) && time.Since(began) < process.Soon; {
			time.Sleep(time.Millisecond) // until main has been launched
			r, err = getReply(client, "http://"+at)
		}
		c.expect(err == nil, "readiness on a real port: %v", err)
		c.expectState("readiness on a real port", r, model.Running)
		close(stop)
		play.Wait(drains, process.Soon)
		if r, err = getReply(client, "http://"+at); err == nil {
			c.expectState("readiness on a real port while draining", r, model.Draining)
		}
	case <-time.After(process.Soon):
		close(stop)
		c.Errorf("ListenAndServe does not serve")
	}
	_ = srv.Close()
	play.Wait(over, process.Soon)
}

// getReply asks over HTTP.
func getReply(client *http.Client, url string) (play.Reply, error) {
	resp, err := client.Get(url)
	if err != nil {
		return play.Reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return play.NewReply(resp.StatusCode, resp.Header, body), err
}

// FollowsTheLast checks HEALTH-4. It follows one run after another.
func FollowsTheLast(c *Checker) {
	c.bubble(func() {
		h := c.health()
		for range 3 {
			_ = c.run(func(ctx context.Context) error {
				time.Sleep(slack) // main has been launched
				h.Follow(ctx)
				c.expectState("of several runs, the one given to Follow last", play.Ask(h.Readiness, http.MethodGet), model.Running)
				return nil
			}, subject.Settings{})
			c.expectState("of several runs, the one given to Follow last", play.Ask(h.Readiness, http.MethodGet), model.Stopped)
		}
		_ = c.run(func(outer context.Context) error {
			time.Sleep(slack)
			h.Follow(outer)
			_ = c.run(func(ctx context.Context) error { h.Follow(ctx); return nil }, subject.Settings{})
			c.expectState("of a run and one inside it, the one given to Follow last", play.Ask(h.Readiness, http.MethodGet), model.Stopped)
			return nil
		}, subject.Settings{})
	})
}
