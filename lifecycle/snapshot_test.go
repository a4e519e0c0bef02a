package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func snapshot(ctx context.Context) lifecycle.Snapshot {
	src, _ := fsm.FromContext(ctx)
	return src.(interface{ Snapshot() lifecycle.Snapshot }).Snapshot()
}

// describe returns a snapshot as one line, with times counted from the beginning.
func describe(s lifecycle.Snapshot) string {
	since := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Sub(s.Began).String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v since %s of %v until %s, left %v, %d steps", s.State, since(s.Entered), s.Budget, since(s.Deadline), s.Left, len(s.History))
	for _, g := range s.Groups {
		fmt.Fprintf(&b, "; group busy=%v idle=%v", g.Busy, g.Idle)
	}
	for _, t := range s.Tasks {
		fmt.Fprintf(&b, "; task %s", since(t.Began))
	}
	fmt.Fprintf(&b, "; %d tracked; main back %v", s.Tracked, s.MainBack)
	for _, h := range s.Hooks {
		fmt.Fprintf(&b, "; hook %s %s..%s %v", h.Name, since(h.Began), since(h.Ended), h.Err)
	}
	return b.String()
}

func TestSnapshotIsComplete(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var ctx context.Context
		err := w.run(func(c context.Context) error {
			ctx = c
			named := func(name string, end error) {
				lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
					sleep(1)
					w.note("%s", describe(snapshot(ctx)))
					return end
				}, lifecycle.HookName(name))
			}
			named("first", nil)
			named("second", errBoom)
			lifecycle.DrainGroup(ctx).Go(func() { sleep(4) })
			lifecycle.DrainGroup(ctx)
			lifecycle.Go(ctx, func(context.Context) error { sleep(5); return nil })
			sleep(1)
			w.note("%s", describe(snapshot(ctx)))
			time.AfterFunc(time.Second, func() { w.note("%s", describe(snapshot(ctx))) })
			time.AfterFunc(3500*time.Millisecond, func() { w.note("%s", describe(snapshot(ctx))) })
			lifecycle.Stop(ctx, nil)
			return nil
		}, lifecycle.WithDrainDelay(2*time.Second))
		if !errors.Is(err, errBoom) {
			t.Error(err)
		}
		w.note("%s", describe(snapshot(ctx)))
		// Main comes back at once, which ends the drain delay early.
		w.expect(
			"1s running since 0s of 0s until -, left 0s, 1 steps; group busy=true idle=false; group busy=false idle=true; task 0s; 0 tracked; main back false; hook second -..- <nil>; hook first -..- <nil>",
			"2s draining since 1s of 15s until 16s, left 24s, 2 steps; group busy=true idle=false; group busy=false idle=true; task 0s; 0 tracked; main back true; hook second -..- <nil>; hook first -..- <nil>",
			"4.5s draining since 1s of 15s until 16s, left 21.5s, 2 steps; group busy=false idle=true; group busy=false idle=true; task 0s; 0 tracked; main back true; hook second -..- <nil>; hook first -..- <nil>",
			"6s hooks since 5s of 10s until 15s, left 9s, 3 steps; group busy=false idle=true; group busy=false idle=true; 0 tracked; main back true; hook second 5s..- <nil>; hook first -..- <nil>",
			"7s hooks since 5s of 10s until 15s, left 8s, 3 steps; group busy=false idle=true; group busy=false idle=true; 0 tracked; main back true; hook second 5s..6s boom; hook first 6s..- <nil>",
			"7s stopped since 7s of 0s until -, left 0s, 4 steps; group busy=false idle=true; group busy=false idle=true; 0 tracked; main back true; hook second 5s..6s boom; hook first 6s..7s <nil>",
		)
	})
}
