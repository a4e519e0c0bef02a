package compare_test

import (
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// How long a slow optional check is waited for is up to an implementation, as long as it
// is at most 100 ms longer than the other checks take (HEALTH-15).
func TestAnOptionalCheckMayBeWaitedForLessLong(t *testing.T) {
	offered := subject.Offers{subject.NeedHealth: true, subject.NeedSignals: true, subject.NeedUnix: true, subject.NeedAddCheckContext: true}
	s := model.Scenario{
		Main:   model.Main{After: 10 * time.Second},
		Checks: []model.Check{{Optional: true, Lasts: model.Never}, {Lasts: time.Second}},
		Probes: []model.Probe{{Of: model.Readiness, At: time.Second}},
	}
	want := model.Predict(s)[0]
	for less, clause := range map[time.Duration]string{
		0: "", 50 * time.Millisecond: "", 100 * time.Millisecond: "",
		101 * time.Millisecond: "HEALTH-9", // the other check is not done
		-time.Millisecond:      "HEALTH-15",
	} {
		got := copied(want)
		got.Answers[0].At -= less
		found := ""
		if v := compare.Traces(s, offered, want, got); v != nil && len(v.Found) > 0 {
			found = v.Found[0].Clause
		}
		if found != clause {
			t.Errorf("a probe that waits %v less than the 100 ms that it may is taken to break %q, want %q", less, found, clause)
		}
	}
}
