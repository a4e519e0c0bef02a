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

// A probe that waits for less long may see the service before it ceases to be ready.
func TestAnOptionalCheckThatIsNotWaitedForHidesNoStop(t *testing.T) {
	offered := subject.Offers{subject.NeedHealth: true, subject.NeedAddCheckContext: true}
	second := time.Second
	s := model.Scenario{
		Main:   model.Main{After: 10 * second},
		Checks: []model.Check{{Optional: true, Lasts: model.Never}, {Lasts: second}},
		Ready:  []model.Ready{{At: 2*second + 50*time.Millisecond}},
		Probes: []model.Probe{{Of: model.Readiness, At: second}},
	}
	want := model.Predict(s)[0]
	for _, c := range []struct {
		at   time.Duration
		told model.Answer
		ok   bool
	}{
		{2 * second, model.Answer{Code: 200, Status: "ok", Failed: []int{1}}, true},
		{2 * second, model.Answer{Code: 200, Status: "ok"}, false}, // the first is still running
		{2 * second, model.Answer{Code: 503, Status: "not_ready"}, false},
		{2*second + 60*time.Millisecond, model.Answer{Code: 503, Status: "not_ready"}, true},
		{2*second + 60*time.Millisecond, model.Answer{Code: 200, Status: "ok", Failed: []int{1}}, false},
	} {
		got := copied(want)
		c.told.At, c.told.Ran = c.at, want.Answers[0].Ran
		got.Answers[0] = c.told
		if v := compare.Traces(s, offered, want, got); (v == nil || len(v.Found) == 0) != c.ok {
			t.Errorf("SetReady(false) comes at 2.05s, and a probe is told %+v; right: %t, want %t", c.told, !c.ok, c.ok)
		}
	}
}
