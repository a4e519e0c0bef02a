package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Compare plays one scenario on an implementation, in virtual time, and returns how
// what happened differs from what the model predicts, "" if it does not. It is for
// scenarios of your own, such as those that a fuzzer finds; [Test] plays thousands.
// It calls t.Fatal when the implementation cannot be used.
//
// A scenario that needs what the implementation does not offer is not played, and
// where the contract allows several courses, any of them will do: both return "", and
// the first is logged.
func Compare(t *testing.T, impl Implementation, s model.Scenario) string {
	t.Helper()
	examined, _, err := prepare(impl, nil)
	if err == nil && examined.Health != nil {
		if err = examined.Health("tool", "version").Valid(examined); err != nil {
			err = fmt.Errorf("conformance: %w", err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	process.StartSignals()
	offered := subject.OffersOf(examined)
	if !offered.Playable(s) {
		t.Logf("conformance: not played, because %s does not offer all that it needs: %v", examined.Name, s)
		return ""
	}
	s = examined.WithGrace(offered, s)
	wants := model.Predict(s)
	if compare.Unordered(s, wants[0]) || compare.Inexact(examined, s, wants[0]) {
		return ""
	}
	v := compare.Closest(examined, offered, play.Scenario(t, examined, offered, s, wants, false, func() bool { return play.HandlersLast(t, examined) }))
	var b strings.Builder
	for _, d := range v.Found {
		fmt.Fprintf(&b, "%s: %s\n", d.Clause, d.Text)
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + v.String()
}
