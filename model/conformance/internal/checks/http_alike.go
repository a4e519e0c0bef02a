package checks

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// moment is when requests are sent.
type moment struct {
	what    string
	delay   time.Duration
	stopped bool
	after   time.Duration // since the stop
}

func (m moment) String() string { return m.what }

var (
	whileRunning  = moment{what: "while running"}
	withDelay     = moment{what: "while running, with a drain delay", delay: 5 * time.Second}
	inDelay       = moment{what: "in a drain delay", delay: 5 * time.Second, stopped: true, after: time.Millisecond}
	whileDraining = moment{what: "while draining", stopped: true, after: time.Millisecond}
	whileHooksRun = moment{what: "while hooks run", stopped: true, after: 3 * time.Second}
)

// AnswersAreTheSame checks HTTP-10. It compares answers under Serve with those under
// http.Server.
func AnswersAreTheSame(c *Checker) {
	c.compareAnswers(c.answers(bare, whileRunning), c.Impl.Serve, whileRunning, withDelay, inDelay, whileDraining)
}

// AnswersUntilStopped checks HTTP-7. It compares the answers of a server that serves until
// the run is stopped. What differs under Serve too is for HTTP-10 to say.
func AnswersUntilStopped(c *Checker) {
	want := c.answers(bare, whileRunning)
	if c.offered[subject.NeedServe] {
		for request, answer := range c.answers(c.Impl.Serve, whileDraining) {
			if answer != want[request] {
				delete(want, request)
			}
		}
	}
	c.compareAnswers(want, c.serveUntil, whileRunning, whileDraining, whileHooksRun)
}

// AnswersThroughHandler checks HTTP-5. It compares the answers of a server that is run in
// another way, and whose handler is counted.
func AnswersThroughHandler(c *Checker) {
	want := c.answers(bare, whileRunning)
	maps.DeleteFunc(want, func(request, _ string) bool { // they may be answered 500
		return strings.Contains(request, "/panics ") || strings.Contains(request, "/exits ")
	})
	c.compareAnswers(want, c.handledBy(c.Impl.Handler), whileRunning, whileDraining)
}

// AnswersThroughCancelOnStop checks HTTP-9. It compares the answers of a server whose
// requests end at the stop, if they look at their context.
func AnswersThroughCancelOnStop(c *Checker) {
	c.compareAnswers(c.answers(bare, whileRunning), c.handledBy(c.Impl.CancelOnStop), whileRunning, whileDraining)
}

// serveUntil has the server serve until the run is stopped, through Draining, which
// takes 2s, and a hook, which takes 10s.
func (c *Checker) serveUntil(ctx context.Context, srv *http.Server, ln net.Listener) error {
	c.drainsFor(ctx, 2*time.Second)
	c.hook(ctx, func() { time.Sleep(10 * time.Second) })
	go func() { _ = c.Impl.ServeUntilStopped(ctx, srv, ln) }()
	<-ctx.Done()
	return nil
}

// handledBy is a server of net/http with a wrapped handler, which serves until the
// service is let go of. Draining takes 5s.
func (c *Checker) handledBy(wrap func(context.Context, http.Handler) http.Handler) ServeFunc {
	return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		c.drainsFor(ctx, 5*time.Second)
		srv.Handler = wrap(ctx, srv.Handler)
		go func() { _ = srv.Serve(ln) }()
		<-ctx.Done()
		return nil
	}
}

// drainsFor has draining take so long.
func (c *Checker) drainsFor(ctx context.Context, d time.Duration) {
	c.Impl.DrainGroup(ctx).Go(func() {
		play.Wait(ctx.Done(), time.Hour)
		time.Sleep(d)
	})
}

// compareAnswers compares answers with those that are wanted, where one is.
func (c *Checker) compareAnswers(want map[string]string, serve ServeFunc, moments ...moment) {
	for _, m := range moments {
		const control = "GET /header with 0 bytes"
		got := c.answers(serve, m)
		if m.stopped && got[control] != want[control] {
			continue // that nothing is answered is for other clauses to say
		}
		for _, request := range slices.Sorted(maps.Keys(got)) {
			answer, wanted := want[request]
			if wanted && got[request] != answer {
				c.Errorf("%s, %s is answered %s, and by http.Server %s", m, request, got[request], answer)
				break
			}
		}
	}
}

