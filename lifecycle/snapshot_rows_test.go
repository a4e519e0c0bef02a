package lifecycle_test

import (
	"context"
	"slices"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// What a snapshot copies while the run waits is bounded.
func TestSnapshotHasAtMostAThousandRows(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		var busy string
		_ = w.run(func(ctx context.Context) error {
			for range 3000 {
				lifecycle.DrainGroup(ctx)
				lifecycle.Go(ctx, func(context.Context) error { <-release; return nil })
				lifecycle.OnShutdown(ctx, func() error { return nil })
			}
			busy = here(1)
			lifecycle.DrainGroup(ctx).Go(func() { <-release })
			s := snapshot(ctx)
			w.note("%d of %d, %d of %d, %d of %d", len(s.Groups), s.GroupCount, len(s.Tasks), s.TaskCount, len(s.Hooks), s.HookCount)
			if last := s.Groups[len(s.Groups)-1]; last.Place != busy || !last.Busy || !slices.ContainsFunc(s.Groups, func(g lifecycle.GroupStatus) bool { return g.Idle }) {
				t.Errorf("the busy group is not among those shown: %v", last)
			}
			close(release)
			return nil
		})
		w.expect("0s 1000 of 3001, 1000 of 3000, 1000 of 3000")
	})
}

func TestSnapshotPrefersFailedHooks(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		_ = w.run(func(ctx context.Context) error {
			for i := range 2500 {
				lifecycle.OnShutdown(ctx, func() error {
					if i == 1250 {
						s := snapshot(ctx)
						failed := 0
						for _, h := range s.Hooks {
							if h.Err != nil {
								failed++
							}
						}
						running := slices.ContainsFunc(s.Hooks, func(h lifecycle.HookStatus) bool { return !h.Began.IsZero() && h.Ended.IsZero() })
						w.note("%d of %d, %d failed, running: %v", len(s.Hooks), s.HookCount, failed, running)
					}
					if i > 2490 {
						return errBoom
					}
					return nil
				})
			}
			return nil
		})
		w.expect("0s 1000 of 2500, 9 failed, running: true")
	})
}
