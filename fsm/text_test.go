package fsm

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStateNames(t *testing.T) {
	want := map[State]string{Starting: "starting", Running: "running", Draining: "draining", Hooks: "hooks", Stopped: "stopped"}
	if len(States()) != len(want) {
		t.Fatalf("States() has %d states, want %d", len(States()), len(want))
	}
	for i, s := range States() {
		if int(s) != i {
			t.Errorf("States()[%d] is %v: not in lifecycle order", i, s)
		}
		if s.String() != want[s] {
			t.Errorf("state %d: got %q, want %q", i, s, want[s])
		}
		text, err := s.MarshalText()
		back := Stopped + 1
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%v: round trip by %q (%v) gives %v", s, text, err, back)
		}
	}
}

func TestEventNames(t *testing.T) {
	want := map[Event]string{
		Started: "started", StopRequested: "stop_requested", MainExited: "main_exited", Drained: "drained",
		DrainTimedOut: "drain_timed_out", HooksFinished: "hooks_finished", ShutdownTimedOut: "shutdown_timed_out", Forced: "forced",
	}
	if len(Events()) != len(want) {
		t.Fatalf("Events() has %d events, want %d", len(Events()), len(want))
	}
	for i, e := range Events() {
		if int(e) != i {
			t.Errorf("Events()[%d] is %v: not in the order of the constants", i, e)
		}
		if e.String() != want[e] {
			t.Errorf("event %d: got %q, want %q", i, e, want[e])
		}
		text, err := e.MarshalText()
		back := Forced + 1
		if err != nil || back.UnmarshalText(text) != nil || back != e {
			t.Errorf("%v: round trip by %q (%v) gives %v", e, text, err, back)
		}
	}
}

func TestInvalidStateAndEventValues(t *testing.T) {
	if got, want := State(5).String(), "state(5)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Event(255).String(), "event(255)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if text, err := State(5).MarshalText(); err == nil || err.Error() != "fsm: no such state: 5" {
		t.Errorf("state 5 marshals to %q, %v", text, err)
	}
	if text, err := Event(8).MarshalText(); err == nil || err.Error() != "fsm: no such event: 8" {
		t.Errorf("event 8 marshals to %q, %v", text, err)
	}
}

func TestUnmarshalTextOfAnUnknownName(t *testing.T) {
	for _, text := range []string{"", "Running", " running", "running\n", "state(1)", "event(0)", "stop-requested", "\xff"} {
		s, e := Draining, Drained
		errState, errEvent := s.UnmarshalText([]byte(text)), e.UnmarshalText([]byte(text))
		if errState == nil || !strings.HasPrefix(errState.Error(), "fsm: no such state: \"") || s != Draining {
			t.Errorf("state from %q: %v, %v", text, s, errState)
		}
		if errEvent == nil || !strings.HasPrefix(errEvent.Error(), "fsm: no such event: \"") || e != Drained {
			t.Errorf("event from %q: %v, %v", text, e, errEvent)
		}
	}
}

func TestTransitionAsJSON(t *testing.T) {
	row := Table()[0]
	text, err := json.Marshal(row)
	if err != nil || !strings.HasPrefix(string(text), `{"From":"starting","On":"started","To":"running","Doc":`) {
		t.Fatalf("got %s, %v", text, err)
	}
	var back Transition
	if err := json.Unmarshal(text, &back); err != nil || back != row {
		t.Errorf("round trip gives %+v, %v, want %+v", back, err, row)
	}
}
