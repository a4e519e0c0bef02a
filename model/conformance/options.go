package conformance

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/examine"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Option changes how much the suite does.
type Option func(*settings)

type settings struct {
	examine.Options
	report func(t *testing.T, r Report)
}

func settle(opts []Option) settings {
	s := settings{Options: examine.Options{Random: 1000, Every: 1, Limit: 2 * time.Minute, Step: 10 * time.Second, About: func(string) bool { return true }}}
	if subject.RaceEnabled { // which costs five times the time
		s.Random, s.Every = 250, 20
	}
	if given := flag.Lookup("rapid.checks"); given != nil {
		if n, err := strconv.Atoi(given.Value.String()); err == nil && n > s.Random {
			s.Random = n
		}
	}
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

// Random sets in how many random scenarios the premise of each clause is to
// hold, and how many are played for all together. Default 1000, under the race
// detector 250, or what the flag -rapid.checks says, if that is more.
func Random(n int) Option { return func(s *settings) { s.Random = n } }

// Every has one in n of the exhaustive scenarios played. Default 1: all; under
// the race detector 20.
func Every(n int) Option { return func(s *settings) { s.Every = max(n, 1) } }

// Limit bounds each child process. Default two minutes.
func Limit(d time.Duration) Option { return func(s *settings) { s.Limit = d } }

// StepLimit bounds each scenario and each direct check, in real time. Default
// 10s: virtual time that stands still for so long stands still for good.
func StepLimit(d time.Duration) Option { return func(s *settings) { s.Step = d } }

// OnReport has f called with the report of [Test] when every clause was
// examined. It is not called when -test.run left some out.
func OnReport(f func(t *testing.T, r Report)) Option { return func(s *settings) { s.report = f } }

// About leaves out the direct checks and the examples of every clause of which of
// says no: it is examined by the scenarios alone that are played for all. It is
// for a suite of implementations that are each wrong in something, of which
// every one need not be asked everything.
func About(of func(clause string) bool) Option { return func(s *settings) { s.About = of } }
