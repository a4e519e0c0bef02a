package conformance_test

import (
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// BenchmarkScenarios plays scenarios on the real thing, on every core: what it
// costs to draw one, to predict it, to play it and to compare. Test plays some
// sixteen thousand exhaustive ones, and a thousand random ones, which are larger.
func BenchmarkScenarios(b *testing.B) {
	b.Run("exhaustive", func(b *testing.B) { conformance.Bench(b, mist.Implementation(), false) })
	b.Run("random", func(b *testing.B) { conformance.Bench(b, mist.Implementation(), true) })
}
