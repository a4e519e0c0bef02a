package check

import (
	"fmt"
	"slices"
	"time"
)

// A Kind says what is done to the service in one life.
type Kind string

// The kinds of lives.
const (
	UnderLoad      Kind = "SIGTERM under load"
	Again          Kind = "SIGTERM twice under load"
	Interrupt      Kind = "SIGINT under load"
	Starting       Kind = "SIGTERM in start-up"
	StartInterrupt Kind = "SIGINT in start-up"
	Hanging        Kind = "SIGTERM with a request that never ends"
	Idle           Kind = "SIGTERM when idle" // nothing but probes
)

// Signal is what the life is ended with.
func (k Kind) Signal() string {
	if k == Interrupt || k == StartInterrupt {
		return "SIGINT"
	}
	return "SIGTERM"
}

func (k Kind) loaded() bool   { return k == UnderLoad || k == Again || k == Interrupt }
func (k Kind) starting() bool { return k == Starting || k == StartInterrupt }

// A Life is everything that was seen of one process. Times count from its start;
// zero is never.
type Life struct {
	Kind     Kind          `json:"kind"`
	Ready    time.Duration `json:"ready"`
	Stop     time.Duration `json:"stop"` // just before the signal was sent
	Exit     time.Duration `json:"exit"`
	Code     int           `json:"code"`                // as a shell shows it: 128 and the number of the signal that ended it
	BySignal string        `json:"by_signal,omitempty"` // the signal that ended it
	Killed   time.Duration `json:"killed,omitempty"`    // when it was given up and sent SIGKILL
	Late     time.Duration `json:"late"`                // the most that this machine was late for a timer after the stop

	Requests []Request     `json:"-"`
	Probes   []Probe       `json:"-"`
	Conns    []Conn        `json:"-"`
	Held     []string      `json:"held,omitempty"`     // addresses that still take connections after the exit
	Children []string      `json:"children,omitempty"` // processes that are left after the exit
	Output   string        `json:"-"`                  // the last of what it printed
	Took     time.Duration `json:"-"`                  // the whole life, cleaning up included
}

// wasReady reports whether readiness passed before the stop.
func (l Life) wasReady() bool {
	return slices.ContainsFunc(l.Probes, func(p Probe) bool { return p.Role == ReadyProbe && p.ok() && p.Ended < l.Stop })
}

// An Outcome is how an exchange ended.
type Outcome string

// The outcomes of exchanges.
const (
	Answered   Outcome = "answered"
	Refused    Outcome = "refused"
	Reset      Outcome = "reset"
	Closed     Outcome = "closed before the end"
	TimedOut   Outcome = "not answered in time"
	Malformed  Outcome = "not understood"
	Unfinished Outcome = "not finished when it was given up"
	// Declined is a stream of HTTP/2 that the service says it did not process: a
	// client sends it again elsewhere.
	Declined Outcome = "declined unprocessed"
)

// A Phase is when, and what for, a request was sent.
type Phase string

// The phases of requests.
const (
	InFlight Phase = "in flight at the stop"
	After    Phase = "sent after the stop"
	Stuck    Phase = "never finished"
)

// A Request is one exchange with a URL of Options.Work, Upload or Hang.
type Request struct {
	Phase  Phase
	What   string // "GET /slow, HTTP/1.1"
	URL    string
	Upload bool
	Sent   time.Duration // when all of it that is sent at once was written
	Ended  time.Duration
	Gone   time.Duration // when the service closed the connection
	Told   bool          // Connection: close, or GOAWAY
	Kept   bool          // the connection can be used again, as far as the answer says
	HTTP2  bool
	// Reached is when the service was known to have read a request of HTTP/2: it
	// had answered a PING that was sent after it.
	Reached time.Duration
	Status  int
	Bytes   int64
	// ToEOF is set where only the end of the connection ends the body, so that
	// nothing but its length says whether it is whole.
	ToEOF   bool
	Body    []byte // the first of it, at most bodyKept bytes
	Trailer string // the trailers that say how it went
	Early   bool   // an upload was answered with success before its second half was sent
	Outcome Outcome
}

// take copies what came back.
func (r *Request) take(a answer) {
	r.Status, r.Bytes, r.ToEOF, r.Outcome = a.status, a.bytes, a.toEOF, a.outcome
	r.Body, r.Trailer = a.body, a.trailer
}

// A Role is what a probe is asked for.
type Role string

// The roles of probes.
const (
	ReadyProbe Role = "readiness"
	LiveProbe  Role = "liveness"
	PortProbe  Role = "listener"
	KeptProbe  Role = "kept connection" // a short request on a connection that is kept
	KeptReady  Role = "kept readiness"  // the same where it asks for readiness
)

// A Probe is a short request.
type Probe struct {
	Role    Role
	Addr    string
	Begun   time.Duration
	Ended   time.Duration
	Status  int
	Told    bool
	Outcome Outcome
}

func (p Probe) String() string {
	if p.Outcome == Answered {
		return fmt.Sprintf("answered %d", p.Status)
	}
	return string(p.Outcome)
}

// ok is what the kubelet takes for a pass.
func (p Probe) ok() bool { return p.Outcome == Answered && p.Status >= 200 && p.Status < 400 }

// accepted reports whether someone listened.
func (p Probe) accepted() bool { return p.Outcome != Refused && p.Outcome != Unfinished }

// A Conn is a connection that was kept and not used any more.
type Conn struct {
	Addr    string
	Ended   time.Duration
	Outcome Outcome // Closed, Reset or Unfinished
}

// reached reports whether the service is known to have had r before a moment. A
// connection of HTTP/1 is not idle from its beginning on; one of HTTP/2 is until
// a stream is read, and may be closed then: the client sends it again.
func (r Request) reached(before time.Duration) bool {
	return !r.HTTP2 || r.Status != 0 || r.Reached > 0 && r.Reached <= before
}

// declined reports whether the service says that it has not processed r; an answer
// that had begun is proof that it has.
func (r Request) declined() bool { return r.Outcome == Declined && r.Status == 0 }
