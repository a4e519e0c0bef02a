package check

import (
	"slices"
	"testing"
	"time"
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
				if p := &l.Probes[i]; p.Begun > l.Stop && p.Role != KeptProbe && p.Role != KeptReady {
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

// In well, the listener closes at the end of the delay.
func TestProbesOnKeptConnectionsAndThoseThatAreCutCount(t *testing.T) {
	cut := func(from, to time.Duration) func(l *Life) {
		return func(l *Life) {
			l.each(LiveProbe, func(p *Probe) {
				if p.Begun >= from && p.Begun <= to {
					p.Outcome, p.Status = Closed, 0
				}
			})
		}
	}
	kept := func(status int, from time.Duration) func(l *Life) {
		return func(l *Life) {
			l.probe(Probe{Role: KeptReady, Outcome: Answered, Status: status, Told: true}, from)
		}
	}
	for _, c := range []struct {
		name   string
		change func(l *Life)
		want   []string
	}{
		{"liveness is cut in the delay", cut(stopAt, stopAt+delay), []string{"liveness-fails"}},
		{"it is as the listener closes", cut(stopAt+delay-100*ms, stopAt+delay), nil},
		{"readiness passes on a kept connection", kept(200, stopAt+300*ms), []string{"readiness-flaps"}},
		{"it does at the signal", kept(200, stopAt+100*ms), nil},
		{"it fails there too", kept(503, stopAt+300*ms), nil},
		{"readiness fails after 450 ms", lateReady(0), []string{"readiness-slow"}},
		{"it does on a machine that is late", lateReady(150 * ms), nil},
		{"answers are not told of the stop before readiness fails", func(l *Life) {
			lateReady(150 * ms)(l)
			for at := stopAt + 260*ms; at < stopAt+450*ms; at += 50 * ms {
				l.probe(Probe{Role: KeptProbe, Outcome: Answered, Status: 200}, at)
			}
		}, nil},
	} {
		l := well(UnderLoad)
		c.change(l)
		if names := distinct(sightings(options(), survey, *l)); !slices.Equal(names, c.want) {
			t.Errorf("%s: found %v, want %v", c.name, names, c.want)
		}
	}
}

// lateReady has readiness pass for 450 ms more, on a machine that is so late.
func lateReady(late time.Duration) func(l *Life) {
	return func(l *Life) {
		l.Late = late
		l.each(ReadyProbe, func(p *Probe) {
			if p.Begun < stopAt+450*ms {
				p.Status = 200
			}
		})
	}
}
