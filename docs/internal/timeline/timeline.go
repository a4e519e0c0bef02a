package timeline

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// Names are what a drawing calls things. What has no name has its number.
type Names struct {
	Tracks, Hooks []string // as in the scenario
}

// Timeline is what the model predicts for one scenario, ready to be drawn.
type Timeline struct {
	given  model.Scenario
	names  Names
	trace  model.Trace
	others []model.Trace // further traces that the contract allows (ties)
	stop   time.Duration // when Draining was entered
	rows   []row
}

// New asks the model what happens in a scenario. It returns an error for one that
// makes no sense, and for one that nothing ends.
func New(s model.Scenario, names Names) (*Timeline, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	traces := model.Predict(s)
	if slices.ContainsFunc(traces, func(t model.Trace) bool { return !t.Returns() }) {
		return nil, errors.New("timeline: nothing stops the service")
	}
	// Of what the contract allows, the worst is drawn, and what to do about it said.
	slices.SortStableFunc(traces, func(a, b model.Trace) int { return cmp.Compare(len(b.Errors), len(a.Errors)) })
	t := &Timeline{given: s, names: names, trace: traces[0], others: traces[1:]}
	t.stop = t.trace.Entered(model.Draining)
	t.rows = t.allRows()
	return t, nil
}

// Trace returns what is drawn.
func (t *Timeline) Trace() model.Trace { return t.trace }

// since prints an instant of the trace as an offset from the stop.
func (t *Timeline) since(at time.Duration) string { return short(at - t.stop) }

// states returns the states that are visited, in order, each with its entry.
func (t *Timeline) states() []stateAt {
	all := []stateAt{{model.Starting, 0}}
	for _, step := range t.trace.Steps {
		if step.From == model.Starting && step.At == 0 {
			all = all[:0] // it was over at once
		}
		all = append(all, stateAt{step.To, step.At})
	}
	return all
}

type stateAt struct {
	model.State
	at time.Duration
}

func (t *Timeline) hookName(n int) string  { return nameOf(t.names.Hooks, n, "hook") }
func (t *Timeline) trackName(n int) string { return nameOf(t.names.Tracks, n, "work") }

// nameOf returns the name of the n-th thing of a sort, counted from one.
func nameOf(names []string, n int, sort string) string {
	if n <= len(names) && names[n-1] != "" {
		return names[n-1]
	}
	return fmt.Sprintf("%s %d", sort, n)
}

// plus adds two durations of which either may be Never.
func plus(a, b time.Duration) time.Duration {
	if a == model.Never || b == model.Never {
		return model.Never
	}
	return a + b
}
