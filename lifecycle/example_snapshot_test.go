package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// A status page shows what a run is doing and what remains to be done.
func ExampleSnapshot() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { return nil })
		lifecycle.DrainGroup(ctx)
		lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil })
		done, _ := lifecycle.Track(ctx)
		defer done()

		show := func() {
			src, _ := fsm.FromContext(ctx)
			s := src.(interface{ Snapshot() lifecycle.Snapshot }).Snapshot()
			fmt.Println(s.State, "for at most", s.Budget, "because:", s.Cause)
			fmt.Println(len(s.Groups), "group,", s.Tracked, "unit,", s.Requests, "requests,", len(s.Hooks), "hook")
		}
		show()
		lifecycle.Stop(ctx, errors.New("the licence has expired"))
		show()
		return nil
	})
	// Output:
	// running for at most 0s because: <nil>
	// 1 group, 1 unit, 0 requests, 1 hook
	// draining for at most 15s because: the licence has expired
	// 1 group, 1 unit, 0 requests, 1 hook
}

// By the time hooks run, a group is idle, or was abandoned and is still busy.
func ExampleGroupStatus() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.DrainGroup(ctx).Go(func() { <-ctx.Done() })
		lifecycle.OnShutdown(ctx, func() error {
			src, _ := fsm.FromContext(ctx)
			for _, g := range src.(interface{ Snapshot() lifecycle.Snapshot }).Snapshot().Groups {
				file, _, _ := strings.Cut(filepath.Base(g.Place), ":")
				fmt.Println("made in", file, "busy:", g.Busy, "idle:", g.Idle)
			}
			return nil
		})
		return nil
	})
	// Output: made in example_snapshot_test.go busy: false idle: true
}

// Each running task is listed with the line that started it.
func ExampleTaskStatus() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Go(ctx, func(ctx context.Context) error { <-ctx.Done(); return nil })
		src, _ := fsm.FromContext(ctx)
		for _, t := range src.(interface{ Snapshot() lifecycle.Snapshot }).Snapshot().Tasks {
			file, _, _ := strings.Cut(filepath.Base(t.Place), ":")
			fmt.Println("begun in", file, "some time ago:", time.Since(t.Began) >= 0)
		}
		return nil
	})
	// Output: begun in example_snapshot_test.go some time ago: true
}

// After the end of a run, its snapshot still has the results of its hooks.
func ExampleHookStatus() {
	var src fsm.Source
	_ = lifecycle.Run(func(ctx context.Context) error {
		src, _ = fsm.FromContext(ctx)
		named := func(name string, err error) {
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { return err }, lifecycle.HookName(name))
		}
		named("database", nil)
		named("cache", io.ErrShortWrite)
		return nil
	}, lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	for _, h := range src.(interface{ Snapshot() lifecycle.Snapshot }).Snapshot().Hooks {
		fmt.Println(h.Name, "has run:", !h.Ended.IsZero(), h.Err)
	}
	// Output:
	// cache has run: true short write
	// database has run: true <nil>
}
