package fuzz

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// enough is how many bytes a scenario is drawn from at most.
const enough = 4096

// FuzzScenario makes a scenario of the input, plays it on the real lifecycle
// in virtual time, and compares every instant with the model's prediction.
// What it finds can be pasted as a regression case.
//
// Zeros follow the input, so that every input is a scenario, and a short one is
// one in which little happens.
func FuzzScenario(f *testing.F) {
	f.Add([]byte{})
	random := rand.New(rand.NewPCG(0, 0))
	for range 20 {
		seed := make([]byte, 1024)
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var s model.Scenario
		drawn := false
		rapid.MakeFuzz(func(rt *rapid.T) {
			s, drawn = model.Scenarios().Draw(rt, "scenario"), true
		})(t, slices.Concat(input, make([]byte, enough)))
		if !drawn {
			t.Fatalf("%d zeros are not enough to end a scenario", enough)
		}
		if difference := conformance.Compare(t, mist.Implementation(), s); difference != "" {
			t.Error(difference)
		}
	})
}
