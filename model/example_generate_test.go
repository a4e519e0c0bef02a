package model_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/model"
)

// Whatever is drawn is valid, comes to an end, and has one trace.
func ExampleScenarios() {
	for name, scenarios := range map[string]*rapid.Generator[model.Scenario]{
		"everything":   model.Scenarios(),
		"core":         model.CoreScenarios(),
		"with signals": model.CoreSignalScenarios(),
	} {
		s := scenarios.Example(1)
		traces := model.Predict(s)
		fmt.Println(name, s.Validate(), len(traces), traces[0].Returns())
	}
	// Unordered output:
	// everything <nil> 1 true
	// core <nil> 1 true
	// with signals <nil> 1 true
}

// A property of hooks that hang wants scenarios in which one does.
func ExampleAround() {
	hangs := model.Scenario{Hooks: []model.Hook{{Lasts: model.Never}}}
	for _, scenarios := range []*rapid.Generator[model.Scenario]{model.Around(hangs), model.CoreAround(hangs)} {
		s := scenarios.Example(1)
		fmt.Println(s.Validate(), s.Hooks[0].Lasts == model.Never)
	}
	// Output:
	// <nil> true
	// <nil> true
}

// Where two things happen at one instant, the contract may allow several courses.
func ExampleTies() {
	most := 0
	for _, s := range model.Ties() {
		most = max(most, len(model.Predict(s)))
	}
	fmt.Println(len(model.Ties()), "ties, of at most", most, "courses")
	// Output: 15 ties, of at most 2 courses
}

func ExampleExhaustive() {
	for s := range model.Exhaustive() {
		fmt.Println(s.Main.After.Round(time.Second), len(s.Hooks), "hooks,", len(model.Predict(s)), "course")
		break
	}
	// Output: 1s 0 hooks, 1 course
}
