package conformance_test

import (
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// BenchmarkScenarios plays random scenarios on the real thing, on every core:
// what it costs to draw one, to predict it, to play it and to compare.
func BenchmarkScenarios(b *testing.B) { conformance.Bench(b, mist.Implementation()) }
