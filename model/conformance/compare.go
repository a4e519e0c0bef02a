package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Compare plays one scenario on an implementation, in a bubble of virtual
// time, and says how what happened differs from what the model predicts; ""
// when it does not. It is for a scenario of your own, such as one that a
// fuzzer has found; [Test] plays thousands and more.
//
// A scenario that the implementation does not offer enough for is not played.
// Where the contract allows several courses, any of them will do. The process must
// have called signal.Notify once before: a first call in a bubble ends it.
func Compare(t *testing.T, impl Implementation, s model.Scenario) string {
	examined := subjectOf(impl)
	offered := subject.OffersOf(examined)
	if !offered.Playable(s) {
		return ""
	}
	s = examined.WithGrace(offered, s)
	wants := model.Predict(s)
	if compare.Unordered(s, wants[0]) || compare.Inexact(examined, s, wants[0]) {
		return ""
	}
	v := compare.Closest(examined, offered, play.Scenario(t, examined, offered, s, wants, false))
	var b strings.Builder
	for _, d := range v.Found {
		fmt.Fprintf(&b, "%s: %s\n", d.Clause, d.Text)
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + v.String()
}
