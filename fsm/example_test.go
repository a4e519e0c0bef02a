package fsm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/greynewell/mist-go/fsm"
)

func ExampleTable() {
	for _, t := range fsm.Table() {
		if t.From == fsm.Draining {
			fmt.Printf("%v on %v: %v\n", t.From, t.On, t.To)
		}
	}
	// Output:
	// draining on drained: hooks
	// draining on drain_timed_out: hooks
	// draining on forced: hooks
}

func ExampleMachine() {
	m := fsm.New()
	for _, e := range []fsm.Event{fsm.Started, fsm.Drained, fsm.StopRequested} {
		if _, err := m.Fire(e); err != nil {
			fmt.Println(err)
		}
	}
	for _, step := range m.History() {
		fmt.Println(step.From, "to", step.To)
	}
	// Output:
	// fsm: drained is not allowed in state running
	// starting to running
	// running to draining
}

func ExampleMachine_Reached() {
	m := fsm.New()
	go m.Fire(fsm.MainExited)
	<-m.Reached(fsm.Running) // at Running, or past it
	fmt.Println(m.State())
	// Output: draining
}

func ExampleTransitionError() {
	_, err := fsm.New().Fire(fsm.Drained)
	var refused *fsm.TransitionError
	if errors.As(err, &refused) {
		fmt.Println(refused.Event, "in", refused.State)
	}
	// Output: drained in starting
}

func ExampleNewContext() {
	ctx := fsm.NewContext(context.Background(), fsm.New())
	if src, ok := fsm.FromContext(ctx); ok {
		fmt.Println(src.State())
	}
	// Output: starting
}

func ExampleFromContext() {
	_, ok := fsm.FromContext(context.Background())
	fmt.Println(ok)
	// Output: false
}

func ExampleMermaid() {
	fmt.Print(fsm.Mermaid())
	// Output:
	// stateDiagram-v2
	//     state "starting" as starting
	//     state "running" as running
	//     state "draining" as draining
	//     state "hooks" as hooks
	//     state "stopped" as stopped
	//     [*] --> starting
	//     starting --> running : started
	//     starting --> draining : stop_requested<br/>main_exited
	//     running --> draining : stop_requested<br/>main_exited
	//     draining --> hooks : drained<br/>drain_timed_out<br/>forced
	//     hooks --> stopped : hooks_finished<br/>shutdown_timed_out<br/>forced
	//     stopped --> [*]
}

func ExampleSVG() {
	for line := range strings.Lines(fsm.SVG(fsm.Running)) {
		if strings.HasPrefix(line, "<title") {
			fmt.Print(line)
		}
	}
	// Output: <title id="mist-fsm-running-title">The states of a service, now running</title>
}
