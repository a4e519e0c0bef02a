package lifecycle_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestContextNotFromRunIsHarmless(t *testing.T) {
	served := func(err error) {
		if err == nil {
			t.Error("a server was served")
		}
	}
	handled := func(h http.Handler) {
		if h != http.DefaultServeMux {
			t.Errorf("a handler is wrapped in a %T", h)
		}
	}
	serve, shutdown := func() error { t.Error("serve is called"); return nil }, func(context.Context) error { return nil }
	for _, ctx := range []context.Context{nil, context.Background()} {
		for name, tc := range map[string]func(){
			"OnShutdown": func() { lifecycle.OnShutdown(ctx, func() error { return nil }) },
			"OnShutdownContext": func() {
				if lifecycle.OnShutdownContext(ctx, func(context.Context) error { return nil })() {
					t.Error("a hook was taken back")
				}
			},
			"DrainGroup": func() { g := lifecycle.DrainGroup(ctx); g.Go(func() {}); g.Wait() },
			"Track": func() {
				if done, ok := lifecycle.Track(ctx); ok {
					t.Error("Track answered true")
				} else {
					done()
				}
			},
			"Go": func() {
				if lifecycle.Go(ctx, goexit) {
					t.Error("Go answered true")
				}
			},
			"WorkContext": func() {
				if lifecycle.WorkContext(ctx) != ctx {
					t.Error("WorkContext made a context")
				}
			},
			"Stop":              func() { lifecycle.Stop(ctx, errBoom) },
			"MarkStarted":       func() { lifecycle.MarkStarted(ctx) },
			"Handler":           func() { handled(lifecycle.Handler(ctx, nil)) },
			"CancelOnStop":      func() { handled(lifecycle.CancelOnStop(ctx, nil)) },
			"Serve":             func() { served(lifecycle.Serve(ctx, &http.Server{}, newPipes())) },
			"ServeTLS":          func() { served(lifecycle.ServeTLS(ctx, &http.Server{}, newPipes(), "", "")) },
			"ListenAndServe":    func() { served(lifecycle.ListenAndServe(ctx, &http.Server{})) },
			"ListenAndServeTLS": func() { served(lifecycle.ListenAndServeTLS(ctx, &http.Server{}, "", "")) },
			"ServeFunc":         func() { served(lifecycle.ServeFunc(ctx, serve, shutdown, nil)) },
		} {
			t.Run(fmt.Sprintf("HOOK-9: %s with %v", name, ctx), func(t *testing.T) {
				restoreDefaultLog(t)
				l := newLineLog()
				slog.SetDefault(slog.New(l))
				tc()
				l.expect(t, "ERROR lifecycle: "+name+": the context does not come from Run; "+consequences[name]+" at=context_test.go @context_test.go", true)
			})
		}
	}
}

// consequences is what the log says will happen.
var consequences = map[string]string{
	"OnShutdown":        "the hook will never run",
	"OnShutdownContext": "the hook will never run",
	"DrainGroup":        "the group will not be waited for",
	"Track":             "the work is not tracked",
	"Go":                "the task will not run",
	"WorkContext":       "the context is returned unchanged",
	"Stop":              "nothing is stopped",
	"MarkStarted":       "nothing is started",
	"Handler":           "requests are not counted",
	"CancelOnStop":      "requests are not cancelled at the stop",
	"Serve":             "nothing is served",
	"ServeTLS":          "nothing is served",
	"ListenAndServe":    "nothing is served",
	"ListenAndServeTLS": "nothing is served",
	"ServeFunc":         "nothing is served",
}
