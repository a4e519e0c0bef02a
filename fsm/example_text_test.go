package fsm_test

import (
	"encoding/json"
	"fmt"

	"github.com/greynewell/mist-go/fsm"
)

// States are ordered, so that "has begun to stop" is one comparison.
func ExampleState() {
	for _, s := range fsm.States() {
		fmt.Println(s, s >= fsm.Draining)
	}
	// Output:
	// starting false
	// running false
	// draining true
	// hooks true
	// stopped true
}

func ExampleEvents() {
	for _, e := range fsm.Events() {
		fmt.Println(e)
	}
	// Output:
	// started
	// stop_requested
	// main_exited
	// drained
	// drain_timed_out
	// hooks_finished
	// shutdown_timed_out
	// forced
}

// In JSON a state is its name, as a value and as a key.
func ExampleState_MarshalText() {
	body, err := json.Marshal(map[fsm.State]int{fsm.Running: 3, fsm.Draining: 1})
	fmt.Println(string(body), err)
	// Output: {"draining":1,"running":3} <nil>
}

func ExampleState_UnmarshalText() {
	var answer struct{ State fsm.State }
	fmt.Println(json.Unmarshal([]byte(`{"state":"hooks"}`), &answer), answer.State == fsm.Hooks)
	fmt.Println(json.Unmarshal([]byte(`{"state":"asleep"}`), &answer))
	// Output:
	// <nil> true
	// fsm: no such state: "asleep"
}

func ExampleEvent_MarshalText() {
	body, err := json.Marshal([]fsm.Event{fsm.Started, fsm.StopRequested})
	fmt.Println(string(body), err)
	// Output: ["started","stop_requested"] <nil>
}

func ExampleEvent_UnmarshalText() {
	var e fsm.Event
	err := e.UnmarshalText([]byte("drained"))
	fmt.Println(e, err)
	// Output: drained <nil>
}

// A step can be stored, sent and decoded.
func ExampleStep() {
	m := fsm.New()
	step, _ := m.Fire(fsm.MainExited)
	body, _ := json.Marshal(map[string]any{"from": step.From, "on": step.On, "to": step.To})
	fmt.Println(string(body), step.At.IsZero())
	// Output: {"from":"starting","on":"main_exited","to":"draining"} false
}

// A transition has a description of when it is taken.
func ExampleTransition() {
	for _, t := range fsm.Table() {
		if t.To == fsm.Stopped {
			fmt.Printf("%v: %s\n", t.On, t.Doc)
		}
	}
	// Output:
	// hooks_finished: every hook has run and main has returned
	// shutdown_timed_out: the shutdown timeout ran out first
	// forced: a forcing signal: the operator will not wait for the hooks
}
