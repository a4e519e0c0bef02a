package compare

import (
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Traces returns the verdict on a trace, nil if nothing that can be seen of it
// differs.
func Traces(s model.Scenario, o subject.Offers, want, got model.Trace) *Verdict {
	v := &Verdict{s: s, full: want, want: project(s, o, want), Got: project(s, o, got), offered: o, mains: 1}
	if v.want.Equal(v.Got) {
		return nil
	}
	v.compare()
	return v
}
