package checks

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ForcedAsItEnds checks SIG-2: an interrupt comes at the instant at which the drain timeout
// or the shutdown timeout runs out, or work or a hook ends. Either may come first; but
// what comes second finds the phase over, and must do no harm. Each is tried often, as
// it is left to chance which of the two is. After the drain timeout hooks may begin 100 ms
// later (DRAIN-2).
func ForcedAsItEnds(c *Checker) {
	const limit = 2 * time.Second
	for what, begin := range map[string]func(ctx context.Context, stay func()){
		"the drain timeout runs out":    func(ctx context.Context, stay func()) { c.Impl.DrainGroup(ctx).Go(stay) },
		"the shutdown timeout runs out": func(ctx context.Context, stay func()) { c.hook(ctx, stay) },
		"a group is done":               func(ctx context.Context, _ func()) { c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(limit) }) },
		"a hook ends":                   func(ctx context.Context, _ func()) { c.hook(ctx, func() { time.Sleep(limit) }) },
	} {
		for range 20 {
			c.bubble(func() {
				source, release := make(chan os.Signal, 2), make(chan struct{})
				defer close(release)
				began := time.Now()
				var hooks atomic.Int32
				_ = c.run(func(ctx context.Context) error {
					c.hook(ctx, func() { hooks.Add(1) })
					begin(ctx, func() { <-release })
					source <- os.Interrupt
					time.AfterFunc(limit, func() { source <- os.Interrupt })
					play.Wait(ctx.Done(), time.Hour)
					return nil
				}, subject.Settings{Signals: source, Drain: limit, Shutdown: limit})
				took := time.Since(began)
				time.Sleep(time.Second) // for a hook that was abandoned
				c.expect(took >= limit && took <= limit+100*time.Millisecond+slack && hooks.Load() <= 1, "an interrupt forces the end of a phase just as %s, after %v: Run returns after %v, and a hook runs %d times, want once", what, limit, took, hooks.Load())
			})
		}
	}
}
