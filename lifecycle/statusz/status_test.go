package statusz_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// seen is what the JSON says, with times counted from began, and this file's
// places by their line, counted from the line given.
func seen(t *testing.T, ctx context.Context, began time.Time, line int) string {
	t.Helper()
	text := strings.TrimSpace(ask(ctx, "GET", "application/json").Body.String())
	text = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`).ReplaceAllStringFunc(text, func(quoted string) string {
		at, err := time.Parse(time.RFC3339Nano, strings.Trim(quoted, `"`))
		if err != nil {
			t.Error(err)
		}
		return at.Sub(began).String()
	})
	return regexp.MustCompile(`"[^"]*/status_test.go:(\d+)"`).ReplaceAllStringFunc(text, func(place string) string {
		var n int
		_, _ = fmt.Sscanf(place[strings.LastIndexByte(place, ':')+1:], "%d", &n)
		return fmt.Sprintf("line %d", n-line)
	})
}

// looks is what is seen in six moments of a run in virtual time, whose hooks
// fail, exceed their own timeout, hang, and never run.
func looks(t *testing.T) (got []string) {
	began := time.Now()
	_, _, line, _ := runtime.Caller(0)
	var ctx context.Context
	var mu sync.Mutex
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, seen(t, ctx, began, line))
	}
	sleep := func(d time.Duration) func(context.Context) error {
		return func(context.Context) error { time.Sleep(d); return nil }
	}
	err := lifecycle.Run(func(c context.Context) error {
		ctx = c
		look()
		lifecycle.OnShutdownContext(ctx, sleep(0), lifecycle.HookName("unlucky"))
		lifecycle.OnShutdownContext(ctx, sleep(11*time.Second))
		lifecycle.OnShutdownContext(ctx, sleep(2*time.Second), lifecycle.HookName("slow"), lifecycle.HookTimeout(time.Second))
		lifecycle.OnShutdownContext(ctx, func(context.Context) error { return errors.New("boom") }, lifecycle.HookName("bad"))
		lifecycle.DrainGroup(ctx).Go(func() { time.Sleep(4 * time.Second) })
		lifecycle.Go(ctx, sleep(5*time.Second))
		time.Sleep(time.Second)
		look()
		time.AfterFunc(time.Second, look)                // draining
		time.AfterFunc(4500*time.Millisecond, look)      // hooks, the slow one
		time.AfterFunc(5500*time.Millisecond, look)      // hooks, the one that hangs
		lifecycle.Stop(ctx, errors.New("worn\n\"out\"")) // and main returns
		return nil
	}, lifecycle.WithSignals(), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	if !errors.Is(err, lifecycle.ErrShutdownTimeout) {
		t.Error(err)
	}
	time.Sleep(time.Second)
	look()
	time.Sleep(time.Minute) // what was left behind ends
	mu.Lock()
	defer mu.Unlock()
	return got
}

// What stands in the JSON more than once.
const (
	starting = `{"state":"starting","at":0s,"lasted_seconds":0},`
	running  = `{"state":"running","on":"started","at":0s,"lasted_seconds":1}`
	drained  = `,{"state":"draining","on":"stop_requested","at":1s,"lasted_seconds":4}`
	group    = `{"kind":"drain group","place":line 18,"since":0s,"age_seconds":`
	pending  = `{"place":line 15,"state":"pending"},{"name":"unlucky","place":line 14,"state":"pending"}]}`
	after    = `"cause":"worn\n\"out\"","main_returned":true,"tracked":0,"requests":0,"work":[`
	bad      = `{"name":"bad","place":line 17,"state":"failed","began":5s,"ended":5s,"took_seconds":0,"error":"boom"},`
	slow     = `{"name":"slow","place":line 16,"state":`
	gone     = slow + `"abandoned","began":5s,"ended":6s,"took_seconds":1,"error":"lifecycle: shutdown timeout: exceeded its HookTimeout of 1s and was abandoned"},`
)

func TestJSONDuringAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := looks(t)
		for i, want := range []string{
			`{"state":"running","at":0s,"history":[` + starting + `{"state":"running","on":"started","at":0s,"lasted_seconds":0}],` +
				`"began":0s,"uptime_seconds":0,"entered":0s,"main_returned":false,"tracked":0,"requests":0,"work":[],"hooks":[]}`,
			`{"state":"running","at":1s,"history":[` + starting + running + `],"began":0s,"uptime_seconds":1,"entered":0s,` +
				`"main_returned":false,"tracked":0,"requests":0,"work":[` + group + `1,"state":"busy"},` +
				`{"kind":"task","place":line 19,"since":0s,"age_seconds":1,"state":"busy"}],` +
				`"hooks":[{"name":"bad","place":line 17,"state":"pending"},` + slow + `"pending"},` + pending,
			`{"state":"draining","at":2s,"history":[` + starting + running + `,{"state":"draining","on":"stop_requested","at":1s,"lasted_seconds":1,"limit_seconds":15,"left_seconds":14},` +
				`{"state":"hooks","limit_seconds":10,"pending":true}],"began":0s,"uptime_seconds":2,"entered":1s,"limit_seconds":15,"left_seconds":14,"stopped_within_seconds":24,` +
				after + group + `2,"state":"busy"},{"kind":"task","place":line 19,"since":0s,"age_seconds":2,"state":"busy"}],` +
				`"hooks":[{"name":"bad","place":line 17,"state":"pending"},` + slow + `"pending"},` + pending,
			`{"state":"hooks","at":5.5s,"history":[` + starting + running + drained + `,{"state":"hooks","on":"drained","at":5s,"lasted_seconds":0.5,"limit_seconds":10,"left_seconds":9.5}],` +
				`"began":0s,"uptime_seconds":5.5,"entered":5s,"limit_seconds":10,"left_seconds":9.5,"stopped_within_seconds":9.5,` +
				after + group + `5.5,"state":"idle"}],"hooks":[` + bad + slow + `"running","began":5s,"took_seconds":0.5},` + pending,
			`{"state":"hooks","at":6.5s,"history":[` + starting + running + drained + `,{"state":"hooks","on":"drained","at":5s,"lasted_seconds":1.5,"limit_seconds":10,"left_seconds":8.5}],` +
				`"began":0s,"uptime_seconds":6.5,"entered":5s,"limit_seconds":10,"left_seconds":8.5,"stopped_within_seconds":8.5,` +
				after + group + `6.5,"state":"idle"}],"hooks":[` + bad + gone + `{"place":line 15,"state":"running","began":6s,"took_seconds":0.5},{"name":"unlucky","place":line 14,"state":"pending"}]}`,
			`{"state":"stopped","at":16s,"history":[` + starting + running + drained + `,{"state":"hooks","on":"drained","at":5s,"lasted_seconds":10},{"state":"stopped","on":"shutdown_timed_out","at":15s}],` +
				`"began":0s,"uptime_seconds":15,"entered":15s,` +
				after + group + `16,"state":"idle"}],"hooks":[` + bad + gone + `{"place":line 15,"state":"interrupted","began":6s,"took_seconds":9},{"name":"unlucky","place":line 14,"state":"never ran"}]}`,
		} {
			if i >= len(got) || got[i] != want {
				t.Errorf("look %d:\n%s\nwant:\n%s", i, append(got, make([]string, 9)...)[i], want)
			}
		}
	})
}
