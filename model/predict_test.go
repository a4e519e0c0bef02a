package model

import (
	"strings"
	"testing"
	"time"
)

// s is the unit of the scenarios that are written by hand.
const s = time.Second

// A prediction is a scenario with every trace that is right for it, written
// as they are printed.
type prediction struct {
	name  string // a sentence of the contract, after the IDs of its clauses
	given Scenario
	want  string
}

func (p prediction) test(t *testing.T) {
	t.Run(p.name, func(t *testing.T) {
		traces := Predict(p.given)
		if len(traces) != 1 {
			t.Fatalf("%d traces where the contract allows one:\n%v", len(traces), traces)
		}
		if want, got := words(p.want), words(traces[0].String()); want != got {
			t.Errorf("for\n%v\nwant:\n%s\n\ngot:\n%s", p.given, want, got)
		}
	})
}

// words drops what is only there to align the lines.
func words(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return strings.Join(lines, "\n")
}

func TestRunIsPredicted(t *testing.T) {
	for _, p := range runPredictions {
		p.test(t)
	}
}

func TestDrainingIsPredicted(t *testing.T) {
	for _, p := range drainPredictions {
		p.test(t)
	}
}

func TestHooksArePredicted(t *testing.T) {
	for _, p := range hookPredictions {
		p.test(t)
	}
}

func TestSignalsArePredicted(t *testing.T) {
	for _, p := range signalPredictions {
		p.test(t)
	}
}

func TestHealthIsPredicted(t *testing.T) {
	for _, p := range healthPredictions {
		p.test(t)
	}
}

// modelled are the clauses that a timed trace can show.
var modelled = strings.Fields(`
	STATE-1 STATE-2 STATE-5
	RUN-1 RUN-2 RUN-3 RUN-4 RUN-5 RUN-6 RUN-7 RUN-11 RUN-12 RUN-13 RUN-14
	DRAIN-1 DRAIN-2 DRAIN-3 DRAIN-4 DRAIN-5 DRAIN-7 DRAIN-8
	HOOK-1 HOOK-2 HOOK-3 HOOK-4 HOOK-5 HOOK-6 HOOK-8 HOOK-10
	SIG-1 SIG-2
	HEALTH-1 HEALTH-2 HEALTH-3 HEALTH-4 HEALTH-5 HEALTH-8 HEALTH-9 HEALTH-10 HEALTH-15`)

func TestEveryModelledClauseHasAPredictionWrittenByHand(t *testing.T) {
	named := map[string]bool{}
	for _, table := range [][]prediction{runPredictions, drainPredictions, hookPredictions, signalPredictions, healthPredictions} {
		for _, p := range table {
			for _, word := range strings.Fields(p.name) {
				named[word] = true
			}
		}
	}
	for _, clause := range modelled {
		if !named[clause] {
			t.Errorf("no prediction names %s", clause)
		}
	}
}
