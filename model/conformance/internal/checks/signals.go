package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// signalled runs a main that has a signal sent to the process, and waits for
// its context. It returns whether the hook ran, and Run's error.
func (c *Checker) signalled(send func()) (hook bool, err error) {
	err = c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { hook = true; return nil })
		send()
		select {
		case <-ctx.Done():
			c.mayBeOf("HOOK-1")
		case <-time.After(process.Soon):
			c.Errorf("the context is not cancelled by the signal")
		}
		return nil
	}, 0, 0)
	return hook, err
}

// stopBySignal sends the process a SIGTERM, and again until the runs whose contexts
// these are have heard it, for at most [process.Soon]. Whether a run hears the first
// one in main's first line is for SIG-1 to say: here one that is not heard ends
// nothing. It says whether all have.
func stopBySignal(runs ...context.Context) (heardByAll bool) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, process.Terminate)
	defer signal.Stop(heard)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	tooLate := time.After(process.Soon)
	for _, ctx := range runs {
		for ctx.Err() == nil {
			process.Raise(process.Terminate)
			select {
			case <-ctx.Done():
			case <-again.C:
			case <-tooLate:
				return false
			}
		}
	}
	return true
}

// RealSignals checks SIG-1: a real SIGTERM and a real SIGINT.
func RealSignals(c *Checker) {
	for _, sig := range []os.Signal{process.Terminate, os.Interrupt} {
		hook, err := c.signalled(func() { time.AfterFunc(10*time.Millisecond, func() { process.Raise(sig) }) })
		c.expect(hook && err == nil, "%v comes: Run returns %v, want nil, and the hook ran: %t, want true", sig, err, hook)
	}
}

// FirstLineSignal checks SIG-1: a signal in main's first line.
func FirstLineSignal(c *Checker) {
	hook, err := c.signalled(func() { process.Raise(process.Terminate) })
	c.expect(hook && err == nil, "Run returns %v, want nil, and the hook ran: %t, want true", err, hook)
}

// SignalAmongCalls checks SIG-1: a signal that comes while the run is called all the time
// is not lost.
func SignalAmongCalls(c *Checker) {
	for round := range 6 {
		heard := false
		_ = c.Impl.Run(func(ctx context.Context) error {
			var over atomic.Bool
			var callers sync.WaitGroup
			for range 3 {
				callers.Go(func() {
					for !over.Load() {
						c.Impl.MarkStarted(ctx)
					}
				})
			}
			time.Sleep(time.Millisecond)
			process.Raise(process.Terminate)
			play.Wait(ctx.Done(), process.Soon)
			heard = ctx.Err() != nil
			over.Store(true)
			callers.Wait()
			return nil
		}, 0, 0)
		if !heard {
			c.Errorf("in round %d, SIGTERM comes while MarkStarted is called all the time, and the context is live %v later", round+1, process.Soon)
			return
		}
	}
}

// FurtherSIGTERM checks SIG-1: a further SIGTERM does not kill the process. It fails by
// the death of the process.
func FurtherSIGTERM(c *Checker) {
	further := func() {
		for range 3 {
			process.Raise(process.Terminate)
			time.Sleep(3 * time.Millisecond)
		}
	}
	c.mayBeOf("HOOK-1")
	hook := false
	err := c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { further(); hook = true; return nil })
		process.Raise(process.Terminate)
		play.Wait(ctx.Done(), process.Soon)
		further()
		return nil
	}, 0, 0)
	c.expect(err == nil && hook, "Run returns %v, want nil, and the hook ran: %t, want true", err, hook)
	hooks := 0
	err = c.Impl.Run(func(ctx context.Context) error {
		for range 2 {
			c.Impl.OnShutdown(ctx, func() error { further(); hooks++; return errors.New("error of the hook") })
		}
		group := c.Impl.DrainGroup(ctx)
		group.Add(1)
		time.AfterFunc(process.Soon, group.Done) // by then the drain timeout has run out
		return errors.New("error of main")
	}, 20*time.Millisecond, 0)
	c.expect(err != nil && hooks > 0, "the drain timeout runs out, SIGTERMs come in hooks that fail, Run returns %v, and %d hooks ran", err, hooks)
}

// SignalsUntilReturn checks SIG-1: signals are handled until observers and log are done.
// It fails by the death of the process, where Run lets go of signals before its observers
// and its log are done.
func SignalsUntilReturn(c *Checker) {
	// Run waits for them for 100 ms, and a machine may be late.
	var hook atomic.Int64
	began := time.Now()
	further := func() {
		if at := hook.Load(); at > 0 && time.Since(began)-time.Duration(at) < 50*time.Millisecond {
			process.Raise(process.Terminate)
			time.Sleep(10 * time.Millisecond) // by then it has come
		}
	}
	main := func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error { hook.Store(int64(time.Since(began))); return nil })
		return nil
	}
	for range 3 { // in one of which it is in time, on a busy machine too
		hook.Store(0)
		err := c.run(main, subject.Settings{Observe: func(s subject.Step) {
			if s.To == string(model.Stopped) {
				further()
			}
		}})
		c.expect(err == nil, "SIGTERM comes while an observer sees that the run is stopped, and Run returns %v, want nil", err)
		hook.Store(0)
		err = c.run(main, subject.Settings{Log: func(string, string) { further() }})
		c.expect(err == nil, "SIGTERM comes while the log is written, and Run returns %v, want nil", err)
	}
}

