package conformance

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"
)

// foreignCall calls a function with a context of no run, looks at what it
// answers, and returns what the log must name: the place of each call.
type foreignCall = func(c *checker, ctx context.Context) (places []string)

// foreignChecks are one check for each function (HOOK-9).
func foreignChecks() (all []check) {
	for _, function := range []struct {
		need Need
		name string
		call foreignCall
	}{
		{NeedTrack, "OnShutdown, DrainGroup and Track", foreignTrack},
		{NeedGo, "Go", foreignGo},
		{NeedStop, "Stop", func(c *checker, ctx context.Context) []string { c.impl.Stop(ctx, nil); return []string{here(0)} }},
		{NeedMarkStarted, "MarkStarted", func(c *checker, ctx context.Context) []string { c.impl.MarkStarted(ctx); return []string{here(0)} }},
		{NeedWorkContext, "WorkContext", foreignWork},
		{NeedOnShutdownContext, "OnShutdownContext", foreignHook},
		{NeedOnShutdownStop, "what OnShutdownContext returns", foreignTakeBack},
		{NeedHandler, "Handler", foreignHandler},
		{NeedCancelOnStop, "CancelOnStop", foreignCancelOnStop},
		{NeedServeTLS, "ServeTLS", foreignServeTLS},
		{NeedUntilStopped, "UntilStopped", foreignUntilStopped},
		{NeedServeFunc, "ServeFunc", foreignServeFunc},
		{NeedServe, "Serve", foreignServe},
		{NeedListenAndServe, "ListenAndServe", foreignListen},
	} {
		all = append(all, check{function.name + " with a foreign context", []Need{function.need}, func(c *checker) {
			log, restore := defaultLog()
			places := function.call(c, context.Background())
			restore()
			for _, place := range places {
				c.expectLog(log, "ERROR", place)
			}
		}})
	}
	return all
}

func foreignTrack(c *checker, ctx context.Context) (places []string) {
	at := func(place string) { places = append(places, place) }
	at(here(1))
	c.impl.OnShutdown(ctx, func() error { c.errorf("a hook of no run is run"); return nil })
	at(here(1))
	group := c.impl.DrainGroup(ctx)
	group.Go(func() {})
	group.Wait()
	at(here(1))
	done, ok := c.impl.Track(ctx)
	c.expect(!ok && done != nil, "Track answers %t with a context of no run", ok)
	done()
	return places
}

func foreignGo(c *checker, ctx context.Context) []string {
	ok := c.impl.Go(ctx, func(context.Context) error { c.errorf("a task of no run is run"); return nil })
	c.expect(!ok, "Go answers true with a context of no run")
	return []string{here(-2)}
}

func foreignWork(c *checker, ctx context.Context) []string {
	work := c.impl.WorkContext(ctx)
	c.expect(work != nil && work.Err() == nil, "the work context of no run is cancelled, or none")
	return []string{here(-2)}
}

// foreignHook asks for any place: OnShutdownContext is never the library's own
// function, but an adapter's.
func foreignHook(c *checker, ctx context.Context) []string {
	c.impl.OnShutdownContext(ctx, func(context.Context) error { c.errorf("a hook of no run is run"); return nil }, 0)
	return []string{".go:"}
}

func foreignTakeBack(c *checker, ctx context.Context) []string {
	stop := c.impl.OnShutdownStop(ctx, func(context.Context) error { c.errorf("a hook of no run is run"); return nil }, 0)
	c.expect(stop != nil && !stop(), "a hook of no run is taken back, or nothing does it")
	return []string{".go:"}
}

// teapot is a handler that nothing else answers like.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func (c *checker) expectTeapot(what string, h http.Handler) {
	if h == nil {
		c.errorf("%s returns nil with a context of no run", what)
		return
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	c.expect(rec.Code == http.StatusTeapot, "through a %s of no run a request is answered %d", what, rec.Code)
}

func foreignHandler(c *checker, ctx context.Context) []string {
	counted := c.impl.Handler(ctx, teapot)
	place := here(-1)
	c.expectTeapot("Handler", counted)
	return []string{place}
}

func foreignCancelOnStop(c *checker, ctx context.Context) []string {
	cancelling := c.impl.CancelOnStop(ctx, teapot)
	place := here(-1)
	c.expectTeapot("CancelOnStop", cancelling)
	return []string{place}
}

// foreignServe and the others like it ask for any place: these take options, so
// that what is called is an adapter's.
func foreignServe(c *checker, ctx context.Context) []string {
	ln := newPipes()
	defer ln.cut()
	c.refuses("Serve", func(srv *http.Server) error { return c.impl.Serve(ctx, srv, ln) })
	return []string{".go:"}
}

func foreignServeTLS(c *checker, ctx context.Context) []string {
	ln := newPipes()
	defer ln.cut()
	c.refuses("ServeTLS", func(srv *http.Server) error { return c.impl.ServeTLS(ctx, srv, ln, "", "") })
	return []string{".go:"}
}

func foreignUntilStopped(c *checker, ctx context.Context) []string {
	ln := newPipes()
	defer ln.cut()
	c.refuses("UntilStopped", func(srv *http.Server) error { return c.impl.ServeUntilStopped(ctx, srv, ln) })
	return []string{".go:"}
}

func foreignServeFunc(c *checker, ctx context.Context) (places []string) {
	stop := func(context.Context) error { return nil }
	c.refuses("ServeFunc", func(*http.Server) error {
		places = append(places, here(1))
		return c.impl.ServeFunc(ctx, func() error { time.Sleep(3 * time.Second); return nil }, stop, nil)
	})
	return places
}

func foreignListen(c *checker, ctx context.Context) []string {
	c.refuses("ListenAndServe", func(srv *http.Server) error { return c.impl.ListenAndServe(ctx, srv) })
	return []string{".go:"}
}

// refuses demands an error of what serves, and closes the server of one that
// serves nevertheless.
func (c *checker) refuses(what string, serve func(srv *http.Server) error) {
	srv := &http.Server{Addr: "127.0.0.1:0", ErrorLog: log.New(io.Discard, "", 0)}
	result := make(chan error, 1)
	go func() { result <- serve(srv) }()
	select {
	case err := <-result:
		c.expect(err != nil, "%s returns nil with a context of no run", what)
	case <-time.After(2 * time.Second):
		c.errorf("%s serves with a context of no run", what)
		_ = srv.Close()
		<-result
	}
}
