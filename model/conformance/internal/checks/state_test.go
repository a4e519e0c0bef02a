package checks

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// machineOf makes a machine of rows, in the plainest way.
func machineOf(rows []model.Edge) func() subject.Machine {
	return func() subject.Machine {
		state := model.Starting
		return subject.Machine{
			State: func() string { return string(state) },
			Fire: func(event string) (refused bool, err error) {
				for _, row := range rows {
					if row.From == state && string(row.On) == event {
						state = row.To
						return false, nil
					}
				}
				return true, fmt.Errorf("%s is not allowed in %s", event, state)
			},
		}
	}
}

// objections is what the checks of STATE-1 and STATE-3 say of a table.
func objections(rows []model.Edge) (byTable, byRefusal string) {
	for what, run := range map[*string]func(*Checker){&byTable: Table, &byRefusal: Refusal} {
		c := &Checker{Impl: &subject.Implementation{Machine: machineOf(rows)}}
		run(c)
		*what = c.Failure()
	}
	return byTable, byRefusal
}

func TestTheTableItselfIsRight(t *testing.T) {
	if byTable, byRefusal := objections(model.Edges()); byTable != "" || byRefusal != "" {
		t.Errorf("objections to the table itself:\n%s\n%s", byTable, byRefusal)
	}
}

// A machine that lacks a row, has one lead elsewhere or begin elsewhere, or has
// one more, is seen in what it does.
func TestEveryMutantOfAMachineIsSeen(t *testing.T) {
	expect := func(what string, rows []model.Edge) {
		t.Helper()
		if byTable, _ := objections(rows); byTable == "" {
			t.Errorf("STATE-1 has nothing against a machine in which %s", what)
		}
	}
	for i, row := range model.Edges() {
		expect(fmt.Sprintf("%v is missing", row), slices.Delete(model.Edges(), i, i+1))
		for _, s := range model.States() {
			mutant := model.Edges()
			if mutant[i].To = s; s != row.To {
				expect(fmt.Sprintf("%v leads to %s", row, s), mutant)
			}
			mutant = model.Edges()
			if mutant[i].From = s; s != row.From {
				expect(fmt.Sprintf("%v begins in %s", row, s), mutant)
			}
		}
	}
	for _, s := range model.States() {
		for _, e := range events {
			for _, to := range model.States() {
				more := append(model.Edges(), model.Edge{From: s, On: e, To: to})
				if !slices.ContainsFunc(model.Edges(), func(row model.Edge) bool { return row.From == s && row.On == e }) && to != s {
					expect(fmt.Sprintf("%s in %s leads to %s", e, s, to), more)
					if _, byRefusal := objections(more); byRefusal == "" {
						t.Errorf("STATE-3 has nothing against a machine in which %s in %s leads to %s", e, s, to)
					}
				}
			}
		}
	}
}

func TestARefusalThatNamesNothingIsSeen(t *testing.T) {
	machine := machineOf(model.Edges())
	c := &Checker{Impl: &subject.Implementation{Machine: func() subject.Machine {
		m := machine()
		fire := m.Fire
		m.Fire = func(event string) (bool, error) {
			refused, err := fire(event)
			if err != nil {
				err = errors.New("no")
			}
			return refused, err
		}
		return m
	}}}
	if Refusal(c); c.Failure() == "" {
		t.Error("STATE-3 has nothing against a refusal that names nothing")
	}
}
