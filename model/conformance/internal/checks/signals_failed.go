package checks

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// The ways in which a run fails, each a scene: after it a signal has its default
// effect as after any other.
var failures = map[string]func(impl *subject.Implementation) error{
	"main fails": func(impl *subject.Implementation) error {
		return impl.Run(func(context.Context) error { return errors.New("error of main") }, 0, 0)
	},
	"hooks time out": func(impl *subject.Implementation) error {
		return impl.Run(func(ctx context.Context) error {
			impl.OnShutdown(ctx, func() error { select {} })
			return nil
		}, 0, 10*time.Millisecond)
	},
	"main does not return": func(impl *subject.Implementation) error {
		return impl.Run(func(context.Context) error {
			process.Raise(process.Terminate)
			select {}
		}, 20*time.Millisecond, 20*time.Millisecond)
	},
	"arguments are refused": func(impl *subject.Implementation) (err error) {
		for _, misuse := range impl.Misuses {
			if misuse.Run != nil {
				func() {
					defer func() { _ = recover() }() // that it panics is another matter
					err = misuse.Run(func(context.Context) error { return nil })
				}()
			}
		}
		return err
	},
	"draining times out": func(impl *subject.Implementation) error {
		return impl.Run(func(ctx context.Context) error {
			impl.DrainGroup(ctx).Add(1)
			return nil
		}, 10*time.Millisecond, 0)
	},
}

// DefaultEffectAfterFailure checks SIG-3. It has runs fail, each in a process of its own.
func DefaultEffectAfterFailure(c *Checker) {
	var all sync.WaitGroup
	defer all.Wait()
	for scene := range failures {
		all.Go(func() {
			died, err := c.child.PlayScene(scene)
			c.expect(err == nil && died == process.Terminate, "%s, and after Run returned the process ended by %v (%v), want %v", scene, died, err, process.Terminate)
		})
	}
}

// playFailure fails, and then signals itself.
func playFailure(scene string, impl *subject.Implementation) {
	fail := failures[scene]
	if fail == nil {
		os.Exit(3)
	}
	// Whether it returns, and fails, is for other clauses to say.
	giveUp := time.AfterFunc(process.Soon/2, func() {
		signal.Reset(process.Terminate)
		process.Raise(process.Terminate)
	})
	_ = fail(impl)
	giveUp.Stop()
	process.Raise(process.Terminate)
	time.Sleep(process.Soon)
	os.Exit(5)
}
