package checks

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Results checks RUN-6: main, tasks, calls of Stop and hooks fail with errors of any
// shape, in runs that stop for any reason, and all of them are in Run's result, in order.
func Results(c *Checker) {
	c.mayBeOf("RUN-2", "RUN-7") // what wraps the cause may be a clean end
	c.results(resultLife{tasks: 3, stops: 2, hooks: 3})
}

// CleanResults checks RUN-7: main or a task ends with an error of any shape, which is
// none if it has only clean leaves.
func CleanResults(c *Checker) { c.results(resultLife{clean: true}) }

// SignalResults checks RUN-14: a signal is the last error in Run's result, whatever main
// and Stop add to it.
func SignalResults(c *Checker) { c.results(resultLife{signal: true}) }

func (c *Checker) results(kind resultLife) {
	var otherSignal error // the cause of an earlier run that a signal stopped
	for seed := range uint64(60) {
		l := kind
		l.Checker, l.mu, l.r, l.otherSignal = c, new(sync.Mutex), rand.New(rand.NewPCG(seed, 6)), otherSignal
		c.bubble(l.play)
		if mismatch := l.mismatch(); mismatch != "" {
			c.Errorf("%s; Run returns %v\n%s", mismatch, l.result, &l)
			return
		}
		if l.stop == "a signal" {
			otherSignal = l.cause
		}
	}
}

// resultLife is one run in which everything may fail.
type resultLife struct {
	*Checker
	tasks, stops, hooks int  // how many fail at most, besides what stops the run
	clean               bool // ends may be clean
	signal              bool // a signal stops the run, which is an error

	settings    subject.Settings
	stop        string // what requests it
	otherSignal error
	result      error

	mu    *sync.Mutex
	r     *rand.Rand
	marks []error       // the errors that were made, by number
	given error         // what the parent is cancelled with
	cause error         // of main's context, once that is over
	past  time.Duration // what happens next does so so long after the cancel
	late  bool          // a task outlasts Draining

	// How each ended, in the order in which it did.
	main, stopped, task, hook []end
}

// end is how something ended.
type end struct {
	err   error
	clean bool // it is no error where every leaf is a clean one
}

// chance is true once in n times.
func (l *resultLife) chance(n int) bool { return l.draw(n) == 0 }

func (l *resultLife) draw(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.IntN(n)
}

// play plays the run.
func (l *resultLife) play() {
	parent, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	source := make(chan os.Signal, 1)
	l.settle(parent, source)
	l.result = l.run(func(ctx context.Context) error {
		l.registerHooks(ctx)
		time.Sleep(time.Second)
		l.Impl.Go(ctx, l.afterCancel)
		switch l.stop {
		case "main's exit":
			return l.mainEnds(ctx)
		case "Stop(ctx, nil)":
			l.Impl.Stop(ctx, nil)
		case "Stop(ctx, err)":
			l.Impl.Stop(ctx, l.ends(&l.stopped, false))
		case "a task":
			l.Impl.Go(ctx, func(context.Context) error { return l.ends(&l.task, false) })
		case "the parent":
			l.given = l.shape(false)
			cancel(l.given)
		case "a signal":
			source <- process.Terminate
		}
		play.Wait(ctx.Done(), time.Hour)
		time.Sleep(l.next())
		return l.mainEnds(ctx)
	}, l.settings)
	time.Sleep(2 * time.Hour)
}

// settle draws the settings, and what stops the run.
func (l *resultLife) settle(parent context.Context, source <-chan os.Signal) {
	s := subject.Settings{Drain: time.Minute, Shutdown: time.Hour, Signals: source}
	reasons := []string{"main's exit", "Stop(ctx, nil)"}
	if !l.clean { // else nothing more is to fail
		reasons = append(reasons, "Stop(ctx, err)", "a task")
	}
	if l.offered[subject.NeedParent] {
		s.Parent, reasons = parent, append(reasons, "the parent")
	}
	if l.offered[subject.NeedSignals] {
		reasons = append(reasons, "a signal")
	}
	if l.offered[subject.NeedDelay] && l.chance(2) {
		s.Delay = 3 * time.Second
	}
	s.ManualStart = l.offered[subject.NeedManualStart] && l.chance(3)
	if l.signal {
		s.SignalError, reasons = true, []string{"a signal"}
	}
	l.stop, l.settings = reasons[l.draw(len(reasons))], s
}

// mainEnds is how main ends. In its place, a task may fail.
func (l *resultLife) mainEnds(ctx context.Context) error {
	if l.signal {
		l.Impl.Stop(ctx, l.ends(&l.stopped, false))
	}
	if l.clean && (l.stop == "main's exit" || l.chance(2)) {
		l.Impl.Go(ctx, func(context.Context) error {
			play.Wait(ctx.Done(), time.Hour)
			time.Sleep(l.next())
			return l.ends(&l.task, true)
		})
		return nil
	}
	return l.ends(&l.main, l.stop != "main's exit")
}

// afterCancel is a task that starts, when the context is over, what else fails.
func (l *resultLife) afterCancel(ctx context.Context) error {
	play.Wait(ctx.Done(), time.Hour)
	l.mu.Lock()
	l.cause = context.Cause(ctx)
	l.mu.Unlock()
	for range l.draw(l.tasks + 1) {
		after := l.next()
		if l.hooks > 0 && l.chance(4) {
			after += 2 * time.Minute // in Hooks
			l.late = true
		}
		l.Impl.Go(ctx, func(context.Context) error { time.Sleep(after); return l.ends(&l.task, true) })
	}
	for range l.draw(l.stops + 1) {
		time.AfterFunc(l.next(), func() { l.Impl.Stop(ctx, l.ends(&l.stopped, false)) })
	}
	return nil
}

// registerHooks registers hooks, of which the first to run outlasts all that fails
// elsewhere.
func (l *resultLife) registerHooks(ctx context.Context) {
	for range l.draw(l.hooks + 1) {
		l.Impl.OnShutdown(ctx, func() error { return l.ends(&l.hook, false) })
	}
	if l.hooks > 0 && l.chance(3) {
		l.Impl.OnShutdown(ctx, func() error { l.Impl.Stop(ctx, l.ends(&l.stopped, false)); return nil })
	}
	l.Impl.OnShutdown(ctx, func() error { time.Sleep(10 * time.Minute); return nil })
}

// next returns a time after the cancel at which nothing else happens.
func (l *resultLife) next() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.past += time.Duration(100+l.r.IntN(300)) * time.Millisecond
	return l.past
}

// ends draws an error, and notes that something ends with it.
func (l *resultLife) ends(list *[]end, clean bool) error {
	err := l.shape(clean)
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, end{err, clean})
	return err
}
