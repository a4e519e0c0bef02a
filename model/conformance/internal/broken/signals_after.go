package broken

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// afterSignalCases go wrong after a real signal only. They offer no source of
// signals, so only lives in real time can show it.
func afterSignalCases() []Case {
	return []Case{
		wrongAfterSignal("after a signal the context is cancelled a second late", "SIG-1", func(i *impl, signalled func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				late, cancel := context.WithCancel(context.WithoutCancel(ctx))
				context.AfterFunc(ctx, func() {
					if signalled(ctx) {
						time.Sleep(time.Second)
					}
					cancel()
				})
				return main(late)
			})
		}),
		wrongAfterSignal("after a signal main's error is lost", "RUN-6", func(i *impl, signalled func(context.Context) bool) {
			beforeMain(i, func(ctx context.Context, main task) error {
				if err := main(ctx); !signalled(ctx) {
					return err
				}
				return nil
			})
		}),
		wrongAfterSignal("after a signal drain groups are not waited for", "DRAIN-1 DRAIN-3", func(i *impl, signalled func(context.Context) bool) {
			group := i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				known, own := group(ctx), new(sync.WaitGroup)
				known.Add(1)
				context.AfterFunc(ctx, func() {
					defer known.Done()
					if !signalled(ctx) {
						defer func() { _ = recover() }() // of a group that is used again
						own.Wait()
					}
				})
				return own
			}
		}).mayBreak("DRAIN-2"), // nothing is left that the drain timeout could cut
	}
}

type signalsKey struct{}

// wrongAfterSignal is wrongPlain for a change that asks whether the run of a context
// has had a signal.
func wrongAfterSignal(name, breaks string, change func(i *impl, signalled func(context.Context) bool)) Case {
	return wrongPlain(name, breaks, func(i *impl) {
		run := i.Run
		i.Run = func(main task, drain, shutdown time.Duration) error {
			heard := make(chan os.Signal, 1)
			signal.Notify(heard, os.Interrupt, syscall.SIGTERM)
			defer signal.Stop(heard)
			return run(func(ctx context.Context) error {
				return main(context.WithValue(ctx, signalsKey{}, heard))
			}, drain, shutdown)
		}
		change(i, func(ctx context.Context) bool {
			heard, _ := ctx.Value(signalsKey{}).(chan os.Signal)
			return len(heard) > 0
		})
	})
}

// beforeMain has f called in place of main, where there is no RunWith.
func beforeMain(i *impl, f func(ctx context.Context, main task) error) {
	run := i.Run
	i.Run = func(main task, drain, shutdown time.Duration) error {
		return run(func(ctx context.Context) error { return f(ctx, main) }, drain, shutdown)
	}
}
