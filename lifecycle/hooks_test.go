package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/lifecycle"
)

var (
	quiet     = slog.New(slog.DiscardHandler)
	interrupt = syscall.SIGINT
)

func goexit(context.Context) error { runtime.Goexit(); return nil }

func TestHooksRunLastRegisteredFirstEvenIfTheyFail(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		hook := func(name string, end func() error) func() error {
			return func() error {
				w.note("%s begins", name)
				sleep(1)
				return end()
			}
		}
		var places []string // of those that fail, the last registered first
		at := func(place string) { places = append([]string{place}, places...) }
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, hook("first", func() error { return nil }))
			at(here(1))
			lifecycle.OnShutdown(ctx, hook("fails", func() error { return errBoom }))
			at(here(1))
			lifecycle.OnShutdown(ctx, hook("panics", func() error { panic("hook") }))
			at(here(1))
			lifecycle.OnShutdown(ctx, hook("goes", func() error { return goexit(ctx) }))
			at(here(1))
			lifecycle.OnShutdown(ctx, nil)
			return nil
		})
		w.expect("0s goes begins", "1s panics begins", "2s fails begins", "3s first begins")
		tree, _ := err.(interface{ Unwrap() []error })
		if tree == nil || len(tree.Unwrap()) != 4 {
			t.Fatalf("HOOK-2: Run returned %v", err)
		}
		for i, want := range []func(error) bool{
			func(err error) bool { return err != nil && err.Error() == "the hook is nil" },
			func(err error) bool { return err == lifecycle.ErrGoexit },
			func(err error) bool {
				p, ok := err.(*lifecycle.PanicError)
				return ok && p.Value == "hook" && strings.Contains(string(p.Stack), "hooks_test.go:")
			},
			func(err error) bool { return err == errBoom },
		} {
			var hook *lifecycle.HookError
			if e := tree.Unwrap()[i]; !errors.As(e, &hook) || !want(hook.Err) || hook.Place != places[i] {
				t.Errorf("HOOK-2: error %d is %v, of the hook registered at %s", i, e, places[i])
			}
		}
	})
}

func TestShutdownTimeoutListsRunningAndSkippedHooks(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var hung, first string
		release := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			first = here(1)
			lifecycle.OnShutdown(ctx, func() error { t.Error("must not run"); return nil })
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { t.Error("must not run"); return nil }, lifecycle.HookName("db"))
			hung = here(1)
			lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
				defer func() { w.note("%v, %v", ctx.Err(), context.Cause(ctx)) }()
				<-ctx.Done()
				<-release
				return errBoom
			})
			lifecycle.OnShutdown(ctx, func() error { sleep(4); return nil })
			return nil
		})
		w.note("returned")
		var timeout *lifecycle.ShutdownTimeoutError
		if !errors.As(err, &timeout) || !errors.Is(err, lifecycle.ErrShutdownTimeout) {
			t.Fatalf("HOOK-3: Run returned %v", err)
		}
		if !strings.HasSuffix(timeout.Running, hung) || timeout.RunningFor != 6*time.Second || len(timeout.NotRun) != 2 ||
			!strings.Contains(timeout.NotRun[0], "hook db registered at ") || !strings.HasSuffix(timeout.NotRun[1], first) {
			t.Errorf("HOOK-3: %+v", timeout)
		}
		if len(timeout.Ran) != 1 || timeout.Ran[0].Took != 4*time.Second || !strings.Contains(err.Error(), "took longest, 4s") {
			t.Errorf("HOOK-3: the error does not list what ran before: %v", err)
		}
		close(release)
		sleep(1)
		w.expectLog("ERROR", "failed too late", hung, "boom") // HOOK-8
		w.expect("10s returned", "10s context deadline exceeded, "+lifecycle.ErrShutdownTimeout.Error())
	})
}

func TestHooksRegisteredLate(t *testing.T) {
	t.Run("HOOK-4: in Hooks, it runs next", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				lifecycle.OnShutdown(ctx, func() error { w.note("first"); return nil })
				lifecycle.OnShutdown(ctx, func() error {
					lifecycle.OnShutdown(ctx, func() error { w.note("inner"); return nil })
					w.note("outer")
					return nil
				})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			w.expect("0s outer", "0s inner", "0s first")
		})
	})
	t.Run("HOOK-4: while Hooks waits for main, it runs at once", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			err := w.run(func(ctx context.Context) error {
				lifecycle.Stop(ctx, nil)
				sleep(7)
				lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
				sleep(1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			w.expect("7s hook")
		})
	})
	t.Run("HOOK-4: after Stopped, it runs before OnShutdown returns", func(t *testing.T) {
		inVirtualTime(t, func(w *world) {
			var ctx context.Context
			_ = w.run(func(c context.Context) error { ctx = c; return nil })
			lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
				deadline, _ := ctx.Deadline()
				sleep(1)
				w.note("hook, %v, %v", ctx.Err(), deadline.Sub(w.began))
				panic("late")
			})
			w.note("registered")
			lifecycle.OnShutdown(ctx, func() error { sleep(20); return errBoom })
			w.note("abandoned")
			w.expect("1s hook, <nil>, 10s", "1s registered", "11s abandoned")
			w.expectLog("ERROR", "registered after Stopped", "hooks_test.go:")
			w.expectLog("ERROR", "failed too late", "panic", "late")
			w.expectLog("ERROR", "is abandoned")
			sleep(20)
			w.expectLog("ERROR", "failed too late", "boom")
		})
	})
}

