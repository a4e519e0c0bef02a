package conformance

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"
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
	err := c.impl.Run(func(ctx context.Context) error {
		raise(terminate)
		wait(ctx.Done(), soon)
		for range 3 {
			raise(terminate)
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	}, 0, 0)
	c.expect(err == nil, "Run returns %v", err)
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

func checkMainStays(c *checker) {
	release := make(chan struct{})
	defer close(release)
	hook, began := false, time.Now()
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { hook = true; return nil })
		raise(terminate)
		<-release
		return nil
	}, 20*time.Millisecond, 50*time.Millisecond)
	c.expect(err != nil && hook, "Run returns %v, and the hook ran: %t", err, hook)
	c.expect(time.Since(began) < soon, "Run returns after %v", time.Since(began))
}

// checkMainFirst has hooks wait for main, which takes its time after cancel.
func checkMainFirst(c *checker) {
	back, early := make(chan struct{}), false
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error {
			select {
			case <-back:
			default:
				early = true
			}
			return nil
		})
		raise(terminate)
		wait(ctx.Done(), soon)
		time.Sleep(20 * time.Millisecond)
		close(back)
		return nil
	}, soon, 0)
	c.expect(err == nil && !early, "Run returns %v; hooks began before main was back: %t", err, early)
}

func checkGroupWhileDraining(c *checker) {
	var done atomic.Bool
	early := false
	err := c.impl.Run(func(ctx context.Context) error {
		c.impl.OnShutdown(ctx, func() error { early = !done.Load(); return nil })
		// Work that is waited for makes it, so that it is made while Draining
		// whether main is waited for or not.
		c.impl.DrainGroup(ctx).Go(func() {
			wait(ctx.Done(), soon)
			c.impl.DrainGroup(ctx).Go(func() {
				time.Sleep(30 * time.Millisecond)
				done.Store(true)
			})
		})
		raise(terminate)
		wait(ctx.Done(), soon)
		return nil
	}, 0, 0)
	c.expect(err == nil && !early, "Run returns %v; hooks began before the work was done: %t", err, early)
}

func checkClosedSource(c *checker) {
	c.bubble(func() {
		source := make(chan os.Signal)
		close(source)
		began := time.Now()
		err := c.run(func(ctx context.Context) error {
			wait(ctx.Done(), time.Second)
			return nil
		}, Settings{Signals: source})
		c.expect(err == nil && about(time.Since(began), time.Second), "Run returns %v after %v, want nil after 1s", err, time.Since(began))
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
	if scene != sceneDefaultEffect {
		os.Exit(3)
	}
	if err := impl.Run(func(context.Context) error { return nil }, 0, 0); err != nil {
		os.Exit(4)
	}
	raise(terminate)
	time.Sleep(soon)
	os.Exit(5)
}
