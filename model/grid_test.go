package model

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	gridStep  = 40 * time.Millisecond
	gridLimit = 50 * gridStep
)

// What is a little late leads to the same life, a little late.
func TestAScenarioOnTheGridBearsLateness(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, ok := CoreSignalScenarios().Draw(t, "scenario").OnGrid(gridStep, gridLimit)
		if !ok {
			t.Skip("it is not for the grid")
		}
		want := Predict(s)[0]
		late := s.clone()
		late.durations(func(d *time.Duration, zeroMeans bool) {
			if *d >= 0 && *d != Never && (*d > 0 || !zeroMeans) {
				*d += time.Duration(rapid.IntRange(0, int(gridStep/64)).Draw(t, "late"))
			}
		})
		if late.check() != nil || live(late, nil).problem != nil {
			t.Skip("what is late there is not defined")
		}
		for _, got := range Predict(late) {
			if diff := Diff(want, got.truncated(gridStep)); diff != "" {
				t.Fatalf("%v\n%v\n%s", s, late, diff)
			}
		}
	})
}

// truncated returns the trace with its instants rounded down.
func (t Trace) truncated(step time.Duration) Trace {
	down := func(d *time.Duration) {
		if *d != Never {
			*d = d.Truncate(step)
		}
	}
	down(&t.Cancelled.At)
	down(&t.WorkEnded.At)
	down(&t.MainEnded)
	down(&t.Returned)
	for i := range t.Steps {
		down(&t.Steps[i].At)
	}
	for i := range t.Hooks {
		down(&t.Hooks[i].Start)
		down(&t.Hooks[i].End)
		down(&t.Hooks[i].Deadline)
	}
	for i := range t.Answers {
		down(&t.Answers[i].At)
	}
	return t
}

func TestManyScenariosAreForTheGrid(t *testing.T) {
	n, signalled := 0, 0
	for i := range 1000 {
		if s, ok := CoreSignalScenarios().Example(i).OnGrid(gridStep, gridLimit); ok {
			n++
			if len(s.Stops) > 0 {
				signalled++
			}
		}
	}
	t.Logf("%d of 1000, %d with signals", n, signalled)
	if n < 300 || signalled < 100 {
		t.Errorf("%d of 1000 scenarios, %d of them with signals", n, signalled)
	}
}