func TestHookContext(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		parent := context.WithValue(context.Background(), worldKey{}, "value")
		err := w.run(func(ctx context.Context) error {
			note := func(ctx context.Context) error {
				deadline, _ := ctx.Deadline()
				w.note("%v %v until %v", ctx.Err(), ctx.Value(worldKey{}), deadline.Sub(w.began))
				sleep(1)
				return nil
			}
			lifecycle.OnShutdownContext(ctx, note, lifecycle.HookTimeout(time.Hour))
			lifecycle.OnShutdownContext(ctx, note, lifecycle.HookTimeout(2*time.Second))
			lifecycle.OnShutdownContext(ctx, note, lifecycle.HookTimeout(-1), nil)
			lifecycle.Stop(ctx, nil)
			return nil
		}, lifecycle.WithContext(parent))
		if err != nil {
			t.Error(err)
		}
		w.expect("0s <nil> value until 10s", "1s <nil> value until 3s", "2s <nil> value until 10s") // HOOK-5
		w.expectLog("ERROR", "OnShutdownContext: option 2 is nil", "hooks_test.go:")
	})
}

func TestHookThatExceedsItsTimeoutIsAbandoned(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("next"); return nil })
			lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
				context.AfterFunc(ctx, func() { w.note("%v", context.Cause(ctx)) })
				sleep(4)
				return errBoom // HOOK-8: changes nothing
			}, lifecycle.HookTimeout(3*time.Second), lifecycle.HookName("slow"))
			return nil
		})
		var hook *lifecycle.HookError
		if !errors.As(err, &hook) || hook.Name != "slow" || !errors.Is(err, lifecycle.ErrShutdownTimeout) || errors.Is(err, errBoom) {
			t.Errorf("HOOK-6: Run returned %v", err)
		}
		sleep(2)
		w.mu.Lock()
		slices.Sort(w.notes) // both come at the same instant
		w.mu.Unlock()
		w.expect("3s "+lifecycle.ErrShutdownTimeout.Error(), "3s next")
		w.expectLog("ERROR", "failed too late", "boom")
	})
}

func TestHookThatUsesTheRunsContextGetsAHint(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { return fmt.Errorf("shutdown: %w", ctx.Err()) })
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		w.expectLog("ERROR", "used the run's context", "OnShutdownContext") // HOOK-6
	})
}

// HOOK-1, HOOK-7: registrations from many goroutines lose none, and each
// goroutine's hooks run in reverse order, each once.
func TestHooksRegisteredConcurrentlyKeepEachGoroutinesOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 8).Draw(rt, "hooks of each goroutine")
		ran := make([][]int, len(counts))
		err := lifecycle.Run(func(ctx context.Context) error {
			var all sync.WaitGroup
			for g, n := range counts {
				all.Go(func() {
					for i := range n {
						lifecycle.OnShutdown(ctx, func() error { ran[g] = append(ran[g], i); return nil })
					}
				})
			}
			all.Wait()
			return nil
		}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
		if err != nil {
			rt.Fatal(err)
		}
		for g, n := range counts {
			var want []int
			for i := range n {
				want = append([]int{i}, want...)
			}
			if !slices.Equal(ran[g], want) {
				rt.Fatalf("goroutine %d: ran %v, want %v", g, ran[g], want)
			}
		}
	})
}

func TestHooksMayCallAnyFunction(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				lifecycle.Stop(ctx, nil)
				lifecycle.MarkStarted(ctx)
				lifecycle.DrainGroup(ctx).Wait()
				lifecycle.WorkContext(ctx)
				return w.run(func(context.Context) error { w.note("inner run"); return nil }, lifecycle.WithContext(context.WithoutCancel(ctx)))
			})
			return nil
		})
		if err != nil {
			t.Errorf("HOOK-7: %v", err)
		}
		w.expect("0s inner run")
	})
}
