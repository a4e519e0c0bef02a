package check

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// whole is how slow answers in these tests: with a body and a trailer.
func whole() Survey {
	body := strings.Repeat("a step\n", 20)
	u := Usual{URL: slow, Takes: 1000 * ms, Status: 200, Bytes: int64(len(body)), Body: []byte(body), Stable: true, HTTP1: true,
		Trailers: map[bool][]string{false: {"Grpc-Status: 0"}}}
	return Survey{StartUp: 50 * ms, Work: []Usual{u}, Upload: &Usual{URL: slow, Status: 200, HTTP1: true}}
}

func TestAnswersAreComparedWithWhatIsUsual(t *testing.T) {
	part := func(n int) func(r *Request) {
		return func(r *Request) { r.Body = r.Body[:n]; r.Bytes = int64(n) }
	}
	longer := func(took time.Duration) func(r *Request) {
		return func(r *Request) { r.Bytes += 60; r.Ended = r.Sent + took }
	}
	other := func(took time.Duration) func(r *Request) {
		return func(r *Request) { longer(took)(r); r.Bytes -= 60; r.Body = append([]byte("no"), r.Body[2:]...) }
	}
	same := func(s *Survey) { s.Work[0].Same = true }
	for _, c := range []struct {
		name     string
		phase    Phase
		change   func(r *Request)
		unsure   func(s *Survey)
		want     string
		compared bool
	}{
		{name: "all is as usual", phase: InFlight, change: func(*Request) {}},
		{name: "a trailer says that it failed", phase: InFlight, change: func(r *Request) { r.Trailer = "Grpc-Status: 14" }, want: "in-flight-failed"},
		{name: "the trailer is missing", phase: After, change: func(r *Request) { r.Trailer = "" }, want: "work-refused-in-delay"},
		{name: "a trailer that differs before any signal too", phase: InFlight, change: func(r *Request) { r.Trailer = "Grpc-Status: 14" },
			unsure: func(s *Survey) { s.Work[0].Trailers[false] = []string{"Grpc-Status: 0", "Grpc-Status: 13"} }},
		{name: "a redirect", phase: After, change: func(r *Request) { r.Status = 307 }, want: "work-refused-in-delay"},
		{name: "another success", phase: After, change: func(r *Request) { r.Status = 204 }},
		{name: "the last 7 bytes are missing", phase: InFlight, change: part(133), want: "in-flight-dropped"},
		{name: "the last 3 are", phase: InFlight, change: part(137)},
		{name: "7 bytes are missing elsewhere", phase: InFlight, change: func(r *Request) { part(133)(r); r.Body = []byte(strings.Repeat("a stop\n", 19)) }},
		{name: "half of a stream of events", phase: InFlight, change: part(70), unsure: func(s *Survey) { s.Work[0].Events = true }},
		{name: "more than usual, at once", phase: After, change: longer(100 * ms), want: "work-refused-in-delay"},
		{name: "more than usual, in its time", phase: After, change: longer(900 * ms)},
		{name: "more than usual, where lengths differ", phase: After, change: longer(100 * ms), unsure: func(s *Survey) { s.Work[0].Stable = false }},
		{name: "another body, at once", phase: InFlight, change: other(600 * ms), unsure: same, want: "in-flight-failed"},
		{name: "half of it, to the end of the connection", phase: After, change: func(r *Request) { part(70)(r); r.ToEOF, r.Ended = true, r.Sent+300*ms },
			unsure: same}, // cut, which counts from two on
		{name: "another body, in its time", phase: InFlight, change: other(900 * ms), unsure: same},
		{name: "another body, where bodies differ", phase: InFlight, change: other(100 * ms)},
		{name: "an upload is answered before it is whole", phase: InFlight, change: func(r *Request) { r.Upload, r.Early = true, true }, want: "in-flight-dropped"},
		{name: "one that always is", phase: InFlight, change: func(r *Request) { r.Upload, r.Early = true, true },
			unsure: func(s *Survey) { s.Upload.Early = true }},
		{name: "a stream that is declined before its answer", phase: InFlight, change: func(r *Request) { r.HTTP2, r.Reached, r.Status, r.Outcome = true, 900*ms, 0, Declined }},
		{name: "a stream that is declined in its answer", phase: InFlight, change: func(r *Request) { r.HTTP2, r.Reached, r.Outcome = true, 900*ms, Declined }, want: "in-flight-dropped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, l := whole(), well(UnderLoad)
			for i := range l.Requests {
				r := &l.Requests[i]
				r.Body, r.Bytes, r.Trailer = s.Work[0].Body, s.Work[0].Bytes, "Grpc-Status: 0"
			}
			l.eachRequest(c.phase, c.change)
			if c.unsure != nil {
				c.unsure(&s)
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			seen := sightings(options(), s, *l)
			if names := distinct(seen); !slices.Equal(names, want) {
				t.Errorf("found %+v, want %q", seen, want)
			}
			for _, v := range seen {
				if answered := l.Requests[0].Outcome == Answered; v.compared != answered {
					t.Errorf("%s is compared with what is usual: %v, want %v", v.name, v.compared, answered)
				}
			}
		})
	}
}

