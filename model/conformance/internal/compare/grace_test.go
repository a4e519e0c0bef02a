package compare_test

import (
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// How long main is waited for is up to an implementation that has no setting for it.
// Whatever that is, to wait for the whole drain timeout breaks DRAIN-4, and a Run that
// never returns breaks RUN-11.
func TestMainThatIsWaitedForTooLongBreaksOneClause(t *testing.T) {
	const drain, shutdown = 1600 * time.Millisecond, 500 * time.Millisecond
	documented := subject.Offers{subject.NeedHealth: true, subject.NeedSignals: true, subject.NeedUnix: true}
	for _, grace := range []time.Duration{model.NoGrace, 200 * time.Millisecond, drain / 2} {
		for name, test := range map[string]struct {
			hooks []model.Hook
			late  func(got *model.Trace)
			want  string
		}{
			"a hook shows it": {[]model.Hook{{}}, func(got *model.Trace) {
				got.Hooks[0].Start, got.Hooks[0].End, got.Returned = drain, drain, drain
			}, "DRAIN-4"},
			"Run returns after the drain timeout":        {nil, func(got *model.Trace) { got.Returned = drain }, "DRAIN-4"},
			"Run returns after both timeouts":            {nil, func(got *model.Trace) { got.Returned = drain + shutdown }, "DRAIN-4"},
			"Run waits for main, and for nothing before": {nil, func(got *model.Trace) { got.Returned = model.Never }, "RUN-11"},
		} {
			s := model.Scenario{
				DrainTimeout: drain, ShutdownTimeout: shutdown, Hooks: test.hooks,
				Main: model.Main{After: model.Never}, Stops: []model.Stop{{By: model.SIGTERM}},
			}
			chosen := s
			chosen.ReturnGrace = grace
			want := model.Predict(chosen)[0]
			got := copied(want)
			test.late(&got)
			v := compare.Traces(s, documented, want, got)
			if v == nil || v.Found[0].Clause != test.want {
				t.Errorf("%s, with a grace of %v: want %s\n%v", name, grace, test.want, v)
			}
		}
	}
}
