package fsm_test

import (
	"context"
	"errors"
	"fmt"

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

func ExampleNew() {
	m := fsm.New()
	fmt.Println(m.State(), len(m.History()))
	// Output: starting 0
}

// The table determines what can happen next.
func ExampleMachine_Can() {
	m := fsm.New()
	for _, e := range fsm.Events() {
		if m.Can(e) {
			fmt.Println(e)
		}
	}
	// Output:
	// started
	// stop_requested
	// main_exited
}

func ExampleMachine_Fire() {
	m := fsm.New()
	step, err := m.Fire(fsm.StopRequested)
	fmt.Println(step.From, "to", step.To, err)
	_, err = m.Fire(fsm.StopRequested) // a second one changes nothing
	fmt.Println(m.State(), err)
	// Output:
	// starting to draining <nil>
	// draining fsm: stop_requested is not allowed in state draining
}

func ExampleMachine_History() {
	m := fsm.New()
	m.Fire(fsm.Started)
	m.Fire(fsm.MainExited)
	history := m.History()
	first, last := history[0], history[len(history)-1]
	fmt.Println(first.On, "came first, then", last.On, "and in that order:", !last.At.Before(first.At))
	// Output: started came first, then main_exited and in that order: true
}

func ExampleMachine_State() {
	m := fsm.New()
	m.Fire(fsm.Started)
	if m.State() == fsm.Running {
		fmt.Println("take work")
	}
	// Output: take work
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

// Code with a context can wait for a state without knowing what runs the machine.
func ExampleSource() {
	work := func(src fsm.Source) {
		<-src.Reached(fsm.Draining)
		fmt.Println("no more work:", src.State())
	}
	m := fsm.New()
	m.Fire(fsm.StopRequested)
	work(m)
	// Output: no more work: draining
}

func ExampleNewContext() {
	ctx := fsm.NewContext(context.Background(), fsm.New())
	if src, ok := fsm.FromContext(ctx); ok {
		fmt.Println(src.State())
	}
	// Output: starting
}

// Main's context from lifecycle.Run carries one.
func ExampleFromContext() {
	inTransit := func(ctx context.Context) bool {
		src, ok := fsm.FromContext(ctx)
		return ok && src.State() != fsm.Running
	}
	fmt.Println(inTransit(context.Background()))
	fmt.Println(inTransit(fsm.NewContext(context.Background(), fsm.New())))
	// Output:
	// false
	// true
}
