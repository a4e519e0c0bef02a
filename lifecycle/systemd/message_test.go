package systemd

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestMessageOfATransition(t *testing.T) {
	at := time.Now()
	in := func(d time.Duration) lifecycle.Snapshot {
		return lifecycle.Snapshot{At: at, Budget: 15 * time.Second, Deadline: at.Add(d)}
	}
	hooks := in(10 * time.Second)
	hooks.Budget = 10 * time.Second
	hooks.Hooks = []lifecycle.HookStatus{{Name: "gone", Ended: at}, {Name: "data\nREADY=1\nbase"}, {Place: "main.go:7"}}
	hooks.HookCount = 3
	unnamed := in(10 * time.Second)
	unnamed.Hooks, unnamed.HookCount = []lifecycle.HookStatus{{Place: "main.go:7"}}, 1
	busy := in(14 * time.Second)
	busy.Groups = []lifecycle.GroupStatus{{}, {Busy: true}, {Idle: true}}
	busy.TaskCount = 1
	busy.Requests, busy.Tracked = 3, 1
	back := in(14 * time.Second)
	back.MainBack = true

	for _, c := range []struct {
		name string
		from fsm.State
		on   fsm.Event
		to   fsm.State
		s    lifecycle.Snapshot
		want string
	}{
		{"Running is ready, and has no end", fsm.Starting, fsm.Started, fsm.Running, lifecycle.Snapshot{},
			"READY=1\nSTATUS=running (started)"},
		{"Draining says what it waits for and how long", fsm.Running, fsm.StopRequested, fsm.Draining, busy,
			"STOPPING=1\nSTATUS=draining (stop_requested): waits for main, 2 drain groups, 1 task, 1 tracked unit, 3 requests; at most 15s\nEXTEND_TIMEOUT_USEC=19000000"},
		{"Draining that waits for nothing", fsm.Running, fsm.MainExited, fsm.Draining, back,
			"STOPPING=1\nSTATUS=draining (main_exited): waits for nothing; at most 15s\nEXTEND_TIMEOUT_USEC=19000000"},
		{"Draining that is over when it is told", fsm.Running, fsm.MainExited, fsm.Draining, lifecycle.Snapshot{},
			"STOPPING=1\nSTATUS=draining (main_exited)"},
		{"a deadline that has passed leaves the slack", fsm.Draining, fsm.Drained, fsm.Hooks, in(-time.Second),
			"STATUS=hooks (drained): runs no hook; at most 15s\nEXTEND_TIMEOUT_USEC=5000000"},
		{"a hook's name cannot add an assignment", fsm.Draining, fsm.Drained, fsm.Hooks, hooks,
			"STATUS=hooks (drained): runs 2 hooks, first data READY=1 base; at most 10s\nEXTEND_TIMEOUT_USEC=15000000"},
		{"a hook without a name is told by its place", fsm.Draining, fsm.DrainTimedOut, fsm.Hooks, unnamed,
			"STATUS=hooks (drain_timed_out): runs 1 hook, first the one registered at main.go:7; at most 15s\nEXTEND_TIMEOUT_USEC=15000000"},
		{"Stopped", fsm.Hooks, fsm.ShutdownTimedOut, fsm.Stopped, lifecycle.Snapshot{}, "STATUS=stopped (shutdown_timed_out)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			step := fsm.Step{Transition: fsm.Transition{From: c.from, On: c.on, To: c.to}, At: at}
			if got := message(step, c.s); got != c.want {
				t.Errorf("message:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestStatusIsOneShortLineOfUTF8(t *testing.T) {
	for name, text := range map[string]string{
		"newlines": "a\nb\r\nc\x00d", "not UTF-8": "a\xff\xfeb", "long": strings.Repeat("ü", 4000), "long, odd": "a" + strings.Repeat("€", 4000),
	} {
		got := oneLine(text)
		if strings.ContainsAny(got, "\n\r\x00") || !utf8.ValidString(got) || len(got) > statusLimit || got == "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// snapshotSource is a source with a snapshot of its own.
type snapshotSource struct {
	fsm.Source
	snapshot lifecycle.Snapshot
}

func (s snapshotSource) Snapshot() lifecycle.Snapshot { return s.snapshot }

func TestBudgetOfAnotherStateIsNotSent(t *testing.T) {
	s := newService()
	n := newNotifier(s, "/run/notify")
	close(s.known)
	s.source = snapshotSource{snapshot: lifecycle.Snapshot{State: fsm.Hooks, Deadline: time.Now()}}
	for state, want := range map[fsm.State]bool{fsm.Draining: false, fsm.Hooks: true} {
		if got := n.snapshot(fsm.Step{Transition: fsm.Transition{To: state}}); got.Deadline.IsZero() == want {
			t.Errorf("on the step to %v: %+v", state, got)
		}
	}
	s.source = fsm.New()
	if got := n.snapshot(fsm.Step{}); !got.Deadline.IsZero() {
		t.Errorf("of a source without a snapshot: %+v", got)
	}
}

// systemd drops what is not a number of 64 bits without a sign, and takes 0 and
// the highest for nothing.
func TestExtendTimeoutLimits(t *testing.T) {
	check := func(d time.Duration) {
		at := time.Now()
		step := fsm.Step{Transition: fsm.Transition{To: fsm.Draining}}
		got := message(step, lifecycle.Snapshot{At: at, Budget: d, Deadline: at.Add(d)})
		_, text, _ := strings.Cut(got, "EXTEND_TIMEOUT_USEC=")
		usec, err := strconv.ParseUint(text, 10, 64)
		least := uint64(max(0, d)/time.Microsecond) + 1
		if err != nil || usec < min(least, math.MaxInt64/1000) || usec == math.MaxUint64 {
			t.Errorf("a budget of %v asks for %q", d, text)
		}
		if strings.Contains(got, "at most") == (d > unlimited) {
			t.Errorf("a budget of %v: %s", d, got)
		}
	}
	for shift := range 63 {
		for _, d := range []time.Duration{1<<shift - 1, 1 << shift, math.MaxInt64 - 1<<shift, math.MaxInt64 - time.Duration(shift), -1 << shift} {
			check(d)
		}
	}
}
