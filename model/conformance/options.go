package conformance

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance/internal/examine"
)

// Option sets how much [Test] and [Examine] do. Where an option is given twice, the
// last one counts.
type Option func(*settings)

type settings struct {
	examine.Options
	report func(t *testing.T, r Report)
	err    error // the first option that is wrong
}

func settle(opts []Option) (settings, error) {
	s := settings{Options: examine.Options{Random: 1000, Every: 1, Limit: 2 * time.Minute, Step: 10 * time.Second, About: func(string) bool { return true }}}
	if race.Enabled { // which costs five times the time
		s.Random, s.Every = 250, 20
	}
	if given := flag.Lookup("rapid.checks"); given != nil {
		if n, err := strconv.Atoi(given.Value.String()); err == nil && n > s.Random {
			s.Random = n
		}
	}
	for i, opt := range opts {
		if opt == nil {
			return s, fmt.Errorf("conformance: option %d is nil", i+1)
		}
		opt(&s)
	}
	return s, s.err
}

// refuse notes an argument of an option that is wrong, unless ok.
func (s *settings) refuse(ok bool, format string, args ...any) {
	if !ok && s.err == nil {
		s.err = fmt.Errorf("conformance: "+format, args...)
	}
}

// Random sets how many random scenarios are played: n in which the premise of each
// clause holds, and n for all clauses together. It must not be negative. Default
// 1000, under the race detector 250, or the value of the flag -rapid.checks if that
// is more.
func Random(n int) Option {
	return func(s *settings) {
		s.refuse(n >= 0, "Random(%d): want 0 or more", n)
		s.Random = n
	}
}

// Every has one in n of the exhaustive scenarios played. It must be at least 1.
// Default 1, which is all of them; under the race detector 20.
func Every(n int) Option {
	return func(s *settings) {
		s.refuse(n >= 1, "Every(%d): want 1 or more", n)
		s.Every = n
	}
}

// Limit sets how long each child process may take. It must be positive. Default two
// minutes.
func Limit(d time.Duration) Option {
	return func(s *settings) {
		s.refuse(d > 0, "Limit(%v): want more than 0", d)
		s.Limit = d
	}
}

// StepLimit sets how long each scenario and each direct check may take, in real
// time. It must be positive. Default 10s. A scenario in virtual time takes
// microseconds, unless a goroutine that waits for a mutex stops that time.
func StepLimit(d time.Duration) Option {
	return func(s *settings) {
		s.refuse(d > 0, "StepLimit(%v): want more than 0", d)
		s.Step = d
	}
}

// OnReport has [Test] call f with its report, once every clause was examined. f is
// not called when -test.run leaves some out.
func OnReport(f func(t *testing.T, r Report)) Option {
	return func(s *settings) {
		s.refuse(f != nil, "OnReport(nil)")
		s.report = f
	}
}

// About leaves out the direct checks and the examples of each clause for which of
// returns false: for those, only the scenarios are played that are played for all
// clauses together. It makes it cheaper to examine many implementations that are
// each wrong in one known way.
func About(of func(clause string) bool) Option {
	return func(s *settings) {
		s.refuse(of != nil, "About(nil)")
		s.About = of
	}
}
