package checks

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// NoRunCheck is the check of one function with a context of no run.
type NoRunCheck struct {
	Need subject.Need
	Name string
	Run  func(c *Checker)
}

// NoRunChecks returns one check for each function. They check HOOK-9.
func NoRunChecks() (all []NoRunCheck) {
	for _, function := range []struct {
		need subject.Need
		name string
		call noRunCall
	}{
		{subject.NeedTrack, "OnShutdown, DrainGroup and Track", noRunTrack},
		{subject.NeedGo, "Go", noRunGo},
		{subject.NeedStop, "Stop", func(c *Checker, ctx context.Context) []callSite { c.Impl.Stop(ctx, nil); return []callSite{here(0)} }},
		{subject.NeedMarkStarted, "MarkStarted", func(c *Checker, ctx context.Context) []callSite { c.Impl.MarkStarted(ctx); return []callSite{here(0)} }},
		{subject.NeedWorkContext, "WorkContext", noRunWork},
		{subject.NeedOnShutdownContext, "OnShutdownContext", noRunHook},
		{subject.NeedOnShutdownStop, "what OnShutdownContext returns", noRunTakeBack},
		{subject.NeedHandler, "Handler", noRunHandler},
		{subject.NeedCancelOnStop, "CancelOnStop", noRunCancelOnStop},
		{subject.NeedServeTLS, "ServeTLS", noRunServeTLS},
		{subject.NeedUntilStopped, "UntilStopped", noRunUntilStopped},
		{subject.NeedServeFunc, "ServeFunc", noRunServeFunc},
		{subject.NeedServe, "Serve", noRunServe},
		{subject.NeedListenAndServe, "ListenAndServe", noRunListen},
		{subject.NeedListenTLS, "ListenAndServeTLS", noRunListenTLS},
	} {
		all = append(all, NoRunCheck{function.need, function.name, func(c *Checker) {
			// Each call is one too many, not only the first.
			for _, ctx := range []context.Context{context.Background(), context.WithValue(context.TODO(), valueKey{}, "of no run")} {
				log, restore := defaultLog()
				for _, place := range function.call(c, ctx) {
					logged := func() bool {
						return log.hasLine(func(line string) bool { return strings.HasPrefix(line, "ERROR ") && place.isIn(line) })
					}
					for range 200 { // lines may be written on no caller's time
						if logged() {
							break
						}
						time.Sleep(time.Millisecond)
					}
					c.expect(logged(), "no error is logged that names %v (is the field the function itself, or a closure that calls it? see Implementation); the log:\n%s", place, log)
				}
				restore()
			}
		}})
	}
	return all
}

// noRunCall calls a function with a context of no run, looks at what it
// answers, and returns what the log must name: the place of each call.
type noRunCall = func(c *Checker, ctx context.Context) (places []callSite)

func noRunTrack(c *Checker, ctx context.Context) (places []callSite) {
	at := func(place callSite) { places = append(places, place) }
	at(here(1))
	c.Impl.OnShutdown(ctx, func() error { c.Errorf("a hook of no run is run"); return nil })
	at(here(1))
	group := c.Impl.DrainGroup(ctx)
	group.Go(func() {})
	group.Wait()
	at(here(1))
	done, ok := c.Impl.Track(ctx)
	c.expect(!ok && done != nil, "Track with a context of no run returns %t, want false, and a nil done function: %t, want one that is not", ok, done == nil)
	done()
	return places
}

func noRunGo(c *Checker, ctx context.Context) []callSite {
	ok := c.Impl.Go(ctx, func(context.Context) error { c.Errorf("a task of no run is run"); return nil })
	c.expect(!ok, "Go with a context of no run returns true, want false")
	return []callSite{here(-2)}
}

func noRunWork(c *Checker, ctx context.Context) []callSite {
	work := c.Impl.WorkContext(ctx)
	c.expect(work != nil && work.Err() == nil, "WorkContext with a context of no run returns nil, or a context that is cancelled")
	return []callSite{here(-2)}
}

