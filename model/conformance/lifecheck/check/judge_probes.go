package check

import (
	"cmp"
	"slices"
	"time"
)

// atOnce is how long after the signal a probe may still pass.
const atOnce = 250 * time.Millisecond

// of are the probes of a role that began after the stop, in the order of their
// beginnings.
func (j *judge) of(role Role) []Probe {
	var probes []Probe
	for _, p := range j.Probes {
		if p.Role == role && p.Begun > j.Stop && (j.Killed == 0 || p.Begun < j.Killed) {
			probes = append(probes, p)
		}
	}
	slices.SortFunc(probes, func(a, b Probe) int { return cmp.Compare(a.Begun, b.Begun) })
	return probes
}

// probes judges readiness and liveness after the stop.
func (j *judge) probes() {
	j.readiness()
	var hung, cut []Probe
	for _, p := range j.of(LiveProbe) {
		switch {
		case p.Outcome == Answered && !p.ok():
			j.find("liveness-fails", "answered %d, %s", p.Status, j.after(p.Ended))
			return
		case p.Outcome == TimedOut:
			hung = append(hung, p)
		case (p.Outcome == Closed || p.Outcome == Reset) && p.Ended < j.Stop+j.window()-windowSlack:
			cut = append(cut, p)
		case p.Outcome == Refused && p.Ended < j.Stop+j.window()-windowSlack && !slices.Contains(j.addrs(), p.Addr):
			j.find("liveness-fails", "refused %s, in the delay of %v", j.after(p.Ended), j.window())
			return
		}
	}
	// As a listener closes, what it has not accepted is cut, but not for long.
	if n := len(cut); n >= 3 && cut[n-1].Begun-cut[0].Begun > 4*closeEvery+2*j.Late {
		j.findLate("liveness-fails", "%d probes were %s, the first of them %s", n, cut[0], j.after(cut[0].Ended))
	}
	if len(hung) >= 3 && !j.serial() {
		j.findLate("liveness-fails", "%d probes had no answer within %v, the first of them sent %s", len(hung), probeTimeout, j.after(hung[0].Begun))
	}
}

// readiness judges when it began to fail, and whether it went on.
func (j *judge) readiness() {
	var last Probe // that passed, before the first that failed
	var first *Probe
	hung := 0
	for _, p := range j.of(ReadyProbe) {
		switch {
		case p.ok() && first != nil && p.Begun > first.Ended:
			j.find("readiness-flaps", "%s %s, and answered %d %s", *first, j.after(first.Ended), p.Status, j.after(p.Ended))
			return
		case p.ok():
			last = p
		case p.Outcome == Answered || p.Outcome == Refused:
			if first == nil {
				first = &p
			}
		case p.Outcome == TimedOut:
			hung++
		}
	}
	for _, p := range j.of(KeptReady) {
		if p.ok() && first != nil && p.Begun > first.Ended && p.Begun > j.Stop+atOnce && j.proved(first.Ended, p.Begun) {
			j.find("readiness-flaps", "%s %s, and answered %d %s on a kept connection", *first, j.after(first.Ended), p.Status, j.after(p.Ended))
			return
		}
	}
	if hung >= 3 {
		if !j.serial() { // else they wait for the requests in flight
			j.find("readiness-hangs", "%d probes after the signal had no answer within %v", hung, probeTimeout)
		}
		return
	}
	if last.Begun < j.Stop+atOnce+2*j.Late || !j.proved(j.Stop, last.Begun) {
		return
	}
	end := j.closed(mustTarget(j.Options.Ready).addr).never
	if first == nil || first.Outcome == Refused && first.Begun < end+settling {
		j.find("readiness-not-failed", "answered %d as late as %s, and then the listener was closed", last.Status, j.after(last.Ended))
		return
	}
	j.find("readiness-slow", "answered %d as late as %s, and first failed %s", last.Status, j.after(last.Ended), j.after(first.Ended))
}

// aware is when readiness was first seen to fail after the stop: what was sent
// before that may have been under way when the service took the signal. It is the
// stop where readiness does not fail.
func (j *judge) aware() time.Duration {
	for _, p := range j.of(ReadyProbe) {
		if p.Outcome == Answered && !p.ok() {
			return p.Ended
		}
	}
	return j.Stop
}

// closing is what is known of when an address stopped taking connections.
type closing struct {
	accepted time.Duration // the last that was
	refused  time.Duration // the first that was not, and none was after it; 0: none
	never    time.Duration // refused, or the end of the process; much later where something else accepts
}

// closed looks at every connection to the address.
func (j *judge) closed(addr string) (c closing) {
	for _, p := range j.Probes {
		if p.Addr == addr && p.Begun > j.Stop && p.accepted() && (p.Role == ReadyProbe || p.Role == PortProbe) {
			c.accepted = max(c.accepted, p.Begun)
		}
	}
	for _, p := range j.Probes {
		if p.Addr == addr && p.Outcome == Refused && p.Begun > max(c.accepted, j.Stop) && (c.refused == 0 || p.Ended < c.refused) {
			c.refused = p.Ended
		}
	}
	switch {
	case c.accepted > j.Exit && c.refused == 0: // by what the process has left behind
		c.never = c.accepted + afterwards
	case c.accepted > j.Exit:
		c.never = c.refused
	case c.refused != 0:
		c.never = min(c.refused, j.Exit)
	default:
		c.never = j.Exit
	}
	return c
}
