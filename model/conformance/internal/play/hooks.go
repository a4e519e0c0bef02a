package play

import (
	"context"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// register registers hook i, from 0. The call of a hook that is registered
// after Stopped returns when the hook is over or let go of.
func (p *player) register(ctx context.Context, i int) {
	h := p.s.Hooks[i]
	run := -1
	if p.takenBack(i) {
		stop := p.impl.OnShutdownStop(ctx, func(own context.Context) error { return p.hook(ctx, own, i, &run) }, h.Timeout)
		if stop == nil {
			p.oddity("HOOK-10", "OnShutdownContext returned a nil stop")
		}
		p.note(func() { p.stops[i+1] = stop })
	} else if scenarios.TakesContext(h) {
		p.impl.OnShutdownContext(ctx, func(own context.Context) error { return p.hook(ctx, own, i, &run) }, h.Timeout)
	} else {
		p.impl.OnShutdown(ctx, func() error { return p.hook(ctx, nil, i, &run) })
	}
	p.note(func() {
		if run < 0 {
			return
		}
		r := &p.got.Hooks[run]
		// At the instant at which Run returns, only this tells.
		r.Late = r.Late || p.now() > p.got.Returned
		if !r.Late {
			return
		}
		if p.ended[run] == model.Never {
			r.End = p.now()
			r.Outcome = p.cutFate(*r)
		} else if p.ended[run] != p.now() {
			p.odd = append(p.odd, subject.Difference{Clause: "HOOK-4", Text: "a hook registered after Stopped did not run on its caller"})
		}
	})
}

// takenBack says whether anything calls what takes hook i back.
func (p *player) takenBack(i int) bool {
	return slices.ContainsFunc(p.s.TakeBacks, func(b model.TakeBack) bool { return b.Hook == i+1 })
}

// takeBack calls what takes a hook back, if the hook is registered.
func (p *player) takeBack(i int) {
	var stop func() bool
	p.note(func() { stop = p.stops[p.s.TakeBacks[i].Hook] })
	if stop != nil {
		ok := stop()
		p.note(func() { p.got.TakeBacks[i] = ok })
	}
}

// hook is the function of hook i. own is the context that it was given, if it
// takes one.
func (p *player) hook(ctx, own context.Context, i int, run *int) error {
	h := p.s.Hooks[i]
	r := p.hookBegins(ctx, own, i)
	if r < 0 {
		return nil
	}
	p.note(func() { *run = r })
	for j, other := range p.s.Hooks {
		switch {
		case other.By != i+1:
		case other.At == 0:
			p.register(ctx, j)
		case other.At != model.Never:
			time.AfterFunc(other.At, p.ordered(func() { p.register(ctx, j) }))
		}
	}
	for j, b := range p.s.TakeBacks {
		switch {
		case b.By != i+1:
		case b.At == 0:
			p.takeBack(j)
		case b.At != model.Never:
			time.AfterFunc(b.At, p.ordered(func() { p.takeBack(j) }))
		}
	}
	var cut <-chan struct{}
	if h.Aware {
		cut = own.Done()
	}
	p.lasting(h.Lasts, cut)
	p.note(func() { p.ended[r] = p.now() })
	return p.end(h.Ends, model.HookError(i+1), model.HookPanic(i+1))
}

// hookBegins writes down the beginning, and returns the number of the run; -1
// when nothing is written down any more.
func (p *player) hookBegins(ctx, own context.Context, i int) (run int) {
	run = -1
	p.note(func() {
		r := model.HookRun{Hook: i + 1, Start: p.now(), End: model.Never, Late: p.got.Returns()}
		if own != nil {
			if d, ok := own.Deadline(); ok {
				r.Deadline = d.Sub(p.began)
			}
			if own.Err() != nil {
				p.odd = append(p.odd, subject.Difference{Clause: "HOOK-5", Text: "the context of a hook is cancelled when the hook begins"})
			}
		}
		if p.offered[subject.NeedState] && !r.Late {
			if s := p.impl.State(ctx); s != string(model.Hooks) && s != string(model.Stopped) { // or late, see register
				p.odd = append(p.odd, subject.Difference{Clause: "STATE-5", Text: "a hook begins while the state is " + s})
			}
		}
		run = len(p.got.Hooks)
		p.got.Hooks = append(p.got.Hooks, r)
		p.ended = append(p.ended, model.Never)
	})
	return run
}

// finishHooks tells, of each hook that was begun, what became of it. One that
// ended within all of its time ended; one that takes a context ended when that
// was cancelled; of the others it cannot be seen when they were let go of (see
// project).
func (p *player) finishHooks() {
	for i := range p.got.Hooks {
		r := &p.got.Hooks[i]
		if r.Outcome != "" {
			continue
		}
		h := p.s.Hooks[r.Hook-1]
		limit := p.stoppedAt()
		if r.Start > limit {
			r.Late = true
		}
		if r.Late {
			limit = r.Start + p.shutdownTimeout()
		}
		own := h.Timeout > 0 && p.ended[i]-r.Start >= h.Timeout
		switch {
		case p.ended[i] < limit && !own && (!h.Aware || h.Lasts == p.ended[i]-r.Start),
			p.ended[i] == limit && !own && h.Lasts == limit-r.Start:
			r.End, r.Outcome = p.ended[i], model.Ended
		case h.Aware:
			r.End = p.ended[i]
			r.Outcome = p.cutFate(*r)
		default:
			r.End, r.Outcome = model.Never, model.Interrupted
		}
	}
}

// stoppedAt is when Stopped was entered, where that is seen, else when Run returned,
// which may be a moment later (STATE-4).
func (p *player) stoppedAt() time.Duration {
	for _, step := range p.got.Steps {
		if step.To == model.Stopped {
			return min(step.At, p.got.Returned)
		}
	}
	return p.got.Returned
}

// cutFate tells an abandoned hook from an interrupted one by its instant.
func (p *player) cutFate(r model.HookRun) model.HookOutcome {
	if own := p.s.Hooks[r.Hook-1].Timeout; own > 0 && r.End-r.Start == own {
		return model.Abandoned
	}
	return model.Interrupted
}

func (p *player) shutdownTimeout() time.Duration {
	if p.s.ShutdownTimeout == 0 {
		return model.DefaultShutdownTimeout
	}
	return p.s.ShutdownTimeout
}
