package examine

import (
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Random plays the n-th random scenario, and says what is wrong.
func Random(t *testing.T, impl *subject.Implementation, n int) string {
	x := &examiner{impl: impl, offered: subject.OffersOf(impl)}
	s, ok := x.reduce(x.generator().Example(n))
	if !ok || !x.playable(s) {
		return ""
	}
	s = impl.WithGrace(x.offered, s)
	wants := model.Predict(s)
	if v := compare.Closest(impl, x.offered, play.Scenario(t, impl, x.offered, s, wants, true)); len(v.Found) > 0 {
		return v.String()
	}
	return ""
}
