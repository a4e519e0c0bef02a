package alternates

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/greynewell/mist-go/model/conformance"
)

// Errgroup is golang.org/x/sync/errgroup with signal.NotifyContext.
func Errgroup() Alternate {
	return Alternate{
		Name:   "errgroup",
		Module: "golang.org/x/sync",
		Note: "The context is that of `signal.NotifyContext`, and main is a function of the group. " +
			"Each `DrainGroup` is another, which waits for the work when main is back. " +
			"The adapter cancels the context when main returns nil, which `errgroup` does not, " +
			"and runs hooks after `Wait`, last first, as a program would with `defer`; it joins their errors to that of `Wait`. " +
			"There are no timeouts, so those of the suite are not used. A panic in a function of the group ends the process.",
		Undecided: map[string]string{"DRAIN-6": bareWait},
		Implementation: conformance.Implementation{
			Name: "errgroup", Run: runErrgroup, OnShutdown: onShutdown, DrainGroup: drainGroup, NoHealth: true,
		},
	}
}

func runErrgroup(main func(ctx context.Context) error, _, _ time.Duration) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	r, ctx := newRun(ctx)
	r.await = func(work *sync.WaitGroup) {
		g.Go(func() error {
			<-r.back
			work.Wait()
			return nil
		})
	}
	g.Go(func() error {
		defer cancel()
		defer close(r.back)
		return main(ctx)
	})
	err := g.Wait()
	return joined(append([]error{err}, r.unwind()...))
}
