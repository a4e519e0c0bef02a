package check

import "time"

const (
	ms     = time.Millisecond
	stopAt = 1000 * ms
	delay  = 600 * ms
	addr   = "127.0.0.1:1"
	slow   = "http://" + addr + "/slow"
	random = "http://" + addr + "/random"
	flaky  = "http://" + addr + "/flaky"
	quick  = "http://" + addr + "/quick"
)

func options() Options {
	return Options{Ready: "http://" + addr + "/readyz", Live: "http://" + addr + "/healthz", Work: []string{slow},
		Delay: delay, Budget: 5 * time.Second, Profile: Standalone}
}

var survey = Survey{StartUp: 50 * ms, Work: []Usual{{URL: slow, Takes: 1000 * ms, Status: 200, Bytes: 40, Stable: true, HTTP1: true},
	{URL: random, Takes: 1000 * ms, Status: 200, Bytes: 40, HTTP1: true},
	{URL: flaky, Takes: 1000 * ms, Status: 200, Varies: []int{500}, Bytes: 40, HTTP1: true},
	{URL: quick, Takes: ms, Status: 200, Bytes: 40, HTTP1: true}}}

// well is the record of a service that stops as it should.
func well(kind Kind) *Life {
	l := &Life{Kind: kind, Ready: 50 * ms, Stop: stopAt, Exit: 2700 * ms}
	for at := 800 * ms; at < l.Exit; at += 25 * ms {
		open := at < stopAt+delay
		ready, live := Probe{Role: ReadyProbe, Outcome: Answered, Status: 200}, Probe{Role: LiveProbe, Outcome: Answered, Status: 200}
		kept := Probe{Role: KeptProbe, Outcome: Answered, Status: 200}
		if at > stopAt {
			ready.Status = 503
			kept.Told = true
		}
		if !open {
			ready, live = Probe{Role: ReadyProbe, Outcome: Refused}, Probe{Role: LiveProbe, Outcome: Refused}
		}
		if at <= stopAt+25*ms {
			l.probe(kept, at)
		}
		l.probe(ready, at)
		l.probe(live, at)
	}
	for range 4 {
		l.Requests = append(l.Requests, Request{Phase: InFlight, What: "GET /slow, HTTP/1.1", URL: slow, Sent: 600 * ms,
			Ended: 1600 * ms, Told: true, Status: 200, Bytes: 40, Outcome: Answered})
	}
	l.Requests = append(l.Requests, Request{Phase: After, What: "GET /slow, HTTP/1.1", URL: slow, Sent: 1300 * ms,
		Ended: 2300 * ms, Told: true, Status: 200, Bytes: 40, Outcome: Answered})
	l.Conns = []Conn{{Addr: addr, Ended: 1610 * ms, Outcome: Closed}}
	return l
}

func (l *Life) probe(p Probe, at time.Duration) {
	p.Addr, p.Begun, p.Ended = addr, at, at+ms
	l.Probes = append(l.Probes, p)
}

// each changes every probe of the role after the stop.
func (l *Life) each(role Role, change func(p *Probe)) {
	for i := range l.Probes {
		if p := &l.Probes[i]; p.Role == role && p.Begun > l.Stop {
			change(p)
		}
	}
}

func (l *Life) eachRequest(phase Phase, change func(r *Request)) {
	for i := range l.Requests {
		if r := &l.Requests[i]; r.Phase == phase {
			change(r)
		}
	}
}
