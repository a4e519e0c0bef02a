package play

import (
	"fmt"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// lastInstant is when the last thing has happened that happens by itself.
func (p *player) lastInstant() time.Duration {
	last := time.Duration(0)
	see := func(ds ...time.Duration) {
		for _, d := range ds {
			if d != model.Never {
				last = max(last, d)
			}
		}
	}
	for _, w := range p.wants {
		see(w.MainEnded, w.Cancelled.At, w.Returned, w.WorkEnded.At)
		for _, h := range w.Hooks {
			see(h.Start, h.End, scenarios.Plus(h.Start, p.s.Hooks[h.Hook-1].Lasts))
		}
		for i, a := range w.Answers {
			see(a.At, p.s.Probes[i].At)
		}
	}
	for _, s := range p.s.Stops {
		see(s.At)
	}
	for _, h := range p.s.Hooks {
		see(h.At)
	}
	for _, b := range p.s.TakeBacks {
		see(b.At)
		for _, w := range p.wants {
			if r, ran := w.Run(b.By); ran {
				see(scenarios.Plus(r.Start, b.At))
			}
		}
	}
	for _, x := range p.s.Tracks {
		see(x.At, scenarios.Plus(x.At, x.Lasts))
	}
	for _, x := range p.s.Tasks {
		see(x.At)
	}
	for _, g := range p.s.Groups {
		see(g.At)
		for _, u := range g.Units {
			see(scenarios.Plus(scenarios.Plus(g.At, u.After), u.Lasts))
		}
	}
	return last
}

// letGo takes the trace, and then ends whatever never ends by itself, so that
// what is left in the bubble afterwards is the implementation's own.
func (p *player) letGo() {
	p.mu.Lock()
	p.finishHooks()
	p.finishAnswers()
	p.over = true // from here on nothing is written down
	ends := p.onRelease
	p.mu.Unlock()
	close(p.release)
	for _, end := range ends {
		end()
	}
}

// now is the offset from the instant at which Run was entered.
func (p *player) now() time.Duration { return p.offset(time.Now()) }

func (p *player) offset(at time.Time) time.Duration {
	d := at.Sub(p.began)
	if p.step > 0 {
		return d.Truncate(p.step)
	}
	return d
}

// note runs f under the lock, unless the trace was taken.
func (p *player) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		f()
	}
}

func (p *player) oddity(clause, format string, args ...any) {
	p.note(func() { p.odd = append(p.odd, subject.Difference{Clause: clause, Text: fmt.Sprintf(format, args...)}) })
}

// at does something at an instant; at zero, now.
func (p *player) at(instant time.Duration, do func()) {
	switch {
	case instant == model.Never:
	case instant == 0:
		p.ordered(do)()
	default:
		time.AfterFunc(time.Until(p.began.Add(instant)), p.ordered(do))
	}
}

// ordered has do happen after everything that the scenario's code did before
// it, as the race detector sees it: virtual time alone orders nothing.
func (p *player) ordered(do func()) func() {
	return func() {
		p.note(func() {})
		p.calls.Add(1)
		do()
		p.calls.Add(-1)
		p.note(func() {})
	}
}

// lasting waits for as long as something of the scenario lasts, and at most
// until everything is let go of.
func (p *player) lasting(d time.Duration, also <-chan struct{}) {
	if d == 0 {
		return
	}
	var over <-chan time.Time
	if d != model.Never {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-also:
	case <-p.release:
	}
}

// usesHealth says whether anything asks for a health handler.
func (p *player) usesHealth() bool {
	return slices.Contains(subject.NeedsOf(p.s), subject.NeedHealth)
}
