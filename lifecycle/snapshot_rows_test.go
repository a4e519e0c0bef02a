package lifecycle_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
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

// Which hooks are left out: the oldest that ran, and then the last of those that have
// not begun.
func TestHooksThatASnapshotLeavesOut(t *testing.T) {
	for _, tc := range []struct {
		hooks, at int    // the snapshot is taken in this hook to run, or after the last
		fails     int    // so many of the first to run
		want      string // the first and the last row
	}{
		{1000, 1000, 0, "1000 rows, 0 to 999"},
		{1001, 1001, 0, "1000 rows, 1 to 1000"},
		{1000, 500, 0, "1000 rows, 0 to 999"},
		{1001, 500, 0, "1000 rows, 1 to 1000"},
		{1002, 500, 0, "1000 rows, 2 to 1001"},
		{1500, 500, 0, "1000 rows, 500 to 1499"},
		{1501, 500, 0, "1000 rows, 500 to 1499"},
		{1500, 500, 10, "1000 rows, 0 to 1489"},
		{1010, 1010, 10, "1000 rows, 0 to 1009"},
	} {
		inVirtualTime(t, func(w *world) {
			note := func(ctx context.Context) {
				rows := snapshot(ctx).Hooks
				w.note("%d rows, %s to %s", len(rows), rows[0].Name, rows[len(rows)-1].Name)
			}
			var ctx context.Context
			_ = w.run(func(c context.Context) error {
				ctx = c
				for i := tc.hooks - 1; i >= 0; i-- {
					lifecycle.OnShutdownContext(ctx, func(context.Context) error {
						if i == tc.at {
							note(ctx)
						}
						if i < tc.fails {
							return errBoom
						}
						return nil
					}, lifecycle.HookName(strconv.Itoa(i)))
				}
				return nil
			})
			if tc.at == tc.hooks {
				note(ctx)
			}
			w.expect("0s " + tc.want)
		})
	}
}

// Which groups and tasks are left out: idle groups, and then the last.
func TestGroupsAndTasksThatASnapshotLeavesOut(t *testing.T) {
	for _, tc := range []struct {
		groups string // in the order in which they are created: (i)dle, (b)usy
		want   string
	}{
		{strings.Repeat("i", 999) + "b", "1000 of 1000 groups, 1 busy"},
		{strings.Repeat("i", 1000) + "b", "1000 of 1001 groups, 1 busy"},
		{"b" + strings.Repeat("i", 1000), "1000 of 1001 groups, 1 busy"},
		{"i" + strings.Repeat("b", 1000), "1000 of 1001 groups, 1000 busy"},
		{"i" + strings.Repeat("b", 1001), "1000 of 1002 groups, 1000 busy"},
	} {
		inVirtualTime(t, func(w *world) {
			_ = w.run(func(ctx context.Context) error {
				release := make(chan struct{})
				for _, kind := range tc.groups {
					if g := lifecycle.DrainGroup(ctx); kind == 'b' {
						g.Go(func() { <-release })
					}
				}
				s, busy := snapshot(ctx), 0
				for _, g := range s.Groups {
					if g.Busy {
						busy++
					}
				}
				w.note("%d of %d groups, %d busy", len(s.Groups), s.GroupCount, busy)
				for i := range 1001 {
					lifecycle.Go(ctx, func(context.Context) error { <-release; return nil })
					if i == 0 {
						sleep(1)
					}
				}
				s = snapshot(ctx)
				w.note("%d of %d tasks, the first begun at %v", len(s.Tasks), s.TaskCount, s.Tasks[0].Began.Sub(s.Began))
				close(release)
				return nil
			})
			w.expect("0s "+tc.want, "1s 1000 of 1001 tasks, the first begun at 0s")
		})
	}
}
