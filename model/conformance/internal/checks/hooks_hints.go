package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// CanceledHint checks HOOK-6: a hook that used the run's context is reported, also when
// its error wraps what it calls has returned, or joins that with other errors, and in
// whichever way main and draining end.
func CanceledHint(c *Checker) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, depth := range []int{0, 1, 1, 1, 1, 2, 2, 2, 7, 64} {
		for how, register := range c.hooksOfAllKinds() {
			c.bubble(func() {
				log := &logbook{}
				var result error
				end, idle := r.IntN(3), func() {}
				_ = c.run(func(ctx context.Context) error {
					register(ctx, func() error {
						play.Wait(ctx.Done(), time.Second) // ctx may be derived from the one that is cancelled
						result = around(r, ctx.Err(), depth)
						return result
					})
					switch end {
					case 0:
						group := c.Impl.DrainGroup(ctx)
						group.Add(1) // until the drain timeout runs out
						idle = group.Done
					case 1:
						return errors.New("error of main")
					}
					return nil
				}, subject.Settings{Log: log.log, Drain: time.Second})
				idle()
				explained := log.hasLine(func(line string) bool { return strings.Contains(line, c.name("OnShutdownContext")) })
				c.expect(explained, "%s returns %v, which is context.Canceled to errors.Is, and no log line names %s%s; the log:\n%s", how, result, c.name("OnShutdownContext"),
					[]string{", after draining has timed out", ", after main has failed", ""}[end], log)
			})
		}
	}
}

// around draws an error that has another so deep in it.
func around(r *rand.Rand, err error, depth int) error {
	for range depth {
		other := fmt.Errorf("error %d", r.IntN(100))
		switch r.IntN(6) {
		case 0:
			err = fmt.Errorf("closing the store: %w", err)
		case 1:
			err = &url.Error{Op: "Get", URL: "x", Err: err}
		case 2:
			err = fmt.Errorf("%w, after %w", err, other)
		case 3:
			err = fmt.Errorf("%w, after %w", other, err)
		case 4:
			err = errors.Join(nil, err)
		default:
			all := make([]error, 1+r.IntN(7))
			for i := range all {
				all[i] = other
			}
			all[r.IntN(len(all))] = err
			err = errors.Join(all...)
		}
	}
	return err
}

// hooksOfAllKinds are the ways to register a hook.
func (c *Checker) hooksOfAllKinds() map[string]func(ctx context.Context, hook func() error) {
	all := map[string]func(ctx context.Context, hook func() error){
		"a hook": func(ctx context.Context, hook func() error) { c.Impl.OnShutdown(ctx, hook) },
		"a hook that a hook registers": func(ctx context.Context, hook func() error) {
			c.Impl.OnShutdown(ctx, func() error { c.Impl.OnShutdown(ctx, hook); return nil })
		},
	}
	if c.offered[subject.NeedOnShutdownContext] {
		for how, timeout := range map[string]time.Duration{"a hook with a context": 0, "a hook with a timeout": time.Second} {
			all[how] = func(ctx context.Context, hook func() error) {
				c.Impl.OnShutdownContext(ctx, func(context.Context) error { return hook() }, timeout)
			}
		}
	}
	return all
}
