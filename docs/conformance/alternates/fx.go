package alternates

import (
	"cmp"
	"context"
	"time"

	"go.uber.org/fx"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

// Fx is go.uber.org/fx.
func Fx() Alternate {
	return Alternate{
		Name:   "fx",
		Module: "go.uber.org/fx",
		Note: "Main runs on a goroutine that an `OnStart` hook begins; when it returns, `Shutdowner` is called. " +
			"Its `OnStop` cancels its context and waits for it, the next waits for work, the last runs the hooks of the suite. " +
			"fx takes no hook after `Start`, so these are the hooks of a second `App`, which is started and stopped then. " +
			"`StopTimeout` is the sum of both of the suite's timeouts, since fx has one for all. " +
			"The adapter calls `Wait` before `Start`: `App.Run` itself listens for signals only when every `OnStart` has returned. " +
			"A panic in main or in a hook ends the process.",
		Undecided: map[string]string{
			"DRAIN-6": bareWait,
			"SIG-3":   "when its time is over, `Stop` returns beside the goroutine that then stops listening for signals, so a signal may or may not end the process",
		},
		Implementation: conformance.Implementation{
			Name: "fx", Run: runFx, OnShutdown: onShutdown, DrainGroup: drainGroup, NoHealth: true,
		},
	}
}

func runFx(main func(ctx context.Context) error, drain, shutdown time.Duration) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, ctx := newRun(ctx)
	var work works
	r.await = work.add

	timeout := cmp.Or(drain, model.DefaultDrainTimeout) + cmp.Or(shutdown, model.DefaultShutdownTimeout)
	var failed error // main's, once it is back
	app := fx.New(fx.NopLogger, fx.StopTimeout(timeout), fx.Invoke(func(lc fx.Lifecycle, end fx.Shutdowner) {
		lc.Append(fx.StopHook(r.stopHooks))
		lc.Append(fx.StopHook(func(ctx context.Context) error { return within(ctx, work.wait) }))
		lc.Append(fx.StartStopHook(
			func() {
				go func() {
					defer func() { _ = end.Shutdown() }() // an error says that it is stopping already
					defer close(r.back)
					failed = main(ctx)
				}()
			},
			func(stop context.Context) error {
				cancel()
				select {
				case <-r.back:
					return failed
				case <-stop.Done():
					return stop.Err()
				}
			},
		))
	}))
	stop := app.Wait()
	if err := app.Start(context.Background()); err != nil {
		return err
	}
	<-stop
	limited, release := context.WithTimeout(context.Background(), app.StopTimeout())
	defer release()
	return app.Stop(limited)
}

// stopHooks has fx run the hooks that were registered, and those that are
// registered meanwhile.
func (r *run) stopHooks(ctx context.Context) error {
	var errs []error
	for hooks := r.taken(); len(hooks) > 0; hooks = r.taken() {
		app := fx.New(fx.NopLogger, fx.Invoke(func(lc fx.Lifecycle) {
			for _, hook := range hooks {
				lc.Append(fx.StopHook(hook))
			}
		}))
		errs = append(errs, app.Start(ctx), app.Stop(ctx))
	}
	return joined(errs)
}

// taken takes all hooks there are.
func (r *run) taken() []func() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	hooks := r.hooks
	r.hooks = nil
	return hooks
}

// within waits for f to return, or for ctx.
func within(ctx context.Context, f func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
