package check

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// requests judges what became of those under way and of those that came after.
func (j *judge) requests() {
	var cut, atExit, failed, unanswered, refused group
	for _, r := range j.Requests {
		switch {
		case j.Killed > 0 && r.Ended >= j.Killed-closeEvery:
		case j.queued(r):
		case j.flew(r):
			j.inFlightRequest(r, &cut, &atExit, &failed)
		case r.Phase == After && r.Sent > j.Stop:
			j.laterRequest(r, &unanswered, &refused)
		}
	}
	flying := j.inFlight()
	if len(cut.requests) > len(atExit.requests) { // then the exit is not the reason
		cut.requests, atExit.requests = append(cut.requests, atExit.requests...), nil
	}
	cut.report(j, "in-flight-dropped", flying)
	atExit.report(j, "early-exit", flying)
	failed.report(j, "in-flight-failed", flying)
	if n := len(unanswered.requests); n >= 2 || n == 1 && !j.meant() {
		unanswered.report(j, "accepted-without-answer", 0)
	}
	refused.report(j, "work-refused-in-delay", 0)
}

// queued reports whether a request without an answer can only have waited for its
// turn: one that the service had begun would have been answered long before.
func (j *judge) queued(r Request) bool {
	return r.Phase == InFlight && r.Status == 0 && !r.HTTP2 && !r.Upload && j.usualOf(r).Takes < youngest
}

// inFlightRequest sorts one that was under way at the stop.
func (j *judge) inFlightRequest(r Request, cut, atExit, failed *group) {
	usual := j.usualOf(r)
	switch {
	case r.Outcome != Answered || r.shorterThan(usual) || r.Early && !usual.Early:
		if j.diedWith(r) {
			atExit.add(r)
		} else {
			cut.add(r)
		}
		if r.HTTP2 && !r.Told {
			j.find("no-goaway", "%s was cut, %s, and no GOAWAY came", r.What, j.after(r.Ended))
		}
	case usual.worse(r.Status) || r.otherThan(usual) || r.failedAtTheEnd(usual):
		failed.add(r)
	case r.HTTP2 && !r.Told && r.Gone > 0:
		j.find("no-goaway", "the connection with %s was closed, %s, and no GOAWAY came", r.What, j.after(r.Gone))
	case !r.HTTP2 && r.Kept && j.stayedOpen(r):
		j.find("keep-alive-not-ended", "%s was answered %s without Connection: close, and the connection stayed open", r.What, j.after(r.Ended))
	}
}

// endsTogether is how long before it is seen to end a process may close its
// connections.
const endsTogether = 150 * time.Millisecond

// diedWith reports whether a request ended as the process did: just before it, or
// after, and nothing was answered in between. A busy system closes what a process has open
// one by one: how long it took from this connection to the listener says how busy it was.
func (j *judge) diedWith(r Request) bool {
	const most = 250 * time.Millisecond
	busy := 0 * time.Second
	if refused := j.firstRefusal(mustTarget(r.URL).addr, j.Stop, j.Exit); refused < j.Exit {
		busy = min(max(refused-r.Ended-2*closeEvery, 0), most)
	}
	return r.Ended > j.Exit-endsTogether-2*j.Late-4*busy && !slices.ContainsFunc(j.Probes, func(p Probe) bool {
		return p.Begun > r.Ended && p.Outcome == Answered
	})
}

// stayedOpen reports whether a connection was neither told to close nor closed
// for long after its answer, though the process was there.
func (j *judge) stayedOpen(r Request) bool {
	end := max(r.Ended, j.closed(mustTarget(r.URL).addr).never) + time.Second + 2*j.Late
	return r.Ended > j.Stop+atOnce && j.Exit > end && (r.Gone == 0 || r.Gone > end)
}

