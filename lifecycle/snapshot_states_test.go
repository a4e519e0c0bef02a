package lifecycle_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestSnapshotHasTheCauseAndPlaces(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		l := newLineLog()
		note := func(ctx context.Context) {
			s := snapshot(ctx)
			text := fmt.Sprint(s.At.Sub(s.Began), ", cause ", s.Cause, ", main back ", s.MainBack)
			for _, g := range s.Groups {
				text += fmt.Sprint("; group ", g.Place, " ", g.Made.Sub(s.Began))
			}
			for _, task := range s.Tasks {
				text += fmt.Sprint("; task ", task.Place, " ", task.Began.Sub(s.Began))
			}
			for _, h := range s.Hooks {
				text += fmt.Sprint("; hook ", h.Name, h.Place)
			}
			w.note("%s; %d tracked, %d requests", l.named(text), s.Tracked, s.Requests)
		}
		_ = w.run(func(ctx context.Context) error {
			note(ctx)
			ln := newPipes()
			client, _ := ln.client()
			go func() {
				_ = lifecycle.Serve(ctx, &http.Server{Handler: http.HandlerFunc(slow)}, ln)
			}()
			for range 3 {
				go func() { resp, _ := client.Get("http://service/2"); _ = resp.Body.Close() }()
			}
			sleep(1)
			l.name("group")
			lifecycle.DrainGroup(ctx)
			l.name("task")
			lifecycle.Go(ctx, func(context.Context) error { sleep(5); return nil })
			for range 2 {
				done, _ := lifecycle.Track(ctx)
				time.AfterFunc(time.Second, done)
			}
			l.name("hook")
			lifecycle.OnShutdownContext(ctx, func(context.Context) error { return nil }, lifecycle.HookName("db "))
			note(ctx)
			lifecycle.Stop(ctx, errBoom)
			note(ctx)
			sleep(2)
			note(ctx)
			return nil
		})
		w.expect(
			"0s 0s, cause <nil>, main back false; 0 tracked, 0 requests",
			"1s 1s, cause <nil>, main back false; group <group> 1s; task <task> 1s; hook db <hook>; 2 tracked, 3 requests",
			"1s 1s, cause boom, main back false; group <group> 1s; task <task> 1s; hook db <hook>; 2 tracked, 3 requests",
			"3s 3s, cause boom, main back false; group <group> 1s; task <task> 1s; hook db <hook>; 0 tracked, 0 requests",
		)
	})
}

// What is left of the time that a stop may take: of the drain delay, of Draining and of
// Hooks.
func TestSnapshotHasTheTimeThatIsLeft(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var ctx context.Context
		note := func() {
			s := snapshot(ctx)
			left := "no deadline"
			if !s.Deadline.IsZero() {
				left = fmt.Sprint("until ", s.Deadline.Sub(s.Began))
			}
			w.note("%v since %v, %v of %v, %v left", s.State, s.Entered.Sub(s.Began), left, s.Budget, s.Left)
		}
		_ = w.run(func(c context.Context) error {
			ctx = c
			for _, at := range []time.Duration{500, 1500, 3500, 10500, 10900} {
				time.AfterFunc(at*time.Millisecond, note)
			}
			lifecycle.DrainGroup(ctx).Go(func() { sleep(50) })
			lifecycle.OnShutdown(ctx, func() error { sleep(50); return nil })
			sleep(1)
			lifecycle.Stop(ctx, nil)
			<-ctx.Done()
			return nil
		}, lifecycle.WithDrainDelay(2*time.Second), lifecycle.WithDrainTimeout(7*time.Second), lifecycle.WithShutdownTimeout(6*time.Second))
		note()
		w.expect(
			"500ms running since 0s, no deadline of 0s, 0s left",
			"1.5s draining since 1s, until 10s of 9s, 14.5s left",
			"3.5s draining since 1s, until 10s of 9s, 12.5s left",
			"10.5s hooks since 10s, until 16s of 6s, 5.5s left",
			"10.9s hooks since 10s, until 16s of 6s, 5.1s left",
			"16s stopped since 16s, no deadline of 0s, 0s left",
		)
		sleep(60)
	})
}

// A hook that was interrupted has begun and not ended; one that was abandoned has.
func TestSnapshotOfHooksThatWereCut(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		var ctx context.Context
		note := func() {
			s := snapshot(ctx)
			text := fmt.Sprint(s.HookCount)
			for _, h := range s.Hooks {
				began, ended := "-", "-"
				if !h.Began.IsZero() {
					began = h.Began.Sub(s.Began).String()
				}
				if !h.Ended.IsZero() {
					ended = h.Ended.Sub(s.Began).String()
				}
				text += fmt.Sprint("; ", h.Name, " ", began, "..", ended, " failed ", h.Err != nil)
			}
			w.note("%s", text)
		}
		_ = w.run(func(c context.Context) error {
			ctx = c
			for _, name := range []string{"dropped", "dropped too", "interrupted", "abandoned", "done"} {
				takes := map[string]float64{"interrupted": 20, "abandoned": 20, "done": 1}[name]
				timeout := time.Duration(0)
				if name == "abandoned" {
					timeout = 3 * time.Second
				}
				lifecycle.OnShutdownContext(ctx, func(context.Context) error { sleep(takes); return nil }, lifecycle.HookName(name), lifecycle.HookTimeout(timeout))
			}
			time.AfterFunc(2*time.Second, note)
			return nil
		})
		note()
		if s := snapshot(ctx).State; s != fsm.Stopped {
			t.Errorf("the state is %v", s)
		}
		w.expect(
			"2s 5; done 0s..1s failed false; abandoned 1s..- failed false; interrupted -..- failed false; dropped too -..- failed false; dropped -..- failed false",
			"10s 5; done 0s..1s failed false; abandoned 1s..4s failed true; interrupted 4s..- failed false; dropped too -..- failed false; dropped -..- failed false",
		)
		sleep(60)
	})
}
