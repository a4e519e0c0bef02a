package examine

import (
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Random returns a function that plays the n-th random scenario, and says what is
// wrong.
func Random(t *testing.T, impl *subject.Implementation) (play func(n int) string) {
	x := &examiner{t: t, impl: impl, offered: subject.OffersOf(impl)}
	return func(n int) string {
		s, ok := x.reduce(x.generator().Example(n))
		if !ok || !x.playable(s) {
			return ""
		}
		s = impl.WithGrace(x.offered, s)
		if v, found := x.judge(s, model.Predict(s)); len(found) > 0 {
			return v.String()
		}
		return ""
	}
}