// SignalStopsAll checks RUN-9: one signal stops all that are running, few and many, after
// another run has ended.
func SignalStopsAll(c *Checker) {
	for _, runs := range []int{2, 40} {
		results, running := make(chan error, runs), make(chan struct{}, runs)
		for range runs {
			go func() {
				results <- c.Impl.Run(func(ctx context.Context) error {
					running <- struct{}{}
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(process.Soon):
						return errors.New("the context is not cancelled by the signal")
					}
				}, 0, 0)
			}()
		}
		for range runs {
			<-running
		}
		err := c.Impl.Run(func(context.Context) error { return nil }, 0, 0)
		c.expect(err == nil, "a run beside %d others returns %v, want nil", runs, err)
		c.mayBeOf("SIG-1")
		var failed error
		heard := make(chan os.Signal, 1) // so that a run which does not hear it is no death
		signal.Notify(heard, process.Terminate)
		process.Raise(process.Terminate)
		for range runs {
			failed = cmp.Or(<-results, failed)
		}
		signal.Stop(heard)
		if failed != nil {
			c.Errorf("one of %d runs returns %v, want nil", runs, failed)
			return
		}
	}
}

// SignalStopsRunInHook checks RUN-9: a run that a hook begins is stopped by a signal, too.
func SignalStopsRunInHook(c *Checker) {
	var deaf atomic.Bool
	_ = c.Impl.Run(func(ctx context.Context) error {
		if stopBySignal(ctx); ctx.Err() == nil {
			return nil // for SIG-1 to report
		}
		c.Impl.OnShutdown(ctx, func() error {
			return c.Impl.Run(func(ctx context.Context) error {
				stopBySignal(ctx)
				deaf.Store(ctx.Err() == nil)
				return nil
			}, 0, 0)
		})
		return nil
	}, 0, 0)
	c.expect(!deaf.Load(), "SIGTERM comes, a hook begins a run, SIGTERM comes again, and %v later the context of that run is live", process.Soon)
}

// MainStays checks RUN-11: a main that never comes back. A process that is late by half of
// the drain timeout may take that for over.
func MainStays(c *Checker) {
	const drain, shutdown, hookTakes, late = 40 * time.Millisecond, 400 * time.Millisecond, 250 * time.Millisecond, 150 * time.Millisecond
	c.mayBeOf("HOOK-1", "STATE-2")
	c.retried(func() string {
		release, cancel := context.WithTimeout(context.Background(), process.Soon)
		defer cancel()
		began := time.Now()
		var hook atomic.Bool
		var stopped atomic.Int64 // after began
		err := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { hook.Store(true); time.Sleep(hookTakes); return nil })
			c.stopBySignal(ctx)
			stopped.Store(int64(time.Since(began)))
			<-release.Done()
			return nil
		}, drain, shutdown)
		took := time.Since(began) - time.Duration(stopped.Load())
		switch {
		case release.Err() != nil:
			return fmt.Sprintf("main does not return, and Run has not returned after %v", process.Soon)
		case err == nil || !hook.Load():
			return fmt.Sprintf("Run returns %v after %v, want an error, and the hook ran: %t, want true", err, took, hook.Load())
		case took > drain+shutdown+late:
			return fmt.Sprintf("main does not return, a hook takes %v, and Run returns %v after the signal, want %v at most: %v and %v", hookTakes, took, drain+shutdown, drain, shutdown)
		case c.offered[subject.NeedIs] && !c.Impl.Is(err, model.MainRunning):
			return fmt.Sprintf("Run returns %v, want the error of a main that is still running", err)
		case c.offered[subject.NeedIs] && c.Impl.Is(err, model.DrainTimeout):
			return fmt.Sprintf("Run returns %v, want no drain timeout: no work was out", err)
		}
		return ""
	})
}

// sceneDefaultEffect is a process of its own: it lives through a run, signals
// itself, and should not live on.
const sceneDefaultEffect = "default effect of "

// ended are the signals that end a process by default, and that a library may catch.
var ended = []os.Signal{process.Terminate, os.Interrupt, syscall.SIGHUP}

// DefaultEffect checks SIG-3: after Run each signal ends the process.
func DefaultEffect(c *Checker) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, sig := range ended {
		if signal.Ignored(sig) { // as under nohup, and so in the child
			continue
		}
		all.Go(func() {
			died, err := c.child.PlayScene(sceneDefaultEffect + sig.String())
			c.expect(err == nil && died == sig, "after Run returned, %v came, and the process ended by %v (%v)", sig, died, err)
		})
	}
}

// PlayScene is what a process does that was started for a scene.
func PlayScene(scene string, impl *subject.Implementation) {
	switch scene {
	case scenePipeline, sceneAfter, sceneEarlier:
		playPipeline(impl, nil, scene)
	case sceneSource:
		playPipeline(impl, make(chan os.Signal, 1), scene)
	}
	for _, sig := range ended {
		if scene == sceneDefaultEffect+sig.String() {
			playDefaultEffect(impl, sig)
		}
	}
	playFailure(scene, impl)
}

// playDefaultEffect signals itself after several runs, of which signals have stopped some.
func playDefaultEffect(impl *subject.Implementation, sig os.Signal) {
	heard := make(chan os.Signal, 8) // so that a run which does not hear it is no death
	signal.Notify(heard, process.Terminate, os.Interrupt)
	for _, stop := range []os.Signal{nil, process.Terminate, os.Interrupt, nil, nil} {
		err := impl.Run(func(ctx context.Context) error {
			if stop != nil {
				process.Raise(stop)
				play.Wait(ctx.Done(), process.Soon/8)
			}
			return nil
		}, 0, 0)
		if err != nil {
			os.Exit(4)
		}
	}
	signal.Stop(heard)
	process.Raise(sig)
	time.Sleep(process.Soon)
	os.Exit(5)
}
