package check

import (
	"fmt"
	"strings"
	"time"
)

// A Verdict is what lifecheck says in one word.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	HasFindings  Verdict = "findings"
	Inconclusive Verdict = "inconclusive"
)

// A Finding is a rule that was broken, and what was seen of it.
type Finding struct {
	Name   string   `json:"name"`
	Clause string   `json:"clause"`
	Means  string   `json:"means"`
	Seen   []string `json:"seen"`
	Change string   `json:"change"`
	Lives  int      `json:"lives"` // how many it was seen in
}

// inconclusive says why the lives do not show enough.
func inconclusive(o Options, lives []Life) (why []string) {
	loaded, busy := 0, time.Duration(0)
	missed := map[Kind]int{}
	instead := map[Kind]int{UnderLoad: -o.Runs, Again: -1, Interrupt: -1} // lives that were lived again
	for _, l := range lives {
		busy = max(busy, l.Late)
		if l.Kind.loaded() && l.Stop > 0 {
			loaded++
			instead[l.Kind]++
			if l.inFlight() == 0 {
				missed[l.Kind]++
			}
		}
	}
	empty := 0
	for kind, n := range missed {
		empty += max(n-max(instead[kind], 0), 0)
	}
	if loaded == 0 {
		why = append(why, "the service was never stopped under load")
	}
	if len(o.Work) > 0 && empty > 0 {
		why = append(why, fmt.Sprintf("nothing was in flight at the signal in %d of %d runs: give a -work that takes longer, or -work %s for a service without requests", empty, loaded, None))
	}
	if busy > hopeless {
		why = append(why, fmt.Sprintf("this machine was up to %s late for a timer: try again when it has less to do", round(busy)))
	}
	return why
}

// inFlight is how many requests were under way at the stop.
func (l Life) inFlight() (n int) {
	for _, r := range l.Requests {
		if l.flew(r) {
			n++
		}
	}
	return n
}

// flew reports whether r was under way at the stop: sent a while before it, and
// not at its end. That it had reached the service has to be known.
func (l Life) flew(r Request) bool {
	return r.Phase == InFlight && r.Sent > 0 && r.Sent <= l.Stop-youngest/2 && r.Ended > l.Stop && r.Outcome != Refused && !r.declined() && r.reached(l.Stop) && l.accepted(r)
}

// accepted reports whether a connection was taken from the listener's queue before
// the stop: so was that of a probe which began after r was sent, and was answered.
// What waits in the queue when the listener closes is reset by the system. An
// address without probes shows nothing of it.
func (l Life) accepted(r Request) bool {
	if r.Status != 0 {
		return true
	}
	addr, asked := mustTarget(r.URL).addr, false
	for _, p := range l.Probes {
		if p.Addr != addr || p.Role != ReadyProbe && p.Role != LiveProbe || p.Outcome != Answered || p.Ended > l.Stop {
			continue
		}
		asked = true
		if p.Begun >= r.Sent {
			return true
		}
	}
	return !asked
}

// summary is a life in a line.
func (l Life) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", l.Kind)
	switch {
	case l.Stop == 0:
		fmt.Fprintf(&b, "exit code %d without a signal", l.Code)
	case l.Killed > 0:
		fmt.Fprintf(&b, "still there %s after it", round(l.Killed-l.Stop))
	case l.BySignal != "":
		fmt.Fprintf(&b, "ended by %s after %s", l.BySignal, round(l.Exit-l.Stop))
	default:
		fmt.Fprintf(&b, "exit code %d after %s", l.Code, round(l.Exit-l.Stop))
	}
	if l.Kind.loaded() && len(l.Requests) > 0 {
		whole := 0
		for _, r := range l.Requests {
			if l.flew(r) && r.Outcome == Answered {
				whole++
			}
		}
		fmt.Fprintf(&b, ", %d of %d requests in flight answered", whole, l.inFlight())
	}
	return b.String()
}
