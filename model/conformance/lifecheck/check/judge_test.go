package check

import (
	"slices"
	"testing"
	"time"
)

func TestWhatIsSeenIsJudged(t *testing.T) {
	pass := func(p *Probe) { p.Outcome, p.Status = Answered, 200 }
	for _, c := range []struct {
		name   string
		kind   Kind
		change func(o *Options, l *Life)
		want   []string
	}{
		{"a service that stops as it should", UnderLoad, func(*Options, *Life) {}, nil},
		{"readiness of a service that does not get to run", UnderLoad, func(_ *Options, l *Life) {
			l.Probes = slices.DeleteFunc(l.Probes, func(p Probe) bool { return p.Begun > stopAt && p.Begun < stopAt+400*ms })
			l.each(ReadyProbe, func(p *Probe) {
				if p.Begun < stopAt+420*ms {
					pass(p)
				}
			})
		}, nil},
		{"readiness that passes for half a second", UnderLoad, func(_ *Options, l *Life) {
			l.each(ReadyProbe, func(p *Probe) {
				if p.Begun < stopAt+500*ms {
					pass(p)
				}
			})
		}, []string{"readiness-slow"}},
		{"readiness that passes until it is refused", UnderLoad, func(_ *Options, l *Life) {
			l.each(ReadyProbe, func(p *Probe) {
				if p.Outcome == Answered {
					pass(p)
				}
			})
		}, []string{"readiness-not-failed"}},
		{"one probe that passes again", UnderLoad, func(_ *Options, l *Life) {
			n := 0
			l.each(ReadyProbe, func(p *Probe) {
				if n++; n == 7 {
					pass(p)
				}
			})
		}, []string{"readiness-flaps"}},
		{"one probe without an answer", UnderLoad, func(_ *Options, l *Life) {
			n := 0
			l.each(ReadyProbe, func(p *Probe) {
				if n++; n == 7 {
					p.Outcome, p.Status = TimedOut, 0
				}
			})
		}, nil},
		{"liveness that answers 503", UnderLoad, func(_ *Options, l *Life) {
			l.each(LiveProbe, func(p *Probe) { p.Outcome, p.Status = Answered, 503 })
		}, []string{"liveness-fails"}},
		{"refused 40 ms before the delay is over", UnderLoad, func(o *Options, _ *Life) { o.Delay += 40 * ms }, nil},
		{"refused 100 ms before it is", UnderLoad, func(o *Options, _ *Life) { o.Delay += 100 * ms }, []string{"listener-closed-early"}},
		{"no delay is known in Kubernetes", UnderLoad, func(o *Options, _ *Life) {
			o.Delay, o.Profile = DelayUnknown, Kubernetes
		}, nil},
		{"accepted until the exit", UnderLoad, func(_ *Options, l *Life) {
			l.each(ReadyProbe, func(p *Probe) { p.Outcome, p.Status = Answered, 503 })
		}, []string{"listener-open-late"}},
		{"accepted until the exit, by a process that was at the exit at once", UnderLoad, func(_ *Options, l *Life) {
			l.each(ReadyProbe, func(p *Probe) { p.Outcome, p.Status = Answered, 503 })
			l.Exit = stopAt + delay + 100*ms
			l.Probes = slices.DeleteFunc(l.Probes, func(p Probe) bool { return p.Begun > l.Exit })
			l.eachRequest(After, func(r *Request) { r.Ended = l.Exit - 50*ms })
			l.eachRequest(InFlight, func(r *Request) { r.Ended = l.Exit - 60*ms })
		}, nil},
		{"accepted until the exit, and the delay is not known", UnderLoad, func(o *Options, l *Life) {
			o.Delay = DelayUnknown
			l.each(ReadyProbe, func(p *Probe) { p.Outcome, p.Status = Answered, 503 })
			l.eachRequest(After, func(r *Request) { r.Ended = l.Exit - 50*ms })
		}, []string{"listener-open-late"}},
		{"the same where answers end at once when it stops", UnderLoad, func(o *Options, l *Life) {
			o.Delay = DelayUnknown
			l.each(ReadyProbe, func(p *Probe) { p.Outcome, p.Status = Answered, 503 })
			l.eachRequest(After, func(r *Request) { r.Sent, r.Ended = l.Exit-100*ms, l.Exit-90*ms })
		}, nil},
		{"requests that are reset as the listener closes, on a machine that is late", UnderLoad, func(_ *Options, l *Life) {
			l.Late = 50 * ms
			l.Requests = append(l.Requests, l.Requests[4])
			l.eachRequest(After, func(r *Request) { r.Sent, r.Ended, r.Outcome, r.Status = 1430*ms, 1600*ms, Reset, 0 })
			l.Probes = slices.DeleteFunc(l.Probes, func(p Probe) bool { return p.Begun > 1430*ms && p.Begun < 1600*ms })
			l.probe(Probe{Role: ReadyProbe, Outcome: Reset}, 1590*ms)
		}, nil},
		{"the same, and a probe that came later was answered", UnderLoad, func(_ *Options, l *Life) {
			l.Late = 50 * ms
			l.Requests = append(l.Requests, l.Requests[4])
			l.eachRequest(After, func(r *Request) { r.Sent, r.Ended, r.Outcome, r.Status = 1430*ms, 1600*ms, Reset, 0 })
		}, []string{"accepted-without-answer"}},
		{"an idle connection that is reset", UnderLoad, func(_ *Options, l *Life) { l.Conns[0].Outcome = Reset }, []string{"connection-reset"}},
		{"an idle connection until the exit", UnderLoad, func(_ *Options, l *Life) { l.Conns[0].Ended = l.Exit }, []string{"keep-alive-not-ended"}},
		{"one that was closed before the signal", UnderLoad, func(_ *Options, l *Life) { l.Conns[0] = Conn{Addr: addr, Ended: 900 * ms, Outcome: Reset} }, nil},
		{"a busy connection that is not told", UnderLoad, func(_ *Options, l *Life) {
			for _, at := range []time.Duration{1300 * ms, 1350 * ms} {
				l.probe(Probe{Role: KeptProbe, Outcome: Answered, Status: 200}, at)
			}
		}, []string{"keep-alive-not-ended"}},
		{"one that is not told once", UnderLoad, func(_ *Options, l *Life) {
			l.probe(Probe{Role: KeptProbe, Outcome: Answered, Status: 200}, 1300*ms)
		}, nil},
		{"a request that is cut while the process goes on", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[0].Outcome, l.Requests[0].Ended = Closed, 1200*ms
		}, []string{"in-flight-dropped"}},
		{"a request that ends with the process", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[0].Outcome, l.Requests[0].Ended = Reset, l.Exit+5*ms
		}, []string{"early-exit"}},
		{"a request that was answered before the signal", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[0].Outcome, l.Requests[0].Ended = Closed, 900*ms
		}, nil},
		{"a request that may not have arrived", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[0].Outcome, l.Requests[0].Sent, l.Requests[0].Ended = Reset, stopAt-5*ms, 1010*ms
		}, nil},
		{"a request that was sent after the last probe", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			l.Probes = slices.DeleteFunc(l.Probes, func(p Probe) bool { return p.Begun > 900*ms && p.Begun <= stopAt })
			r.Status, r.Outcome, r.Sent, r.Ended = 0, Reset, 950*ms, 1010*ms
		}, nil},
		{"a request whose connection was surely accepted", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			r.Status, r.Outcome, r.Sent, r.Ended = 0, Reset, 950*ms, 1010*ms
		}, []string{"in-flight-dropped"}},
		{"a request that is cut where an answer takes a millisecond", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			r.URL, r.Status, r.Outcome, r.Sent, r.Ended = quick, 0, Closed, 950*ms, 1010*ms
		}, nil},
		{"a body without a length that is short", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[0].ToEOF, l.Requests[0].Bytes = true, 10
		}, []string{"in-flight-dropped"}},
		{"a whole body that is shorter than usual", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].Bytes = 10 }, []string{"in-flight-dropped"}},
		{"an empty one", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].Bytes = 0 }, []string{"in-flight-dropped"}},
		{"one that lacks a few digits", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].Bytes = 37 }, nil},
		{"one that is short where lengths differ", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].URL, l.Requests[0].Bytes = random, 10 }, nil},
		{"one that is short with another status", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].Status, l.Requests[0].Bytes = 204, 0 }, nil},
		{"the answer to an upload to the same URL", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].Upload, l.Requests[0].Bytes = true, 10 }, nil},
		{"an empty answer in the delay", UnderLoad, func(_ *Options, l *Life) {
			l.eachRequest(After, func(r *Request) { r.Bytes = 0 })
		}, []string{"work-refused-in-delay"}},
		{"an empty answer after the delay", UnderLoad, func(o *Options, l *Life) {
			o.Delay = 0
			l.eachRequest(After, func(r *Request) { r.Bytes = 0 })
		}, nil},
		{"a stream above the last one of GOAWAY", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			r.HTTP2, r.Status, r.Reached, r.Outcome, r.Ended = true, 0, 900*ms, Declined, 1010*ms
		}, nil},
		{"a stream that may not have been read", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			r.HTTP2, r.Status, r.Outcome, r.Ended = true, 0, Closed, 1010*ms
		}, nil},
		{"a stream that had been read, and is cut", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			r.HTTP2, r.Status, r.Reached, r.Outcome, r.Ended = true, 0, 900*ms, Closed, 1200*ms
		}, []string{"in-flight-dropped"}},
		{"a second address that serves new work after the delay", UnderLoad, func(o *Options, l *Life) {
			const second = "127.0.0.1:2"
			o.Work = append(o.Work, "http://"+second+"/slow")
			for at := stopAt + 25*ms; at < l.Exit; at += 25 * ms {
				l.Probes = append(l.Probes, Probe{Role: PortProbe, Addr: second, Begun: at, Ended: at + ms, Outcome: Answered})
			}
			for _, at := range []time.Duration{2050 * ms, 2100 * ms} {
				l.Requests = append(l.Requests, Request{Phase: After, What: "GET /slow, HTTP/1.1", URL: o.Work[1], Sent: at, Ended: at + 500*ms, Told: true, Status: 200, Outcome: Answered})
			}
		}, []string{"listener-open-late"}},
		{"an error that comes without a signal too", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[0].URL, l.Requests[0].Status = flaky, 500
		}, nil},
		{"requests that are cut 300 ms before the exit", UnderLoad, func(_ *Options, l *Life) {
			l.eachRequest(InFlight, func(r *Request) { r.Outcome, r.Ended = Closed, l.Exit-300*ms })
		}, []string{"in-flight-dropped"}},
		{"two bodies without a length that are short, of requests in the delay", UnderLoad, func(_ *Options, l *Life) {
			l.Requests = append(l.Requests, l.Requests[len(l.Requests)-1])
			l.eachRequest(After, func(r *Request) { r.ToEOF, r.Bytes = true, 10 })
		}, []string{"accepted-without-answer"}},
		{"an answer that is an error", UnderLoad, func(_ *Options, l *Life) { l.Requests[0].Status = 503 }, []string{"in-flight-failed"}},
		{"two accepted and not answered", UnderLoad, func(_ *Options, l *Life) {
			l.Requests = append(l.Requests, l.Requests[len(l.Requests)-1])
			l.eachRequest(After, func(r *Request) { r.Outcome, r.Ended = Reset, 1600*ms })
		}, []string{"accepted-without-answer"}},
		{"two that came when the listener closed", UnderLoad, func(_ *Options, l *Life) {
			l.Requests = append(l.Requests, l.Requests[len(l.Requests)-1])
			l.eachRequest(After, func(r *Request) { r.Sent, r.Outcome, r.Ended = 1590*ms, Reset, 1600*ms })
		}, nil},
		{"an error in the delay", UnderLoad, func(_ *Options, l *Life) {
			l.eachRequest(After, func(r *Request) { r.Status = 503 })
		}, []string{"work-refused-in-delay"}},
		{"an error in the delay, of a request that was sent before readiness failed", UnderLoad, func(_ *Options, l *Life) {
			l.each(ReadyProbe, func(p *Probe) {
				if p.Begun < stopAt+200*ms {
					pass(p)
				}
			})
			l.eachRequest(After, func(r *Request) { r.Status, r.Sent, r.Ended = 500, stopAt+100*ms, stopAt+220*ms })
		}, nil},
		{"an error after the delay", UnderLoad, func(o *Options, l *Life) {
			o.Delay = 0
			l.eachRequest(After, func(r *Request) { r.Status = 503 })
		}, nil},
		{"a stream of HTTP/2 whose connection ends without GOAWAY", UnderLoad, func(_ *Options, l *Life) {
			r := &l.Requests[0]
			r.HTTP2, r.Told, r.Gone = true, false, 1700*ms
		}, []string{"no-goaway"}},
		{"exit code 1, and one that came in the delay was cut", UnderLoad, func(_ *Options, l *Life) {
			l.Code = 1
			l.eachRequest(After, func(r *Request) { r.Outcome, r.Ended = Closed, l.Exit })
		}, []string{"accepted-without-answer"}},
		{"exit code 1", UnderLoad, func(_ *Options, l *Life) { l.Code = 1 }, []string{"exit-code"}},
		{"exit code 143, as asked", UnderLoad, func(o *Options, l *Life) { o.Code, l.Code = 143, 143 }, nil},
		{"exit code 130 after SIGINT, where 143 is asked", Interrupt, func(o *Options, l *Life) { o.Code, l.Code = 143, 130 }, nil},
		{"ended by the signal when all was done", UnderLoad, func(_ *Options, l *Life) { l.Code, l.BySignal = 143, "SIGTERM" }, []string{"exit-code"}},
		{"ended by the signal at once", UnderLoad, func(_ *Options, l *Life) {
			l.Code, l.BySignal, l.Exit = 143, "SIGTERM", stopAt+2*ms
			l.each(ReadyProbe, func(p *Probe) { p.Outcome = Refused })
			l.eachRequest(InFlight, func(r *Request) { r.Outcome, r.Ended = Closed, l.Exit })
		}, []string{"sigterm-kills"}},
		{"exit code 1 when idle", Idle, func(_ *Options, l *Life) { l.Requests, l.Code = nil, 1 }, []string{"exit-code"}},
		{"killed when idle", Idle, func(_ *Options, l *Life) {
			l.Requests, l.Killed, l.Exit, l.Code, l.BySignal = nil, 7*time.Second, 7*time.Second, 137, "SIGKILL"
		}, []string{"killed"}},
		{"ignored when idle", Idle, func(_ *Options, l *Life) {
			l.Killed, l.Exit, l.Code, l.BySignal = 2700*ms, 2700*ms, 137, "SIGKILL"
			l.each(ReadyProbe, pass)
			l.each(LiveProbe, pass)
		}, []string{"sigterm-ignored"}},
		{"a child after an idle life", Idle, func(_ *Options, l *Life) { l.Children = []string{"7 (svc)"} }, []string{"child-left"}},
		{"six seconds", UnderLoad, func(_ *Options, l *Life) { l.Exit = stopAt + 6*time.Second }, []string{"over-budget"}},
		{"six seconds on a machine that is late", UnderLoad, func(_ *Options, l *Life) { l.Exit, l.Late = stopAt+6*time.Second, 300*ms }, nil},
		{"seven", UnderLoad, func(_ *Options, l *Life) { l.Exit, l.Late = stopAt+7*time.Second, 300*ms }, []string{"over-budget"}},
		{"four requests are cut in the delay, and one at the exit", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[4].Phase, l.Requests[4].Sent = InFlight, 600*ms
			l.eachRequest(InFlight, func(r *Request) { r.Outcome, r.Ended = Closed, 1200*ms })
			l.Requests[4].Ended = l.Exit - ms
		}, []string{"in-flight-dropped"}},
		{"one request is cut in the delay, and four at the exit", UnderLoad, func(_ *Options, l *Life) {
			l.Requests[4].Phase, l.Requests[4].Sent = InFlight, 600*ms
			l.eachRequest(InFlight, func(r *Request) { r.Outcome, r.Ended = Closed, l.Exit-ms })
			l.Requests[4].Ended = 1200 * ms
		}, []string{"early-exit"}},
		{"six seconds with a request that never ends", Hanging, func(_ *Options, l *Life) { l.Exit = stopAt + 6*time.Second }, []string{"stuck-request-holds"}},
		{"a stuck request is cut, and the exit code is 0", Hanging, func(_ *Options, l *Life) {
			l.Requests = []Request{{Phase: Stuck, What: "POST /slow", URL: slow, Sent: 600 * ms, Ended: 2700 * ms, Outcome: Closed}}
		}, []string{"stuck-request-exit-zero"}},
		{"it is cut, and the exit code is 1", Hanging, func(_ *Options, l *Life) {
			l.Code = 1
			l.Requests = []Request{{Phase: Stuck, What: "POST /slow", URL: slow, Sent: 600 * ms, Ended: 2700 * ms, Outcome: Closed}}
		}, nil},
		{"it is answered after all", Hanging, func(_ *Options, l *Life) {
			l.Requests = []Request{{Phase: Stuck, What: "POST /slow", URL: slow, Sent: 600 * ms, Ended: 2700 * ms, Status: 408, Outcome: Answered}}
		}, nil},
		{"killed", UnderLoad, func(_ *Options, l *Life) {
			l.Killed, l.Exit, l.Code, l.BySignal = 7*time.Second, 7*time.Second, 137, "SIGKILL"
		}, []string{"killed"}},
		{"killed, and nothing had changed", UnderLoad, func(_ *Options, l *Life) {
			l.Killed, l.Exit, l.Code, l.BySignal = 2700*ms, 2700*ms, 137, "SIGKILL"
			l.each(ReadyProbe, pass)
			l.each(LiveProbe, pass)
		}, []string{"sigterm-ignored"}},
		{"a child that listens", UnderLoad, func(_ *Options, l *Life) { l.Held, l.Children = []string{addr}, []string{"7 (svc)"} }, []string{"port-held"}},
		{"a child", UnderLoad, func(_ *Options, l *Life) { l.Children = []string{"7 (svc)"} }, []string{"child-left"}},
		{"a parent that ends alone", UnderLoad, func(_ *Options, l *Life) {
			l.Code, l.BySignal, l.Exit, l.Held = 143, "SIGTERM", stopAt+2*ms, []string{addr}
			l.each(ReadyProbe, pass)
		}, []string{"signal-not-passed-on"}},
		{"a parent that exits alone", UnderLoad, func(_ *Options, l *Life) {
			l.Exit = stopAt + 2*ms
			l.each(ReadyProbe, pass)
		}, []string{"signal-not-passed-on"}},
		{"a parent that exits alone when it has passed the signal on", UnderLoad, func(_ *Options, l *Life) {
			l.Exit = stopAt + 2*ms
		}, []string{"port-held"}},
		{"a parent that fails readiness, and forgets one of its children", UnderLoad, func(_ *Options, l *Life) {
			l.Held, l.Children, l.Late = []string{addr}, []string{"7 (svc)"}, 450*ms
			n := 0
			l.each(ReadyProbe, func(p *Probe) {
				if n++; n%3 == 0 || p.Begun > l.Exit {
					pass(p)
				}
			})
			for at := l.Exit + 300*ms; at < l.Exit+900*ms; at += 25 * ms {
				l.probe(Probe{Role: ReadyProbe, Outcome: Answered, Status: 200}, at)
			}
		}, []string{"port-held"}},
		{"a stuck request that what is left behind has", Hanging, func(_ *Options, l *Life) {
			l.Requests = []Request{{Phase: Stuck, What: "POST /slow", URL: slow, Sent: 600 * ms, Ended: 2700 * ms, Outcome: Unfinished}}
		}, nil},
		{"an exit without a signal", UnderLoad, func(_ *Options, l *Life) { l.Stop, l.Exit, l.Code = 0, 900*ms, 1 }, []string{"exits-by-itself"}},
		{"death by the signal in start-up", Starting, func(_ *Options, l *Life) {
			*l = Life{Kind: Starting, Stop: 20 * ms, Exit: 22 * ms, Code: 143, BySignal: "SIGTERM"}
		}, nil},
		{"a start that goes on after the signal", Starting, func(_ *Options, l *Life) {
			*l = Life{Kind: Starting, Stop: 20 * ms, Exit: 3000 * ms}
			for at := 700 * ms; at < 1000*ms; at += 25 * ms {
				l.probe(Probe{Role: ReadyProbe, Outcome: Answered, Status: 200}, at)
			}
		}, []string{"ready-after-signal"}},
		{"a start that has to be killed", Starting, func(_ *Options, l *Life) {
			*l = Life{Kind: Starting, Stop: 20 * ms, Killed: 7 * time.Second, Exit: 7 * time.Second}
		}, []string{"start-up-ignores-signal"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, l := options(), well(c.kind)
			c.change(&o, l)
			seen := sightings(o, survey, *l)
			if names := distinct(seen); !slices.Equal(names, c.want) {
				t.Errorf("found %v, want %v\n%+v", names, c.want, seen)
			}
		})
	}
}
