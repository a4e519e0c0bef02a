package check

import (
	"slices"
	"testing"
)

// A service that answers one request at a time answers probes when the requests before
// them are done.
func TestProbesWithoutAnAnswerAreFindingsUnlessTheyHaveToWait(t *testing.T) {
	serial := survey
	serial.Work = slices.Clone(survey.Work)
	serial.Work[0].Serial = true
	for _, c := range []struct {
		name   string
		survey Survey
		want   []string
	}{
		{"requests side by side", survey, []string{"liveness-fails", "readiness-hangs"}},
		{"one request at a time", serial, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := well(UnderLoad)
			for i := range l.Probes {
				if p := &l.Probes[i]; p.Begun > l.Stop && p.Role != KeptProbe {
					p.Outcome, p.Status = TimedOut, 0
				}
			}
			names := distinct(sightings(options(), c.survey, *l))
			slices.Sort(names)
			if !slices.Equal(names, c.want) {
				t.Errorf("found %v, want %v", names, c.want)
			}
		})
	}
}