// ConnStates checks HTTP-10: the server's own ConnState is called as by http.Server, for
// connections with one request that ends in any way.
func ConnStates(c *Checker) {
	for how, handle := range map[string]handleFunc{
		"is answered":                  lasting,
		"hijacks the connection":       hijacks(func(_ *service, conn net.Conn, _ *http.Request) { _ = conn.Close() }),
		"is aborted":                   func(*service, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"asks for a closed connection": func(_ *service, w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") },
	} {
		states := func(serve ServeFunc) (seen []string) {
			var mu sync.Mutex
			c.serving(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				srv.ConnState = func(_ net.Conn, state http.ConnState) {
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, state.String())
				}
				return serve(ctx, srv, ln)
			}, subject.Settings{}, handle, func(v *service) {
				if w := v.dial(); w != nil {
					_ = w.get(v, "0s")
				}
				time.Sleep(time.Second)
				v.end()
			})
			mu.Lock()
			defer mu.Unlock()
			return seen
		}
		got, want := states(c.Impl.Serve), states(bare)
		closes := slices.DeleteFunc(slices.Clone(want), func(state string) bool { return state == http.StateIdle.String() }) // after each response
		c.expect(slices.Equal(got, want) || slices.Equal(got, closes), "for a connection with one request, which %s, the server's ConnState is called with %q, and by http.Server with %q", how, got, want)
	}
}

// ConnContexts checks HTTP-10: the server's own ConnContext is called, with BaseContext
// and without.
func ConnContexts(c *Checker) {
	type connKey struct{}
	says := func(_ *service, w http.ResponseWriter, req *http.Request) {
		_, _ = fmt.Fprint(w, req.Context().Value(connKey{}))
	}
	for _, based := range []bool{false, true} {
		seen := func(serve ServeFunc) (e exchange) {
			c.serving(func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				if based {
					srv.BaseContext = func(net.Listener) context.Context {
						return context.WithValue(context.Background(), valueKey{}, "of the base")
					}
				}
				srv.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
					what := "a connection"
					if based {
						what = fmt.Sprint("a connection ", ctx.Value(valueKey{}))
					}
					return context.WithValue(ctx, connKey{}, what)
				}
				return serve(ctx, srv, ln)
			}, subject.Settings{}, says, func(v *service) { e = v.get("") })
			return e
		}
		got, want := seen(c.Impl.Serve), seen(bare)
		c.expect(!got.ok() || got.body == want.body, "with a BaseContext: %t, a request has the value of the server's ConnContext: %q, and under http.Server %q", based, got.body, want.body)
	}
}

// OfOtherServers checks HTTP-10: a server without a handler is http.DefaultServeMux's,
// and OPTIONS * goes to the handler of one that says so.
func OfOtherServers(c *Checker) {
	defer func(own *http.ServeMux) { http.DefaultServeMux = own }(http.DefaultServeMux)
	http.DefaultServeMux = http.NewServeMux()
	http.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "of the default mux") })
	for request, change := range map[string]func(srv *http.Server){
		"GET /header with 0 bytes": func(srv *http.Server) { srv.Handler = nil },
		"OPTIONS * with 0 bytes":   func(srv *http.Server) { srv.DisableGeneralOptionsHandler = true },
	} {
		changed := func(serve ServeFunc) ServeFunc {
			return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
				change(srv)
				return serve(ctx, srv, ln)
			}
		}
		want := c.answers(changed(bare), whileRunning)[request]
		for _, m := range []moment{whileRunning, withDelay} {
			if m.delay > 0 && !c.offered[subject.NeedDelay] {
				continue
			}
			got := c.answers(changed(c.Impl.Serve), m)[request]
			c.expect(got == want, "%s, of a server without a handler, or one that handles OPTIONS *, %s is answered %s, and by http.Server %s", m, request, got, want)
		}
	}
}

// ServersOwnHandler checks HTTP-10. It has a handler ask the server's Handler, as for an
// internal redirect, with a request that has come over no connection.
func ServersOwnHandler(c *Checker) {
	var server atomic.Pointer[http.Server]
	serve := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		server.Store(srv)
		return c.Impl.Serve(ctx, srv, ln)
	}
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/inner" {
			_, _ = io.WriteString(w, "inner")
			return
		}
		inner := httptest.NewRecorder()
		server.Load().Handler.ServeHTTP(inner, httptest.NewRequest(http.MethodGet, "/inner", nil))
		_, _ = w.Write(inner.Body.Bytes())
	}
	c.serving(serve, subject.Settings{}, handle, func(v *service) {
		e := v.get("outer")
		c.expect(e.ok() && e.body == "inner", "a handler calls the server's Handler with a request of its own, and is answered %v, want %q", e, "inner")
	})
}