// laterRequest sorts one that was sent after the stop. A connection that came
// just when the listener closed may not have been accepted by the service itself.
func (j *judge) laterRequest(r Request, unanswered, refused *group) {
	c, usual := j.closed(mustTarget(r.URL).addr), j.usualOf(r)
	switch {
	case r.Outcome == Answered && (usual.worse(r.Status) || !r.ToEOF && r.shorterThan(usual) || r.otherThan(usual) || r.failedAtTheEnd(usual)):
		// What is answered later may have been read when the delay was over.
		inDelay := r.Ended < j.Stop+j.window() || r.Sent < j.Stop+j.window()-windowSlack-2*j.Late
		if inDelay && r.Sent > j.aware() && j.proved(j.Stop, r.Sent) {
			refused.add(r)
		}
	case r.Outcome == Answered && !r.shorterThan(usual) || r.Outcome == Refused || r.declined() || r.Outcome == Unfinished && j.Exit == 0:
	default:
		open := j.openUntil(mustTarget(r.URL).addr, r.Sent, c.accepted) - 4*closeEvery
		if r.Sent < open && r.reached(r.Ended) && (j.overtaken(r) || r.Sent < open-lateSum(j.Late)) {
			unanswered.add(r) // the listener was open for a while yet
		}
	}
}

// openUntil is when the listener that was there at a moment accepted its last connection:
// the last before one was refused, though another listener may have come after it.
func (j *judge) openUntil(addr string, since, last time.Duration) (at time.Duration) {
	refused := j.firstRefusal(addr, since, math.MaxInt64)
	for _, p := range j.Probes {
		if p.Addr == addr && p.accepted() && p.Begun < refused {
			at = max(at, p.Begun)
		}
	}
	return min(at, last)
}

// overtaken reports whether the service had surely accepted the connection of r, since
// it answered some, or another that came later. On a busy machine the queue of those
// that are reset as the listener closes may be long.
func (j *judge) overtaken(r Request) bool {
	addr := mustTarget(r.URL).addr
	return r.Status != 0 || slices.ContainsFunc(j.Probes, func(p Probe) bool {
		return p.Addr == addr && p.Begun > r.Sent && p.Outcome == Answered && (p.Role == ReadyProbe || p.Role == LiveProbe)
	})
}

// group are requests that the same thing has happened to.
type group struct{ requests []Request }

func (g *group) add(r Request) { g.requests = append(g.requests, r) }

// report says how many of which kind there were, and what became of the first.
func (g *group) report(j *judge, name string, of int) {
	if len(g.requests) == 0 {
		return
	}
	first := slices.MinFunc(g.requests, func(a, b Request) int { return int(a.Ended - b.Ended) })
	kinds := map[string]int{}
	for _, r := range g.requests {
		kinds[r.What]++
	}
	var parts []string
	for _, r := range g.requests {
		if n := kinds[r.What]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d × %s", n, r.What))
			delete(kinds, r.What)
		}
	}
	how := string(first.Outcome)
	if first.Outcome == Answered {
		how = fmt.Sprintf("answered %d", first.Status)
	}
	usual := j.usualOf(first)
	switch {
	case first.Early:
		how += ", before its second half was sent"
	case first.failedAtTheEnd(usual):
		how += fmt.Sprintf(" with the trailer %q, where %q is usual", first.Trailer, usual.Trailers[first.HTTP2][0])
	}
	total := ""
	if of > 0 {
		total = fmt.Sprintf("%d of %d in flight: ", len(g.requests), of)
	}
	bytes := fmt.Sprintf("%d bytes", first.Bytes)
	switch {
	case first.Outcome != Answered:
	case first.shorterThan(usual):
		bytes = fmt.Sprintf("%d of the usual %d bytes", first.Bytes, usual.Bytes)
	case first.otherThan(usual):
		bytes = fmt.Sprintf("%d bytes, not the usual %d, in less than the usual time,", first.Bytes, usual.Bytes)
	}
	j.find(name, "%s%s; the first was %s, %s, with %s of its body", total, strings.Join(parts, ", "), how, j.after(first.Ended), bytes)
	j.seen[len(j.seen)-1].requests = len(g.requests)
	j.seen[len(j.seen)-1].compared = slices.ContainsFunc(g.requests, func(r Request) bool { return r.Outcome == Answered })
}

// lost says what was lost when the process was killed.
func (j *judge) lost() string {
	n := 0
	for _, r := range j.Requests {
		if j.flew(r) && r.Ended >= j.Killed-closeEvery {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d requests were lost with it", n)
}
