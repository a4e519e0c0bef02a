package play

import (
	"context"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// LivePatience is how much longer than the contract allows Run is waited for, in
// real time.
const LivePatience = 3 * time.Second

// Live plays a scenario in real time, with real signals: this process must be
// there for nothing else. Instants are rounded down to the step that the scenario
// has between things that happen. late is by how much the process was kept
// waiting for its processors.
func Live(impl *subject.Implementation, offered subject.Offers, s model.Scenario, wants []model.Trace, step time.Duration) (seen Seen, late time.Duration) {
	p := newPlayer(impl, offered, s, wants)
	p.step = step
	measured := Lateness()
	p.live()
	late = measured()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen(), late
}

// Lateness measures by how much this process is kept waiting for its processors, at most,
// until the function that it returns is called, which must be.
func Lateness() (end func() time.Duration) {
	measured := make(chan time.Duration)
	over := make(chan struct{})
	go func() { measured <- lateness(over) }()
	return func() time.Duration {
		close(over)
		return <-measured
	}
}

// live is run, in real time.
func (p *player) live() {
	p.begin()
	defer p.cancelParent(nil)
	go p.callRun()
	end := p.lastInstant()
	Wait(p.returned, end+LivePatience)
	time.Sleep(time.Until(p.began.Add(end + p.step/2)))
	p.letGo()
	Wait(p.returned, LivePatience)
}

// lateness is how late a goroutine that sleeps was at most, until over is closed.
func lateness(over <-chan struct{}) (most time.Duration) {
	const pause = 2 * time.Millisecond
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-over:
			return most
		case <-ticker.C:
			now := time.Now()
			most = max(most, now.Sub(last)-pause)
			last = now
		}
	}
}

// newPlayer returns a player that has seen nothing yet.
func newPlayer(impl *subject.Implementation, offered subject.Offers, s model.Scenario, wants []model.Trace) *player {
	return &player{
		impl: impl, s: s, wants: wants, offered: offered,
		launched: model.Never,
		values:   map[model.Kind]error{},
		stops:    map[int]func() bool{},
		got: model.Trace{
			Cancelled: model.Cancellation{At: model.Never},
			WorkEnded: model.Cancellation{At: model.Never},
			MainEnded: model.Never,
			Returned:  model.Never,
			Tracks:    make([]bool, len(s.Tracks)),
			Tasks:     make([]bool, len(s.Tasks)),
			TakeBacks: make([]bool, len(s.TakeBacks)),
			Answers:   make([]model.Answer, len(s.Probes)),
		},
	}
}

// begin prepares the run. What it begins is ended by cancelParent.
func (p *player) begin() {
	p.began = time.Now()
	p.release = make(chan struct{})
	p.returned = make(chan struct{})
	p.parent, p.cancelParent = context.WithCancelCause(context.Background())
	if p.usesHealth() {
		p.health = p.impl.Health("tool", "version")
		p.addChecks()
	}
	for _, stop := range p.s.Stops {
		if stop.At == model.BeforeRun {
			p.cancelParent(p.made(model.CauseParent))
		}
	}
}

// seen returns what was seen. p.mu is held.
func (p *player) seen() Seen {
	return Seen{
		Scenario: p.s, Wants: p.wants, Trace: p.got, Mains: p.mains, Launched: p.launched,
		Err: p.err, Cause: p.cause, WorkCause: p.workCause, Values: p.values, Odd: p.odd, Escaped: p.escaped,
	}
}
