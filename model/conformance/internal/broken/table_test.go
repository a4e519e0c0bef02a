package broken_test

import (
	"slices"
	"testing"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/model"
)

// edges returns a table as the model writes it.
func edges(table []fsm.Transition) (all []model.Edge) {
	for _, row := range table {
		all = append(all, model.Edge{
			From: model.State(row.From.String()), On: model.Event(row.On.String()), To: model.State(row.To.String()),
		})
	}
	return all
}

// isModels compares a table with the model's, both ways, whatever their order.
func isModels(table []fsm.Transition) bool {
	return slices.Equal(sorted(edges(table)), sorted(model.Edges()))
}

func sorted(all []model.Edge) []string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = e.String()
	}
	slices.Sort(texts)
	return texts
}

func TestTheTableIsTheModels(t *testing.T) {
	if !isModels(fsm.Table()) {
		t.Errorf("the table has %q, the model %q", edges(fsm.Table()), model.Edges())
	}
}

func TestEveryMutantOfTheTableIsSeen(t *testing.T) {
	for i, row := range fsm.Table() {
		if isModels(slices.Delete(fsm.Table(), i, i+1)) {
			t.Errorf("isModels does not miss row %d, %v", i+1, row)
		}
		if isModels(append(fsm.Table(), row)) {
			t.Errorf("isModels does not see that row %d, %v, is there twice", i+1, row)
		}
		for to := fsm.Starting; to <= fsm.Stopped; to++ {
			mutant := fsm.Table()
			if mutant[i].To = to; to != row.To && isModels(mutant) {
				t.Errorf("isModels does not see that row %d, %v, leads to %v", i+1, row, to)
			}
			mutant = fsm.Table()
			if mutant[i].From = to; to != row.From && isModels(mutant) {
				t.Errorf("isModels does not see that row %d, %v, begins in %v", i+1, row, to)
			}
		}
	}
}
