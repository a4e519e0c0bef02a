package check

import (
	"fmt"
	"slices"
	"time"
)

// windowSlack is what a delay may be shorter than it was said to be.
const windowSlack = 50 * time.Millisecond

// addrs are where the work is.
func (j *judge) addrs() (addrs []string) {
	for _, u := range j.Options.Work {
		if addr := mustTarget(u).addr; !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// listeners judges when they closed. That one closed early cannot be an error of
// watching: what is seen is never earlier than what happened.
func (j *judge) listeners() {
	for _, addr := range j.addrs() {
		c := j.closed(addr)
		if at := j.firstRefusal(addr, j.Stop, c.never); at < j.Stop+j.window()-windowSlack {
			j.find("listener-closed-early", "%s refused connections %s; the delay is %s", addr, j.after(at), j.windowSays())
		}
		late := j.Stop + max(j.Delay, 0) + settling
		switch {
		case c.accepted < late || !j.proved(late-settling/2, c.accepted) && !j.works(addr, late-settling/2):
		case j.Delay != DelayUnknown:
			j.find("listener-open-late", "%s accepted a connection %s; the delay is %v", addr, j.after(c.accepted), j.Delay)
		default:
			// How long the delay is is not known. But work is sent until the
			// listener closes, so that it closes well before the exit.
			if gap := max(j.slowest(), 8*closeEvery) / 2; c.accepted > j.Exit-gap && j.busyUntilExit(gap) {
				j.find("listener-open-late", "%s accepted connections until the exit, %s, with requests under way; -delay says how long it may", addr, j.after(j.Exit))
			}
		}
	}
}

// busyUntilExit reports whether the process waited for a request until it exited. Where
// requests wait for one another, they are sent one by one, and there may be none.
func (j *judge) busyUntilExit(gap time.Duration) bool {
	if j.Kind != Hanging && (j.serial() || gap <= 4*closeEvery) {
		return false
	}
	return slices.ContainsFunc(j.Requests, func(r Request) bool { return r.Sent < j.Exit-gap && r.Ended > j.Exit-gap/4 })
}

// firstRefusal is when a connection that was made after a moment was first refused, though
// others may have been accepted later; otherwise if none was.
func (j *judge) firstRefusal(addr string, since, otherwise time.Duration) time.Duration {
	at := otherwise
	for _, p := range j.Probes {
		if p.Addr == addr && p.Outcome == Refused && p.Begun > since {
			at = min(at, p.Ended)
		}
	}
	return at
}

// works reports whether an address that has no probes served more than one request
// that was sent after a moment.
func (j *judge) works(addr string, since time.Duration) bool {
	n := 0
	for _, r := range j.Requests {
		if r.Phase == After && r.Sent > since && r.Outcome == Answered && mustTarget(r.URL).addr == addr {
			n++
		}
	}
	return n >= 2
}

func (j *judge) windowSays() string {
	if j.Delay == DelayUnknown {
		return fmt.Sprintf("not known, and %s asks for %v at least (-delay 0 if a preStop hook waits instead)", Kubernetes, j.window())
	}
	return j.window().String()
}

// connections judges what becomes of kept ones.
func (j *judge) connections() {
	for _, c := range j.Conns {
		if c.Ended < j.Stop || j.Killed > 0 && c.Ended >= j.Killed {
			continue
		}
		closes := j.closed(c.Addr).never
		switch {
		case c.Outcome == Reset:
			j.find("connection-reset", "an idle connection to %s was reset %s", c.Addr, j.after(c.Ended))
		case c.Ended > closes+time.Second+2*j.Late:
			j.find("keep-alive-not-ended", "an idle connection to %s stayed open until %s; the listener closed %s", c.Addr, j.after(c.Ended), j.after(closes))
		}
	}
	untold, last := 0, Probe{}
	for _, p := range slices.Concat(j.of(KeptProbe), j.of(KeptReady)) {
		if p.Outcome == Answered && !p.Told && p.Begun > max(j.Stop+atOnce, j.aware()) && j.proved(j.Stop, p.Begun) {
			untold++
			last = p
		}
	}
	j.toldOfWork()
	if untold >= 2 {
		j.find("keep-alive-not-ended", "%d answers on a kept connection to %s came without Connection: close, the last of them %s", untold, last.Addr, j.after(last.Ended))
	}
}

// toldOfWork judges whether the answers to work say that they are the last ones of
// their connections: those to probes may, and these not.
func (j *judge) toldOfWork() {
	var untold []Request
	for _, r := range j.Requests {
		if r.Phase == After && r.Kept && !r.HTTP2 && r.Sent > max(j.Stop+atOnce, j.aware()) && j.proved(j.Stop, r.Sent) {
			untold = append(untold, r)
		}
	}
	if len(untold) >= 2 {
		last := untold[len(untold)-1]
		j.find("keep-alive-not-ended", "%d answers to requests that were sent after the signal came without Connection: close, as %s, %s", len(untold), last.What, j.after(last.Ended))
	}
}