// noRunHook asks for any place: OnShutdownContext is never the library's own
// function, but an adapter's.
func noRunHook(c *Checker, ctx context.Context) []callSite {
	c.Impl.OnShutdownContext(ctx, func(context.Context) error { c.Errorf("a hook of no run is run"); return nil }, 0)
	return []callSite{anywhere}
}

func noRunTakeBack(c *Checker, ctx context.Context) []callSite {
	stop := c.Impl.OnShutdownStop(ctx, func(context.Context) error { c.Errorf("a hook of no run is run"); return nil }, 0)
	switch {
	case stop == nil:
		c.Errorf("with a context that comes from no run, OnShutdownContext returns nil, want a function that returns false")
	case stop():
		c.Errorf("with a context that comes from no run, the function that OnShutdownContext returns says that it took the hook back, want false")
	}
	return []callSite{anywhere}
}

// teapot is a handler that nothing else answers like.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func (c *Checker) expectTeapot(what string, h http.Handler) {
	if h == nil {
		c.Errorf("%s returns nil with a context of no run", what)
		return
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	c.expect(rec.Code == http.StatusTeapot, "through %s with a context of no run a request is answered %d, want %d", what, rec.Code, http.StatusTeapot)
}

func noRunHandler(c *Checker, ctx context.Context) []callSite {
	counted := c.Impl.Handler(ctx, teapot)
	place := here(-1)
	c.expectTeapot("Handler", counted)
	return []callSite{place}
}

func noRunCancelOnStop(c *Checker, ctx context.Context) []callSite {
	cancelling := c.Impl.CancelOnStop(ctx, teapot)
	place := here(-1)
	c.expectTeapot("CancelOnStop", cancelling)
	return []callSite{place}
}

// noRunServe and those below ask for any place: functions that take options are called
// by an adapter.
func noRunServe(c *Checker, ctx context.Context) []callSite {
	ln := newPipes()
	defer ln.cut()
	c.refuses("Serve", func(srv *http.Server) error { return c.Impl.Serve(ctx, srv, ln) })
	return []callSite{anywhere}
}

func noRunServeTLS(c *Checker, ctx context.Context) []callSite {
	ln := newPipes()
	defer ln.cut()
	c.refuses("ServeTLS", func(srv *http.Server) error { return c.Impl.ServeTLS(ctx, srv, ln, "", "") })
	return []callSite{anywhere}
}

func noRunUntilStopped(c *Checker, ctx context.Context) []callSite {
	ln := newPipes()
	defer ln.cut()
	c.refuses("UntilStopped", func(srv *http.Server) error { return c.Impl.ServeUntilStopped(ctx, srv, ln) })
	return []callSite{anywhere}
}

func noRunServeFunc(c *Checker, ctx context.Context) (places []callSite) {
	stop := func(context.Context) error { return nil }
	c.refuses("ServeFunc", func(*http.Server) error {
		places = append(places, here(1))
		return c.Impl.ServeFunc(ctx, func() error { time.Sleep(3 * time.Second); return nil }, stop, nil)
	})
	return places
}

func noRunListen(c *Checker, ctx context.Context) []callSite {
	c.refuses("ListenAndServe", func(srv *http.Server) error { return c.Impl.ListenAndServe(ctx, srv) })
	return []callSite{anywhere}
}

func noRunListenTLS(c *Checker, ctx context.Context) []callSite {
	_, _, certFile, keyFile := c.certificate()
	c.refuses("ListenAndServeTLS", func(srv *http.Server) error { return c.Impl.ListenAndServeTLS(ctx, srv, certFile, keyFile) })
	return []callSite{anywhere}
}

// refuses demands an error of what serves, and closes the server of one that
// serves nevertheless.
func (c *Checker) refuses(what string, serve func(srv *http.Server) error) {
	srv := &http.Server{Addr: "127.0.0.1:0", ErrorLog: log.New(io.Discard, "", 0)}
	result := make(chan error, 1)
	go func() { result <- serve(srv) }()
	select {
	case err := <-result:
		c.expect(err != nil, "%s returns nil with a context of no run, want an error", what)
	case <-time.After(2 * time.Second):
		c.Errorf("%s with a context of no run has not returned an error within 2s", what)
		_ = srv.Close()
		<-result
	}
}