func TestTwoAnswersToWorkThatAreNotSaidToBeTheLastAreReported(t *testing.T) {
	for n, want := range []int{0, 0, 1, 1} {
		l := well(UnderLoad)
		for range n {
			l.Requests = append(l.Requests, Request{Phase: After, What: "GET /slow, HTTP/1.1", URL: slow, Sent: stopAt + 400*ms,
				Ended: stopAt + 1400*ms, Kept: true, Status: 200, Bytes: 40, Outcome: Answered})
		}
		if seen := sightings(options(), survey, *l); len(seen) != want || want > 0 && seen[0].name != "keep-alive-not-ended" {
			t.Errorf("%d answers: found %+v, want %d", n, seen, want)
		}
	}
}

func TestARefusalInTheDelayCountsThoughTheListenerComesBack(t *testing.T) {
	l := well(UnderLoad)
	l.probe(Probe{Role: ReadyProbe, Outcome: Refused}, stopAt+200*ms)
	if names := distinct(sightings(options(), survey, *l)); !slices.Equal(names, []string{"listener-closed-early"}) {
		t.Errorf("found %q", names)
	}
}

func TestWhatAListenerLeavesUnansweredAsItClosesForAWhileIsNotAccepted(t *testing.T) {
	for _, c := range []struct {
		sent time.Duration // before the listener closes
		want []string
	}{{2 * ms, []string{"listener-closed-early"}}, {180 * ms, []string{"listener-closed-early", "accepted-without-answer"}}} {
		l := well(UnderLoad)
		l.probe(Probe{Role: ReadyProbe, Outcome: Refused}, stopAt+200*ms)
		for range 2 {
			l.Requests = append(l.Requests, Request{Phase: After, What: "GET /slow, HTTP/1.1", URL: slow, Sent: stopAt + 200*ms - c.sent,
				Ended: stopAt + 201*ms, Outcome: Reset})
		}
		if names := distinct(sightings(options(), survey, *l)); !slices.Equal(names, c.want) {
			t.Errorf("sent %v before: found %q, want %q", c.sent, names, c.want)
		}
	}
}

func TestWhatFailsRarelyIsAskedMoreOften(t *testing.T) {
	life := Life{Requests: make([]Request, 50)}
	for _, c := range []struct{ lives, failed, want int }{
		{1, 50, 50}, {4, 200, 50}, {4, 5, 200}, {4, 1, mostLooks}, {4, 0, mostLooks},
	} {
		lives := slices.Repeat([]Life{life}, c.lives)
		seen := []sighting{{compared: true, requests: c.failed}, {requests: 1000}}
		if got := asks(lives, seen); got != c.want {
			t.Errorf("%d of %d have failed: asked %d times, want %d", c.failed, 50*c.lives, got, c.want)
		}
	}
}
