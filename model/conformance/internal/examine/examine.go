// Package examine examines an implementation in child processes.
//
// Most clauses are about what happens when. For these, scenarios are played on
// the implementation, in virtual time, and everything that can be seen is
// compared with what package model predicts: whole traces, with exact instants.
//
//	model.Scenario ──▶ model.Predict ──────────▶ want ─┐
//	      │                                            ├─▶ which clause
//	      └──▶ the implementation, in a bubble ─▶ got ─┘   is broken
//
// A clause is given its own examples, the scenarios of [model.Exhaustive] and
// random ones, in so far as its premise holds in them; one whose premise held
// fewer than twenty times has failed. A mistake early in a life changes all
// that comes after it, so the trace is compared in the order of cause and
// effect, and the first aspect that differs names the clause.
//
// Signals cannot cross into virtual time. An implementation that takes a source of
// signals is given them there; with any other, random lives are played in real time,
// each in a process of its own, and compared with the model in the same way.
//
// What does not fit into a timed trace is checked directly. What an
// implementation does not let anybody see is left out of both traces:
// compare/project.go has the whole list.
package examine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Options say how much is done.
type Options struct {
	Random int           // random scenarios
	Every  int           // one in so many of the exhaustive ones
	Limit  time.Duration // of a child process
	Step   time.Duration // of one scenario or direct check
	// About says of which clauses the direct checks and the examples are wanted.
	About func(clause string) bool
	// Without names the optional fields that panicked in the preflight.
	Without []subject.Need
}

// mostDeaths is how many processes one examination may cost.
const mostDeaths = 8

// NotExamined stands, among what failed, for all that was given up.
const NotExamined = ""

// config adds the options to what a child is to do.
func (o Options) config(cfg process.Config) process.Config {
	cfg.Random, cfg.Every, cfg.Step, cfg.Limit, cfg.Without = o.Random, o.Every, o.Step, o.Limit, o.Without
	return cfg
}

// Examine has children do what cfg says, and returns what failed. A child that
// dies is the failure of the clause it was at, and the next one goes on behind
// that.
func (o Options) Examine(cfg process.Config) map[string]string {
	defer process.HearInterrupts()()
	failures := map[string]string{}
	fail := func(clause, reason string) {
		if _, known := failures[clause]; !known {
			failures[clause] = reason
		}
	}
	cfg = o.config(cfg)
	for deaths := 1; ; deaths++ {
		e, err := cfg.Start()
		if err != nil {
			fail(cmp.Or(cfg.Only, "STATE-2"), fmt.Sprintf("the child process could not be run: %v", err))
			fail(NotExamined, "not examined: the child process could not be run")
			return failures
		}
		for _, r := range e.Records {
			if r.Failed != nil {
				fail(r.Failed.Clause, r.Failed.Text)
			}
			if r.Done != "" {
				cfg.Done = append(cfg.Done, r.Done)
			}
		}
		if e.Clean {
			return failures
		}
		if giveUp := behind(&cfg, e, deaths, fail); giveUp {
			fail(NotExamined, "not examined: the process has ended too often")
			return failures
		}
	}
}

// behind has the next child go on behind what the last one died of. It says
// whether there is no use in that.
func behind(cfg *process.Config, e process.End, deaths int, fail func(clause, reason string)) (giveUp bool) {
	reason := fmt.Sprintf("the process did not survive it (%s)\nits output:\n%s", e.How, e.Output)
	blame := e.Now.Blame
	switch {
	case e.Now.Scenario > 0:
		cfg.From = e.Now.Scenario
		cfg.Dead = append(cfg.Dead, blame)
		reason = fmt.Sprintf("scenario %d: %s", e.Now.Scenario, reason)
	case e.Now.Check != "":
		cfg.Done = append(cfg.Done, e.Now.Check)
		reason = e.Now.Check + ": " + reason
	default:
		blame, giveUp = "STATE-2", true
		reason = fmt.Sprintf("the process ended (%s) without a word\nits output:\n%s", e.How, e.Output)
	}
	// What another clause is to blame for is that one's failure, unless the
	// process does not go on at all.
	if cfg.Only != "" && (giveUp || blame == "STATE-2") {
		blame = cfg.Only
	}
	fail(blame, reason)
	return giveUp || deaths >= mostDeaths
}
