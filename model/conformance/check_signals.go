package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
)

// soon is how long a real signal may take to have its effect.
const soon = 5 * time.Second

// signalled runs a main that has a signal sent to the process, and waits for
// its context. It returns whether the hook ran, and Run's error.
func (c *checker) signalled(send func()) (hook bool, err error) {
	err = c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { hook = true; return nil })
		send()
		select {
		case <-ctx.Done():
		case <-time.After(soon):
			c.errorf("the context is not cancelled by the signal")
		}
		return nil
	}, 0, 0)
	return hook, err
}

func checkRealSignals(c *checker) {
	for _, sig := range []os.Signal{terminate, os.Interrupt} {
		hook, err := c.signalled(func() { time.AfterFunc(10*time.Millisecond, func() { raise(sig) }) })
		c.expect(hook && err == nil, "%v: Run returns %v, and the hook ran: %t", sig, err, hook)
	}
}

func checkFirstLineSignal(c *checker) {
	hook, err := c.signalled(func() { raise(terminate) })
	c.expect(hook && err == nil, "Run returns %v, and the hook ran: %t", err, hook)
}

// checkFurtherSIGTERM fails by the death of the process.
func checkFurtherSIGTERM(c *checker) {
	further := func() {
		for range 3 {
			raise(terminate)
			time.Sleep(3 * time.Millisecond)
		}
	}
	hook := false
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { further(); hook = true; return nil })
		raise(terminate)
		wait(ctx.Done(), soon)
		further()
		return nil
	}, 0, 0)
	c.expect(err == nil && hook, "Run returns %v, and the hook ran: %t", err, hook)
}

// checkSignalsUntilReturn fails by the death of the process, where Run lets go of
// signals before its observers and its log are done.
func checkSignalsUntilReturn(c *checker) {
	// Run waits for them for 100 ms, and a machine may be late.
	var hook atomic.Int64
	began := time.Now()
	further := func() {
		if at := hook.Load(); at > 0 && time.Since(began)-time.Duration(at) < 50*time.Millisecond {
			raise(terminate)
		}
	}
	main := func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { hook.Store(int64(time.Since(began))); return nil })
		return nil
	}
	err := c.run(main, Settings{Observe: func(s Step) {
		if s.To == string(model.Stopped) {
			further()
		}
	}})
	c.expect(err == nil, "SIGTERM comes while an observer sees that the run is stopped, and Run returns %v", err)
	hook.Store(0)
	err = c.run(main, Settings{Log: func(string, string) { further() }})
	c.expect(err == nil, "SIGTERM comes while the log is written, and Run returns %v", err)
}

func checkSignalStopsAll(c *checker) {
	results, ready := make(chan error, 2), make(chan struct{}, 2)
	for range 2 {
		go func() {
			results <- c.impl.Run(func(ctx context.Context) error {
				ready <- struct{}{}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(soon):
					return errors.New("the context is not cancelled by the signal")
				}
			}, 0, 0)
		}()
	}
	<-ready
	<-ready
	raise(terminate)
	for range 2 {
		err := <-results
		c.expect(err == nil, "one of two runs returns %v", err)
	}
}

// checkMainStays has a main that never comes back. A process that is late by
// half of the drain timeout may take that for over.
func checkMainStays(c *checker) {
	c.thrice(func() string {
		release := make(chan struct{})
		defer close(release)
		hook, began := false, time.Now()
		err := c.impl.Run(func(ctx context.Context) error {
			c.impl.OnShutdown(ctx, func() error { hook = true; return nil })
			raise(terminate)
			<-release
			return nil
		}, 40*time.Millisecond, 30*time.Millisecond)
		took := time.Since(began)
		switch {
		case err == nil || !hook || took > soon:
			return fmt.Sprintf("Run returns %v after %v, and the hook ran: %t", err, took, hook)
		case c.offered[NeedIs] && !c.impl.Is(err, model.MainRunning):
			return fmt.Sprintf("Run returns %v, want that main is still running", err)
		case c.offered[NeedIs] && c.impl.Is(err, model.DrainTimeout):
			return fmt.Sprintf("Run returns %v, and no work was out", err)
		}
		return ""
	})
}

// sceneDefaultEffect is a process of its own: it lives through a run, signals
// itself, and should not live on.
const sceneDefaultEffect = "default effect"

func checkDefaultEffect(c *checker) {
	died, err := c.child.scene(sceneDefaultEffect)
	c.expect(err == nil && died == terminate, "after Run returned, the process ended by %v (%v), want %v", died, err, terminate)
}

// playScene is what a process does that was started for a scene.
func playScene(scene string, impl Implementation) {
	switch scene {
	case scenePipeline:
		playPipeline(impl, nil)
	case sceneSource:
		playPipeline(impl, make(chan os.Signal, 1))
	case sceneDefaultEffect:
	default:
		os.Exit(3)
	}
	if err := impl.Run(func(context.Context) error { return nil }, 0, 0); err != nil {
		os.Exit(4)
	}
	raise(terminate)
	time.Sleep(soon)
	os.Exit(5)
}
