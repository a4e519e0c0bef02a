package model

import (
	"slices"
	"testing"

	"github.com/greynewell/mist-go/fsm"
)

func TestSTATE1TheTableOfTheModelIsThatOfTheMachine(t *testing.T) {
	var theirs []Edge
	for _, row := range fsm.Table() {
		theirs = append(theirs, Edge{State(row.From.String()), Event(row.On.String()), State(row.To.String())})
	}
	for _, e := range Edges() {
		if !slices.Contains(theirs, e) {
			t.Errorf("only the model has %v", e)
		}
	}
	for _, e := range theirs {
		if !slices.Contains(Edges(), e) {
			t.Errorf("only the machine has %v", e)
		}
	}
	var names []State
	for _, s := range fsm.States() {
		names = append(names, State(s.String()))
	}
	if !slices.Equal(names, States()) {
		t.Errorf("the states are %v in the machine and %v in the model", names, States())
	}
}

func TestEdgesAndStatesAreCopies(t *testing.T) {
	Edges()[0], States()[0] = Edge{}, ""
	if Edges()[0] == (Edge{}) || States()[0] == "" {
		t.Error("a change to a result changed the table")
	}
}
