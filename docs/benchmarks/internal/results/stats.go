package results

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Median returns the middle of the values, or zero when there are none.
func Median(values []float64) float64 { return quantile(values, 0.5) }

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Ratio is one median in terms of another, with the interval in which it would
// fall in 95 of 100 repetitions.
type Ratio struct{ Value, Low, High float64 }

// RatioOf compares the medians of a and b, which were measured in turn. The
// interval comes from drawing rounds with replacement, always the same way.
func RatioOf(a, b []float64) Ratio {
	n := min(len(a), len(b))
	if n == 0 {
		return Ratio{}
	}
	random := rand.New(rand.NewPCG(1, 2))
	ratios, as, bs := make([]float64, 1000), make([]float64, n), make([]float64, n)
	for i := range ratios {
		for j := range n {
			k := random.IntN(n)
			as[j], bs[j] = a[k], b[k]
		}
		ratios[i] = Median(as) / Median(bs)
	}
	return Ratio{Median(a[:n]) / Median(b[:n]), quantile(ratios, 0.025), quantile(ratios, 0.975)}
}

func (r Ratio) String() string {
	if r.Value >= 100 {
		return fmt.Sprintf("%.0f (%.0f to %.0f)", r.Value, r.Low, r.High)
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", r.Value, r.Low, r.High)
}
