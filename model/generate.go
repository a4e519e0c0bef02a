package model

import (
	"time"

	"pgregory.net/rapid"
)

// Scenarios draws scenarios that use the whole of the wider API. Each of them
// ends, is valid, and has exactly one trace: every duration has a low bit of
// its own (see the package's tests for ties made on purpose). They shrink
// towards Scenario{}, one actor and one quarter of a second at a time.
func Scenarios() *rapid.Generator[Scenario] {
	return full.scenarios()
}

// CoreScenarios draws scenarios that use only what the documented API offers,
// and that happen entirely in the process: main ends by itself, which is what
// begins the shutdown. They can test any implementation in virtual time.
func CoreScenarios() *rapid.Generator[Scenario] {
	return core.scenarios()
}

// CoreSignalScenarios draws what CoreScenarios does, with signals: a first
// SIGINT or SIGTERM and any number of further SIGTERMs, which are never
// forcing. Main may then wait for its context, or never come back.
func CoreSignalScenarios() *rapid.Generator[Scenario] {
	return coreSignals.scenarios()
}

// Around draws scenarios like Scenarios does, each of which begins as one of the
// given: with its options, its main and what happens in it, and more. What the
// given are about is thus put to the test in most of them.
func Around(bases ...Scenario) *rapid.Generator[Scenario] {
	return full.around(bases)
}

// CoreAround is Around within what CoreScenarios draws.
func CoreAround(bases ...Scenario) *rapid.Generator[Scenario] {
	return core.around(bases)
}

// A profile says which parts of a scenario are drawn.
type profile struct {
	options *rapid.Generator[Scenario]
	main    *rapid.Generator[Main]
	actors  *rapid.Generator[actor]
	core    bool // what only the wider API fixes is taken out
}

// An actor adds one thing that happens to a scenario.
type actor func(*Scenario)

const (
	// maxActors keeps most scenarios below maxBits durations.
	maxActors = 9
	// spareBits are kept for the stop and the instants that mend may add.
	spareBits = 4
)

var (
	full = profile{
		options: rapid.Custom(drawOptions),
		main:    drawMain(allExits, byItself, byItself, afterCancel, afterCancel, afterCancel, never),
		actors: rapid.OneOf(hook(true), hook(true), rare(takeBack(), crowd()), stop(allTriggers), volley(), volley(), group(), group(), track(), task(),
			probe(Readiness), probe(Readiness, Liveness, Startup), ready(), check(true), check(true), start()),
	}
	core = profile{
		core:    true,
		options: rapid.Custom(drawTimeouts),
		main:    drawMain(coreExits, byItself),
		actors:  rapid.OneOf(hook(false), hook(false), group(), group(), probe(Readiness, Liveness), ready(), rare(check(false), crowd())),
	}
	coreSignals = profile{
		core:    true,
		options: core.options,
		main:    drawMain(coreExits, byItself, afterCancel, afterCancel, afterCancel, never),
		actors:  rapid.OneOf(core.actors, core.actors, core.actors, core.actors, stop(signals), stop(signals), signalAfterMain()),
	}
)

// rare draws of a generator, and once in a while of another.
func rare(usual, seldom *rapid.Generator[actor]) *rapid.Generator[actor] {
	return rapid.Custom(func(t *rapid.T) actor {
		if often(t, "seldom", 1, 6) {
			return seldom.Draw(t, "actor")
		}
		return usual.Draw(t, "actor")
	})
}

// scenarios puts a scenario together, then mends what makes it undefined or
// endless, so that hardly anything that is drawn is thrown away.
func (p profile) scenarios() *rapid.Generator[Scenario] {
	return p.filled(maxActors, func(t *rapid.T) Scenario {
		s := p.options.Draw(t, "options")
		s.Main = p.main.Draw(t, "main")
		return s
	})
}

// around puts scenarios together that begin as one of the given.
func (p profile) around(bases []Scenario) *rapid.Generator[Scenario] {
	var whole []Scenario
	for _, s := range bases {
		whole = append(whole, s.whole())
	}
	return p.filled(maxActors/2, func(t *rapid.T) Scenario {
		return rapid.SampledFrom(whole).Draw(t, "base")
	})
}

// filled draws what a scenario begins as, and then what else happens in it.
func (p profile) filled(most int, begin func(t *rapid.T) Scenario) *rapid.Generator[Scenario] {
	actors := rapid.SliceOfN(p.actors, 0, most)
	return rapid.Custom(func(t *rapid.T) Scenario {
		s := begin(t)
		for _, act := range actors.Draw(t, "actors") {
			more := s.clone()
			act(&more)
			if _, bits := more.distinct(); bits <= maxBits-spareBits {
				s = more
			}
		}
		return p.mend(s)
	})
}

// mend plays the scenario, and has what the model finds undefined taken out,
// until nothing is.
func (p profile) mend(s Scenario) Scenario {
	for {
		spread, _ := s.distinct()
		l := live(spread, nil)
		switch {
		case l.problem != nil:
			l.remedy(&s)
		case l.trace.Returned == Never:
			s.Stops = append(s.Stops, Stop{By: SIGTERM, At: 8 * grain})
		case p.core && toCore(&s, spread, l.trace):
		default:
			return spread
		}
	}
}

// toCore takes one thing out of a scenario that is outside of the core, and
// says whether there was one: a hook that is registered after Stopped, and a
// SIGINT that is not the stop, which may be forcing.
func toCore(s *Scenario, distinct Scenario, t Trace) bool {
	for _, run := range t.Hooks {
		if run.Late {
			s.Hooks[run.Hook-1].At = 0
			return true
		}
	}
	for i, stop := range distinct.Stops {
		if stop.By == SIGINT && stop.At > t.Entered(Draining) {
			s.Stops[i].By = SIGTERM
			return true
		}
	}
	return false
}

// span draws a number of grains.
func span(t *rapid.T, label string, least, most int) time.Duration {
	return grains(rapid.IntRange(least, most).Draw(t, label))
}

// often draws true n times out of m. It shrinks to false.
func often(t *rapid.T, label string, n, m int) bool {
	return rapid.IntRange(0, m-1).Draw(t, label) >= m-n
}

func drawTimeouts(t *rapid.T) (s Scenario) {
	if often(t, "drain timeout given", 3, 4) {
		// An even number of grains, because half of it may be the grace.
		s.DrainTimeout = grains(rapid.SampledFrom([]int{8, 4, 12, 2, 16, 24}).Draw(t, "drain timeout"))
	}
	if often(t, "shutdown timeout given", 3, 4) {
		s.ShutdownTimeout = grains(rapid.SampledFrom([]int{8, 4, 12, 2, 1}).Draw(t, "shutdown timeout"))
	}
	return s
}

func drawOptions(t *rapid.T) Scenario {
	s := drawTimeouts(t)
	if often(t, "drain delay given", 1, 3) {
		s.DrainDelay = span(t, "drain delay", 1, 8)
	}
	switch {
	case often(t, "return grace given", 1, 3):
		s.ReturnGrace = span(t, "return grace", 1, 8)
	case often(t, "no return grace", 1, 8):
		s.ReturnGrace = NoGrace
	}
	s.CleanError = often(t, "clean error given", 1, 3)
	s.SignalError = often(t, "signal error", 1, 3)
	s.ManualStart = often(t, "manual start", 1, 3)
	s.Follow = often(t, "follow", 2, 3)
	if often(t, "check timeout given", 1, 3) {
		s.CheckTimeout = span(t, "check timeout", 1, 6)
	}
	return s
}
