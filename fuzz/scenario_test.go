package fuzz

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// FuzzScenario makes a scenario of the input, plays it on the real lifecycle
// in virtual time, and compares every instant with the model's prediction.
// What it finds can be pasted as a regression case.
func FuzzScenario(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, input []byte) {
		var s model.Scenario
		drawn := false
		rapid.MakeFuzz(func(rt *rapid.T) {
			s, drawn = model.Scenarios().Draw(rt, "scenario"), true
		})(t, input)
		if !drawn {
			t.Skip("the input is no scenario")
		}
		if difference := conformance.Compare(t, mist.Implementation(), s); difference != "" {
			t.Error(difference)
		}
	})
}
