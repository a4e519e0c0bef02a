package examine

import (
	"slices"
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Nth returns a function that plays the n-th random scenario, or the n-th of
// [model.Exhaustive], and says what is wrong.
func Nth(t *testing.T, impl *subject.Implementation, random bool) (play func(n int) string) {
	x := &examiner{t: t, impl: impl, offered: subject.OffersOf(impl)}
	scenario := x.generator().Example
	if !random {
		all := slices.Collect(model.Exhaustive())
		scenario = func(n ...int) model.Scenario { return all[n[0]%len(all)] }
	}
	return func(n int) string {
		s, ok := x.reduce(scenario(n))
		if !ok {
			return ""
		}
		s, wants, ok := x.predicted(s)
		if !ok {
			return ""
		}
		if v, found := x.judge(s, wants); len(found) > 0 {
			return v.String()
		}
		return ""
	}
}
