package statusz

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestDurationsAsTextAndJSON(t *testing.T) {
	for _, c := range []struct {
		d            time.Duration
		people, json string
	}{
		{0, "0 ms", "0"},
		{time.Microsecond, "< 1 ms", "0"},
		{500 * time.Microsecond, "1 ms", "0.001"},
		{999 * time.Millisecond, "999 ms", "0.999"},
		{999600 * time.Microsecond, "1 s", "1"},
		{1049 * time.Millisecond, "1.0 s", "1.049"},
		{15*time.Second + 80*time.Microsecond, "15 s", "15"},
		{59949 * time.Millisecond, "59.9 s", "59.949"},
		{59950 * time.Millisecond, "1 min 0 s", "59.95"},
		{59999600 * time.Microsecond, "1 min 0 s", "60"},
		{3*time.Minute + 7*time.Second, "3 min 7 s", "187"},
		{time.Hour - time.Millisecond, "1 h 0 min", "3599.999"},
		{26*time.Hour + 59*time.Minute, "1 d 2 h", "97140"},
		{400 * 24 * time.Hour, "400 d 0 h", "34560000"},
		{-1500 * time.Millisecond, "-1.5 s", "-1.5"},
		{math.MinInt64, "-106751 d 23 h", "-9223372036.854776"},
	} {
		text, err := json.Marshal(seconds(c.d))
		if got := seconds(c.d).String(); got != c.people || string(text) != c.json || err != nil {
			t.Errorf("%v: %q, %s, %v", c.d, got, text, err)
		}
	}
}

func TestHookState(t *testing.T) {
	at := time.Now()
	for want, c := range map[string]struct {
		hook lifecycle.HookStatus
		now  fsm.State
	}{
		"pending":     {lifecycle.HookStatus{}, fsm.Running},
		"never ran":   {lifecycle.HookStatus{}, fsm.Stopped},
		"running":     {lifecycle.HookStatus{Began: at}, fsm.Hooks},
		"interrupted": {lifecycle.HookStatus{Began: at}, fsm.Stopped},
		"done":        {lifecycle.HookStatus{Began: at, Ended: at}, fsm.Stopped},
		"failed":      {lifecycle.HookStatus{Began: at, Ended: at, Err: errors.New("boom")}, fsm.Hooks},
		"abandoned":   {lifecycle.HookStatus{Began: at, Ended: at, Err: fmt.Errorf("%w: 1s", lifecycle.ErrShutdownTimeout)}, fsm.Hooks},
	} {
		if got := hookState(c.hook, c.now); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

func TestPlaceHasDirAndFile(t *testing.T) {
	for text, want := range map[place][2]string{
		"/srv/orders/main.go:17": {"/srv/orders/", "main.go:17"}, "main.go:17": {"", "main.go:17"}, "": {"", ""}, "/": {"/", ""},
	} {
		if got := [2]string{text.Dir(), text.File()}; got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
