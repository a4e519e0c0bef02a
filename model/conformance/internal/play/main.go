package play

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// main is what Run is given.
func (p *player) main(ctx context.Context) error {
	first := false
	p.note(func() {
		p.mains++
		if first = p.mains == 1; first {
			p.ctx, p.launched = ctx, p.now()
			if scenarios.BeforeRun(p.s) && ctx.Err() == nil {
				p.odd = append(p.odd, subject.Difference{Clause: "RUN-12", Text: "main is called with a live context, under a parent that was cancelled before"})
			}
		}
	})
	if !first {
		return nil
	}
	context.AfterFunc(ctx, func() { p.cancelled(ctx) })
	from := time.Now()
	p.firstLines(ctx)
	m := p.s.Main
	if m.AfterCancel {
		select {
		case <-ctx.Done():
		case <-p.release:
		}
		p.lasting(m.After, nil)
	} else if m.After == model.Never {
		p.lasting(model.Never, nil)
	} else {
		p.lasting(max(0, m.After-time.Since(from)), nil)
	}
	p.note(func() { p.got.MainEnded = p.now() })
	return p.end(m.Ends, model.MainError, model.MainPanic)
}

// cancelled writes down that main's context was cancelled, and why.
func (p *player) cancelled(ctx context.Context) {
	p.note(func() {
		p.got.Cancelled.At, p.cause = p.now(), context.Cause(ctx)
		if p.offered[subject.NeedState] {
			if s := p.impl.State(ctx); s == string(model.Starting) || s == string(model.Running) {
				p.odd = append(p.odd, subject.Difference{Clause: "STATE-5", Text: "the context is cancelled while the state is " + s})
			}
		}
	})
}

// firstLines does what the scenario does at instant zero, in the order of the
// model, and has the rest done at its time. A stop at zero comes last.
func (p *player) firstLines(ctx context.Context) {
	if p.s.Follow && p.usesHealth() {
		p.health.Follow(ctx)
	}
	if p.offered[subject.NeedWorkContext] {
		work := p.impl.WorkContext(ctx)
		context.AfterFunc(work, func() {
			p.note(func() {
				p.got.WorkEnded.At, p.workCause = p.now(), context.Cause(work)
			})
		})
	}
	for _, g := range p.s.Groups {
		p.at(g.At, func() { p.group(ctx, g) })
	}
	for i, u := range p.s.Tracks {
		p.at(u.At, func() { p.track(ctx, i, u) })
	}
	for i, k := range p.s.Tasks {
		p.at(k.At, func() { p.task(ctx, i, k) })
	}
	for i, h := range p.s.Hooks {
		if h.By == 0 {
			p.at(h.At, func() { p.register(ctx, i) })
		}
	}
	for i, b := range p.s.TakeBacks {
		if b.By == 0 {
			p.at(b.At, func() { p.takeBack(i) })
		}
	}
	for _, at := range p.s.Starts { // which may take its time
		p.at(at, func() { p.impl.MarkStarted(ctx) })
	}
	for _, r := range p.s.Ready {
		p.at(r.At, func() { p.health.SetReady(r.Is) })
	}
	for i, probe := range p.s.Probes {
		p.at(probe.At, func() { go p.probe(i) })
	}
	for i, stop := range p.s.Stops {
		if stop.At >= 0 {
			p.at(stop.At, func() { p.stop(ctx, i) })
		}
	}
}

func (p *player) stop(ctx context.Context, i int) {
	signal := func(sig os.Signal) {
		if p.step > 0 {
			// After Run has returned it would end the process.
			p.note(func() {
				if p.got.Returned == model.Never {
					process.Raise(sig)
				}
			})
			return
		}
		select {
		case p.signals <- sig:
		case <-p.release:
		}
	}
	switch p.s.Stops[i].By {
	case model.SIGINT:
		signal(os.Interrupt)
	case model.SIGTERM:
		signal(syscall.SIGTERM)
	case model.ParentCancelled:
		p.cancelParent(p.made(model.CauseParent))
	case model.StopNil:
		p.impl.Stop(ctx, nil)
	case model.StopWithError:
		p.impl.Stop(ctx, p.made(model.StopError(i+1)))
	}
}
