package fsm_test

import (
	"fmt"
	"strings"

	"github.com/greynewell/mist-go/fsm"
)

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

func ExampleDOT() {
	for line := range strings.Lines(fsm.DOT()) {
		if strings.Contains(line, "->") {
			fmt.Print(strings.TrimLeft(line, " "))
		}
	}
	// Output:
	// "initial" -> "starting";
	// "starting" -> "running" [label=" started "];
	// "starting" -> "draining" [label=" stop_requested "];
	// "starting" -> "draining" [label=" main_exited "];
	// "running" -> "draining" [label=" stop_requested "];
	// "running" -> "draining" [label=" main_exited "];
	// "draining" -> "hooks" [label=" drained "];
	// "draining" -> "hooks" [label=" drain_timed_out "];
	// "draining" -> "hooks" [label=" forced "];
	// "hooks" -> "stopped" [label=" hooks_finished "];
	// "hooks" -> "stopped" [label=" shutdown_timed_out "];
	// "hooks" -> "stopped" [label=" forced "];
	// "stopped" -> "terminal";
}
