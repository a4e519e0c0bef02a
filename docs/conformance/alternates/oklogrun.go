package alternates

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	group "github.com/oklog/run"

	"github.com/greynewell/mist-go/model/conformance"
)

// lateNotify is why what a signal in main's first line does is undecided.
const lateNotify = "`SignalHandler` calls `signal.Notify` on a goroutine beside main's, so a signal in main's first lines may end the process"

// OklogRun is github.com/oklog/run.
func OklogRun() Alternate {
	return Alternate{
		Name:   "oklog-run",
		Module: "github.com/oklog/run",
		Note: "Main is an actor, which is interrupted by cancelling its context; `run.SignalHandler` is another. " +
			"A group takes no actor while it runs, so that work which main begins is not the library's business: " +
			"the adapter waits for it after `Run`, and then runs hooks, last first, as a program would with `defer`. " +
			"It takes `run.ErrSignal` for a clean end, as the library's documentation suggests, and joins the errors of hooks to that of `Run`. " +
			"There are no timeouts, so those of the suite are not used. A panic in an actor ends the process.",
		Undecided: map[string]string{"RUN-9": lateNotify, "DRAIN-3": lateNotify, "DRAIN-6": bareWait},
		Implementation: conformance.Implementation{
			Name: "oklog/run", Run: runOklog, OnShutdown: onShutdown, DrainGroup: drainGroup, NoHealth: true,
		},
	}
}

func runOklog(main func(ctx context.Context) error, _, _ time.Duration) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, ctx := newRun(ctx)
	var work works
	r.await = work.add

	var g group.Group
	g.Add(group.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM))
	g.Add(func() error { return main(ctx) }, func(error) { cancel() })
	err := g.Run()
	if errors.Is(err, group.ErrSignal) {
		err = nil
	}

	work.wait()
	return joined(append([]error{err}, r.unwind()...))
}

// works is work that is waited for one after another.
type works struct {
	mu  sync.Mutex
	all []*sync.WaitGroup
}

func (w *works) add(work *sync.WaitGroup) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, work)
}

func (w *works) wait() {
	for i := 0; ; i++ {
		w.mu.Lock()
		if i == len(w.all) {
			w.mu.Unlock()
			return
		}
		work := w.all[i]
		w.mu.Unlock()
		work.Wait()
	}
}
