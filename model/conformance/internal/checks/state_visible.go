package checks

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// VisibleAtStop checks STATE-5: draining is visible to a goroutine that waits for the
// cancellation, after Stop.
func VisibleAtStop(c *Checker) {
	c.watchCancel(func(ctx context.Context) {
		c.Impl.Stop(ctx, nil)
		play.Wait(ctx.Done(), process.Soon)
	})
}

// VisibleAtExit checks STATE-5: draining is visible to a goroutine that waits for the
// cancellation, after main's exit.
func VisibleAtExit(c *Checker) {
	c.watchCancel(func(context.Context) {})
}

// VisibleAtParentsEnd checks STATE-5: draining is visible to a goroutine that waits for
// the cancellation, after the parent's end.
func VisibleAtParentsEnd(c *Checker) {
	var cancel context.CancelFunc
	c.watchCancelWith(func() subject.Settings {
		var s subject.Settings
		s.Parent, cancel = context.WithCancel(context.Background())
		return s
	}, func(ctx context.Context) {
		cancel()
		play.Wait(ctx.Done(), process.Soon)
	})
}

// watchCancel looks for a moment at which the context is cancelled and the
// state is not Draining yet, in real time and on every processor. It would be
// short, so it is made longer: to cancel a context takes as long as to begin
// the functions that wait for it, and these are many, and look.
func (c *Checker) watchCancel(main func(ctx context.Context)) {
	c.watchCancelWith(func() subject.Settings { return subject.Settings{} }, main)
}

// watchCancelWith is watchCancel with settings.
func (c *Checker) watchCancelWith(settings func() subject.Settings, main func(ctx context.Context)) {
	none := make(chan os.Signal)
	for n, began := 0, time.Now(); n < 10 && (n < 3 || time.Since(began) < 40*time.Millisecond); n++ {
		var watchers sync.WaitGroup
		var seen sync.Map
		s := settings()
		s.Signals = none
		_ = c.run(func(ctx context.Context) error {
			for range 2000 {
				watchers.Add(1)
				context.AfterFunc(ctx, func() {
					defer watchers.Done()
					seen.Store(c.Impl.State(ctx), true)
				})
			}
			main(ctx)
			return nil
		}, s)
		over := make(chan struct{})
		go func() { defer close(over); watchers.Wait() }()
		play.Wait(over, process.Soon)
		for _, state := range []model.State{model.Starting, model.Running} {
			if _, early := seen.Load(string(state)); early {
				c.Errorf("the context is cancelled, and the state is %s, want draining or later", state)
				return
			}
		}
	}
}
