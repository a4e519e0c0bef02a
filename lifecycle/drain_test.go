package lifecycle_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestHooksWaitForInFlightWork(t *testing.T) {
	for name, tc := range map[string]struct {
		main func(w *world, ctx context.Context)
		opts []lifecycle.Option
		want string // when the hook runs
		err  error
	}{
		"DRAIN-1: every group must be at zero": {func(w *world, ctx context.Context) {
			lifecycle.DrainGroup(ctx).Go(func() { sleep(2) })
			lifecycle.DrainGroup(ctx).Go(func() { sleep(3) })
			lifecycle.DrainGroup(ctx)
		}, nil, "3s", nil},
		"DRAIN-5: with main back and no work, hooks begin at once": {func(*world, context.Context) {}, nil, "0s", nil},
		"DRAIN-2: the timeout counts from cancel": {func(w *world, ctx context.Context) {
			lifecycle.DrainGroup(ctx).Go(func() { sleep(60) })
			sleep(1)
		}, nil, "16s", lifecycle.ErrDrainTimeout},
		"DRAIN-2: the timeout can be set": {func(w *world, ctx context.Context) {
			lifecycle.DrainGroup(ctx).Go(func() { sleep(60) })
		}, []lifecycle.Option{lifecycle.WithDrainTimeout(2 * time.Second)}, "2s", lifecycle.ErrDrainTimeout},
		"DRAIN-3: a group made while draining is waited for": {func(w *world, ctx context.Context) {
			lifecycle.DrainGroup(ctx).Go(func() {
				sleep(2)
				lifecycle.DrainGroup(ctx).Go(func() { sleep(2) })
			})
		}, nil, "4s", nil},
		"DRAIN-3: so is one made by tracked work": {func(w *world, ctx context.Context) {
			lifecycle.Go(ctx, func(context.Context) error {
				sleep(2)
				lifecycle.DrainGroup(ctx).Go(func() { sleep(2) })
				return nil
			})
		}, nil, "4s", nil},
		"DRAIN-3: work added to a group above zero is waited for": {func(w *world, ctx context.Context) {
			g := lifecycle.DrainGroup(ctx)
			g.Go(func() {
				sleep(2)
				g.Go(func() { sleep(2) })
			})
		}, nil, "4s", nil},
		"DRAIN-3: work handed to a group at zero by one that is not": {func(w *world, ctx context.Context) {
			first, second, third := lifecycle.DrainGroup(ctx), lifecycle.DrainGroup(ctx), lifecycle.DrainGroup(ctx)
			first.Go(func() {
				sleep(1)
				second.Go(func() {
					sleep(1)
					third.Go(func() { sleep(1) })
				})
			})
		}, nil, "3s", nil},
		"DRAIN-3: work handed to a group at zero by tracked work": {func(w *world, ctx context.Context) {
			g := lifecycle.DrainGroup(ctx)
			done, ok := lifecycle.Track(ctx)
			if !ok {
				w.Error("Track was refused")
			}
			go func() {
				sleep(1)
				g.Go(func() { sleep(1); d, _ := lifecycle.Track(ctx); go func() { sleep(1); d() }() })
				done()
				done() // DRAIN-8: only the first counts
			}()
		}, nil, "3s", nil},
		"DRAIN-6: a group driven below zero crashes nothing": {func(w *world, ctx context.Context) {
			g := lifecycle.DrainGroup(ctx)
			func() {
				defer func() { _ = recover() }()
				g.Done()
			}()
			time.AfterFunc(time.Minute, func() { g.Add(1) })
		}, nil, "15s", lifecycle.ErrDrainTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					tc.main(w, ctx)
					return nil
				}, tc.opts...)
				if !errors.Is(err, tc.err) {
					t.Errorf("Run returned %v", err)
				}
				w.expect(tc.want + " hook")
				sleep(100)
			})
		})
	}
}

func TestDrainTimeoutListsWhatIsBusy(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var group, task string
		release := make(chan struct{})
		err := w.run(func(ctx context.Context) error {
			lifecycle.DrainGroup(ctx).Go(func() { sleep(1) })
			group = here(1)
			lifecycle.DrainGroup(ctx).Go(func() { <-release })
			lifecycle.DrainGroup(ctx)
			task = here(1)
			lifecycle.Go(ctx, func(context.Context) error { <-release; return nil })
			done, _ := lifecycle.Track(ctx)
			go func() { <-release; done() }()
			return nil
		})
		var timeout *lifecycle.DrainTimeoutError
		if !errors.As(err, &timeout) {
			t.Fatalf("DRAIN-2: Run returned %v", err)
		}
		if len(timeout.Groups) != 1 || timeout.Groups[0] != group ||
			len(timeout.Tasks) != 1 || timeout.Tasks[0] != task ||
			timeout.Tracked != 1 || timeout.Timeout != 15*time.Second {
			t.Errorf("DRAIN-2: %+v", timeout)
		}
		w.expectLog("WARN", group, task, "1 tracked unit")
		close(release)
	})
}

func TestMainIsWaitedForFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		grace, drain, mainTakes float64
		want                    string
		warned                  bool
	}{
		"DRAIN-4: until it is back":                     {5, 15, 3, "3s", true},
		"DRAIN-4: no warning in the first fifth of it":  {5, 15, 0.9, "900ms", false},
		"DRAIN-4: or the grace is over":                 {5, 15, 12, "5s", true},
		"DRAIN-4: half the drain timeout at most":       {5, 4, 12, "2s", true},
		"DRAIN-4: no grace is no waiting, nor warning":  {0, 15, 12, "0s", false},
		"DRAIN-4: a longer grace is a longer wait, too": {7, 15, 12, "7s", true},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					lifecycle.Stop(ctx, nil)
					sleep(tc.mainTakes)
					return nil
				}, lifecycle.WithReturnGrace(time.Duration(tc.grace)*time.Second), lifecycle.WithDrainTimeout(time.Duration(tc.drain)*time.Second))
				if err != nil && !errors.Is(err, lifecycle.ErrMainRunning) || errors.Is(err, lifecycle.ErrDrainTimeout) {
					t.Errorf("Run returned %v", err)
				}
				w.expect(tc.want + " hook")
				if warned := w.log.has("WARN", "main has not returned"); warned != tc.warned {
					t.Errorf("warned: %v; the log:\n%s", warned, w.log)
				}
				sleep(20)
			})
		})
	}
}

func TestTrackedWorkSuppressesTheWarningAboutMain(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
			done, _ := lifecycle.Track(ctx)
			lifecycle.Stop(ctx, nil)
			sleep(8)
			done()
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("8s hook")
		w.expectNoLog("main has not returned")
	})
}

func TestWorkAfterDrainingIsRefused(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				if done, ok := lifecycle.Track(ctx); ok || done == nil {
					t.Errorf("DRAIN-3: Track answered %v", ok)
				} else {
					done()
				}
				if lifecycle.Go(ctx, func(context.Context) error { t.Error("the task ran"); return nil }) {
					t.Error("DRAIN-3: Go answered true")
				}
				lifecycle.DrainGroup(ctx).Go(func() {})
				return nil
			})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		w.expectLog("ERROR", "tracked work refused after Draining", "drain_test.go:")
		w.expectLog("ERROR", "task refused after Draining", "drain_test.go:")
		w.expectLog("ERROR", "drain group created after Draining", "drain_test.go:")
	})
}

func TestDrainDelay(t *testing.T) {
	for name, tc := range map[string]struct {
		during func(w *world, cancelParent func())
		main   float64 // when main returns by itself
		want   []string
	}{
		"DRAIN-7: the context stays live for the delay": {func(*world, func()) {}, 60,
			[]string{"3s cancelled"}},
		"DRAIN-7: a cancelled parent notwithstanding": {func(_ *world, cancel func()) { cancel() }, 60,
			[]string{"3s cancelled"}},
		"DRAIN-7: main's exit ends it early": {func(*world, func()) {}, 2,
			[]string{"2s cancelled"}},
		"DRAIN-7: a forcing signal ends it early": {func(w *world, _ func()) { sleep(0.5); w.signals <- interrupt }, 60,
			[]string{"1.5s cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				parent, cancel := context.WithCancel(context.Background())
				defer cancel()
				err := w.run(func(ctx context.Context) error {
					context.AfterFunc(ctx, func() { w.note("cancelled") })
					go func() {
						sleep(1)
						lifecycle.Stop(ctx, nil)
						tc.during(w, cancel)
					}()
					select {
					case <-ctx.Done():
					case <-time.After(time.Duration(tc.main) * time.Second):
					}
					return nil
				}, lifecycle.WithDrainDelay(2*time.Second), lifecycle.WithContext(parent))
				if err != nil {
					t.Error(err)
				}
				w.expect(tc.want...)
			})
		})
	}
}

// DRAIN-3: Wait on a group created by in-flight work is not concurrent with its
// first Add, which the race detector would report.
func TestGroupsCreatedByInFlightWorkDoNotRace(t *testing.T) {
	for range 50 {
		finished := false
		err := lifecycle.Run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error {
				if !finished {
					t.Error("the hook ran before the work was done")
				}
				return nil
			})
			lifecycle.DrainGroup(ctx).Go(func() {
				<-ctx.Done()
				lifecycle.Go(ctx, func(context.Context) error {
					lifecycle.DrainGroup(ctx).Go(func() { finished = true })
					return nil
				})
			})
			lifecycle.Stop(ctx, nil)
			return nil
		}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// DRAIN-4: a main that does not return is not a drain timeout, even if the loop is
// late and handles the end of its grace together with the timeout.
func TestMainAloneNeverCausesADrainTimeout(t *testing.T) {
	for range 50 {
		err := lifecycle.Run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { return nil })
			lifecycle.Stop(ctx, nil)
			<-lifecycle.WorkContext(ctx).Done()
			return nil
		}, lifecycle.WithDrainTimeout(time.Microsecond), lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
		if err != nil {
			t.Fatalf("Run returned %v", err)
		}
	}
}
