package play

import (
	"context"
	"time"

	"github.com/greynewell/mist-go/model"
)

// group makes a group and does its work. Work that would be added when nobody
// waits any more is left out, as the model leaves it out.
func (p *player) group(ctx context.Context, g model.Group) {
	group := p.impl.DrainGroup(ctx)
	if group == nil {
		p.oddity("DRAIN-3", "DrainGroup returned nil")
		return
	}
	unit := func(u model.Unit) {
		if p.now() >= p.wants[0].Entered(model.Hooks) {
			return
		}
		group.Add(1)
		p.endLater(u.Lasts, group.Done)
	}
	for _, u := range g.Units {
		switch u.After {
		case 0:
			unit(u)
		case model.Never:
		default:
			time.AfterFunc(u.After, p.ordered(func() { unit(u) }))
		}
	}
}

// endLater calls done when d has passed, or, if that is never, when everything
// is let go of.
func (p *player) endLater(d time.Duration, done func()) {
	if d == model.Never {
		p.note(func() { p.onRelease = append(p.onRelease, done) })
		return
	}
	time.AfterFunc(d, p.ordered(done))
}

func (p *player) track(ctx context.Context, i int, u model.Track) {
	done, ok := p.impl.Track(ctx)
	p.note(func() { p.got.Tracks[i] = ok })
	if done == nil {
		p.oddity("DRAIN-8", "Track returned a nil done")
		return
	}
	p.endLater(u.Lasts, done)
}

func (p *player) task(ctx context.Context, i int, k model.Task) {
	ok := p.impl.Go(ctx, func(context.Context) error {
		p.lasting(k.Lasts, nil)
		p.note(func() {}) // ordered: its failure may be why groups are waited for
		return p.end(k.Ends, model.TaskError(i+1), model.TaskPanic(i+1))
	})
	p.note(func() { p.got.Tasks[i] = ok })
}
