package broken

import (
	"context"
	"errors"
	"net/http"
	"runtime"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// Odd returns implementations that look strange and are right, so that the
// suite must find nothing wrong with them.
func Odd() []conformance.Implementation {
	odd := func(name string, base impl, change func(i *impl)) impl {
		base.Name = name
		change(&base)
		return base
	}
	return []impl{
		odd("slow at everything", mist.Implementation(), slow),
		odd("starts goroutines that end", mist.Implementation(), busy),
		odd("has errors with other texts", mist.Implementation(), wordy),
		odd("joins errors two by two", mist.Implementation(), nested),
		odd("offers the documented API and nothing more", mist.Implementation(), func(i *impl) {
			*i = impl{Name: i.Name, Run: i.Run, OnShutdown: i.OnShutdown, DrainGroup: i.DrainGroup, Health: func(tool, version string) funcs {
				h := mist.Health(tool, version)
				return funcs{AddCheck: h.AddCheck, SetReady: h.SetReady, Liveness: h.Liveness, Readiness: h.Readiness}
			}}
		}),
		odd("has no errors of its own", plain.Implementation(), func(i *impl) { i.Is = nil }),
	}
}

// linger lets everybody else go first. It takes time, but no virtual time.
func linger() {
	for range 50 {
		runtime.Gosched()
	}
}

// breathe is linger for a few turns, which is little enough on busy processors too
// (DRAIN-2).
func breathe() {
	for range 3 {
		runtime.Gosched()
	}
}

func slow(i *impl) {
	onHook(i, func(_ context.Context, hook task, _ bool) task {
		breathe()
		return func(own context.Context) error { breathe(); defer breathe(); return hook(own) }
	})
	onMain(i, func(ctx context.Context, main task) error { breathe(); defer breathe(); return main(ctx) })
	onHealth(i, func(h *funcs) {
		for _, endpoint := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
			inner := *endpoint
			*endpoint = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { breathe(); inner.ServeHTTP(w, r) })
		}
	})
}

func busy(i *impl) {
	onMain(i, func(ctx context.Context, main task) error {
		for range 10 {
			go func() { <-ctx.Done() }()
		}
		return main(ctx)
	})
	onHook(i, func(_ context.Context, hook task, _ bool) task {
		return func(own context.Context) error { return contained(func() error { return hook(own) }).again() }
	})
}

// reworded is an error in other words.
type reworded struct{ error }

func (r reworded) Error() string { return "alas: " + r.error.Error() }
func (r reworded) Unwrap() error { return r.error }

func wordy(i *impl) {
	onErrors(i, func(all []error) []error {
		for n, err := range all {
			if len(all) > 1 || i.Is(err, "panic") || i.Is(err, "goexit") {
				all[n] = reworded{err}
			}
		}
		return all
	})
}

// nested makes [a b c] a tree: the order of its leaves is the same.
func nested(i *impl) {
	onErrors(i, func(all []error) []error {
		for len(all) > 2 {
			all = append([]error{errors.Join(all[0], all[1])}, all[2:]...)
		}
		return all
	})
}
