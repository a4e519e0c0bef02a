package examine

import (
	"slices"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// A life asks for nothing that is not offered, and has one outcome, whatever return
// grace an implementation has.
func TestALifeIsDefinedForEveryGrace(t *testing.T) {
	core := subject.Offers{subject.NeedUnix: true}
	o := Options{Random: liveCount, About: func(string) bool { return true }}
	lives := o.chooseLives(core)
	if len(lives) < liveCount {
		t.Errorf("%d lives are chosen, want %d", len(lives), liveCount)
	}
	for _, drawn := range lives {
		s := onLiveGrid(drawn)
		for grace := time.Duration(0); grace <= s.DrainTimeout/2; grace += liveStep {
			s.ReturnGrace = grace
			if grace == 0 {
				s.ReturnGrace = model.NoGrace
			}
			if !s.AnyOrder(liveSteps * liveStep) {
				t.Errorf("with a grace of %v the order at one instant makes a difference:\n%v", grace, s)
			}
			if slices.ContainsFunc(model.Predict(s)[0].Hooks, func(r model.HookRun) bool { return r.Late }) {
				t.Errorf("with a grace of %v a hook is registered after Stopped:\n%v", grace, s)
			}
		}
	}
}
