package alternates

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

// ControllerRuntime is the manager of sigs.k8s.io/controller-runtime, and its
// package healthz.
func ControllerRuntime() Alternate {
	return Alternate{
		Name:   "controller-runtime",
		Module: "sigs.k8s.io/controller-runtime",
		Note: "Main is a `Runnable`, and so is each `DrainGroup`, which waits for the work when main is back; the manager takes no more of them once it stops. " +
			"`GracefulShutdownTimeout` is the drain timeout. The adapter cancels the context when main returns nil, which the manager does not, " +
			"and runs hooks after `Start`, last first, as a program would with `defer`, without a timeout; it joins their errors to that of `Start`. " +
			"Signals are those of `signal.NotifyContext`: `SetupSignalHandler` can be called once in a process only, and ends it at the second signal. " +
			"A panic in a `Runnable` ends the process. " +
			"Liveness and readiness are handlers of package `healthz`, as the manager serves them at `/healthz` and `/readyz`. " +
			"The adapter builds that of readiness anew for each probe, since the manager takes no check once it runs, and `SetReady` is a check. " +
			"The clauses of Health are broken because `healthz` answers in text, with 500 for a check that fails; the contract asks for JSON, and for 503.",
		Undecided: map[string]string{"DRAIN-6": bareWait},
		Implementation: conformance.Implementation{
			Name: "controller-runtime", Run: runManager, OnShutdown: onShutdown, DrainGroup: drainGroup, Health: healthzFuncs,
		},
	}
}

func runManager(main func(ctx context.Context) error, drain, _ time.Duration) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mgr, err := newManager(drain)
	if err != nil {
		return err
	}
	r := &run{back: make(chan struct{})}
	r.await = func(work *sync.WaitGroup) {
		// An error says that the manager is stopping, and waits for nothing new.
		_ = mgr.Add(manager.RunnableFunc(func(context.Context) error {
			<-r.back
			work.Wait()
			return nil
		}))
	}
	err = mgr.Add(manager.RunnableFunc(func(ctx context.Context) (failed error) {
		defer func() {
			close(r.back)
			if failed == nil { // else the manager stops by itself, and returns it
				cancel()
			}
		}()
		return main(context.WithValue(ctx, runKey{}, r))
	}))
	if err != nil {
		return err
	}
	err = mgr.Start(ctx)
	return joined(append([]error{err}, r.unwind()...))
}

var errNotReady = errors.New("not ready")

// newManager makes a manager that talks to no cluster.
func newManager(drain time.Duration) (manager.Manager, error) {
	drain = cmp.Or(drain, model.DefaultDrainTimeout)
	options := manager.Options{
		GracefulShutdownTimeout: &drain,
		Logger:                  logr.Discard(),
		Metrics:                 metrics.Options{BindAddress: "0"},
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) {
			return meta.NewDefaultRESTMapper(nil), nil
		},
	}
	return manager.New(&rest.Config{}, options)
}

// healthzFuncs is package healthz as the suite sees it. It has no place for the
// name and the version of a tool.
func healthzFuncs(_, _ string) conformance.HealthFuncs {
	var mu sync.Mutex
	checks := map[string]healthz.Checker{}
	add := func(name string, check healthz.Checker) {
		mu.Lock()
		defer mu.Unlock()
		checks[name] = check
	}
	return conformance.HealthFuncs{
		AddCheck: func(name string, check func() error) {
			add(name, func(*http.Request) error { return check() })
		},
		SetReady: func(ready bool) {
			add("set-ready", func(*http.Request) error {
				if !ready {
					return errNotReady
				}
				return nil
			})
		},
		Liveness: &healthz.Handler{},
		Readiness: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			h := healthz.Handler{Checks: maps.Clone(checks)}
			mu.Unlock()
			h.ServeHTTP(w, req)
		}),
	}
}
