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
// effect, and the first aspect that differs names the clause. A clause that
// another one's failure keeps from being examined is undecided. What may be the failure
// of several clauses is that of one that is known to be broken, else of the likeliest.
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
	"maps"
	"slices"
	"strings"
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

// How many processes may be lost before something is given up. One that hangs
// counts for several, because it costs the time of several.
const (
	mostDeaths      = 3  // to the failure of one clause: then nothing more is tried of it
	mostDeathsInAll = 24 // in one examination
	hangCounts      = 3
)

// examination is what the children of one examination have done and found.
type examination struct {
	cfg      process.Config
	found    Findings
	examples []process.Example
	deaths   map[string]int // by the clause to blame
	lost     int            // processes, in all
	hung     string         // where the last child hung, and is tried once more
}

// config adds the options to what a child is to do.
func (o Options) config(cfg process.Config) process.Config {
	cfg.Random, cfg.Every, cfg.Step, cfg.Limit, cfg.Without = o.Random, o.Every, o.Step, o.Limit, o.Without
	return cfg
}

// Examine has children do what cfg says, and returns what was found. A child that
// dies is the failure of the clause it was at, and the next one goes on behind
// that.
func (o Options) Examine(cfg process.Config) Findings {
	defer process.HearSignals()()
	x := examination{cfg: o.config(cfg), found: NewFindings(), deaths: map[string]int{}}
	for {
		e, err := x.cfg.Start()
		if err != nil {
			x.found.Fail(subject.Difference{Clause: cmp.Or(cfg.Only, "STATE-2"), Text: fmt.Sprintf("the child process could not be run: %v", err)})
			x.found.GivenUp = "not examined: the child process could not be run"
			break
		}
		stuck := x.read(e)
		if e.Clean || x.behind(e, stuck) {
			break
		}
	}
	x.found.spoiled(x.examples)
	return x.found
}

// read takes what a child has written down. It returns what the child ended
// itself for, if it did.
func (x *examination) read(e process.End) (stuck string) {
	failed := map[string]subject.Difference{}
	for _, r := range e.Records {
		switch {
		case r.Failed != nil:
			failed[fmt.Sprint(r.Failed.Clause, r.Failed.Or)] = *r.Failed // the last is the smallest scenario
		case r.Undecided != nil:
			x.found.Undecided[r.Undecided.Clause] = r.Undecided.Text
		case r.Example != nil:
			x.examples = append(x.examples, *r.Example)
		case r.Done != "":
			x.cfg.Done = append(x.cfg.Done, r.Done)
		case r.Lost != "":
			x.found.explain(inScenario(x.cfg.Lost), "\nthe scenario:\n"+strings.TrimSpace(r.Lost))
			x.cfg.Lost = 0
		case r.Stuck != "":
			stuck = r.Stuck
		}
	}
	for _, key := range slices.Sorted(maps.Keys(failed)) {
		x.found.Fail(failed[key])
	}
	return stuck
}

// behind has the next child go on behind what the last one died of. It says
// whether there is no use in that.
func (x *examination) behind(e process.End, stuck string) (giveUp bool) {
	if stuck != "" && x.again(e.Now) {
		return false
	}
	where, blame := "", e.Now.Blame
	switch {
	case e.Now.Scenario > 0:
		x.cfg.From, x.cfg.Lost = e.Now.Scenario, e.Now.Scenario
		where = inScenario(e.Now.Scenario)
	case e.Now.Check != "":
		x.cfg.Done = append(x.cfg.Done, e.Now.Check)
		where = e.Now.Check
	default:
		x.found.Fail(subject.Difference{Clause: cmp.Or(x.cfg.Only, "STATE-2"), Text: fmt.Sprintf("the process ended (%s) without a word%s", e.How, itsOutput(e))})
		x.found.GivenUp = "not examined: the process ended without a word"
		return true
	}
	where = strings.TrimPrefix(where, blame+": ") // it is reported under that name
	reason := fmt.Sprintf("%s: the process did not survive it (%s)%s", where, e.How, itsOutput(e))
	or := e.Now.Or
	if e.Now.Check != "" && blame != "HOOK-8" && !strings.HasPrefix(blame, "HEALTH-") && !strings.HasPrefix(e.How, "signal") {
		or = append(or, "HOOK-8") // of a hook that an earlier check has left behind
	}
	x.lost++
	if stuck != "" {
		reason = fmt.Sprintf("%s: %s, twice%s", where, stuck, itsOutput(e))
		x.lost += hangCounts - 1
		if e.Now.Check != "" && blame != "STATE-2" {
			or = append(or, "STATE-2") // which every check relies on
		}
	}
	if e.Now.Of != "" {
		x.examples = append(x.examples, process.Example{Of: e.Now.Of, SpoiledBy: blame})
	}
	x.deaths[blame]++
	if e.Now.Known || x.deaths[blame] >= mostDeaths {
		x.cfg.Dead = append(x.cfg.Dead, blame)
	}
	// What another clause is to blame for is that one's failure.
	if x.cfg.Only != "" && blame == "STATE-2" {
		blame = x.cfg.Only
	}
	x.found.Fail(subject.Difference{Clause: blame, Or: or, Text: reason})
	if x.lost >= mostDeathsInAll {
		x.found.GivenUp = "not examined: the process has ended too often"
		return true
	}
	return false
}

// itsOutput is what a child has printed, if anything.
func itsOutput(e process.End) string {
	if e.Output == "" {
		return ""
	}
	return "\nits output:\n" + e.Output
}

// inScenario is how a failure begins that has ended a process in a scenario.
func inScenario(n int) string { return fmt.Sprintf("scenario %d", n) }

// again has the next child try once more where the last one hung, because a busy
// machine can look like that. It says whether that is the first time.
func (x *examination) again(at process.Progress) bool {
	where := fmt.Sprint(at.Scenario, at.Check)
	if x.hung == where {
		return false
	}
	x.hung = where
	if at.Scenario > 0 {
		x.cfg.From = at.Scenario - 1
	}
	return true
}
