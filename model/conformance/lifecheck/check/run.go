package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	children "github.com/greynewell/mist-go/model/conformance/internal/process"
)

// How late this machine may be for a timer. A life in which it was later than
// tooLate is lived again, twice at most; later than hopeless, nothing is proved.
const (
	tooLate  = 500 * time.Millisecond
	hopeless = 2 * time.Second
)

// runner has the service live its lives.
type runner struct {
	Options
	book  book
	lives []Life
	spare int // lives in which nothing was in flight, and that were lived again
}

// Run starts the service as often as it takes, and says what was found. The error
// is about what was asked for: options that make no sense, or an address that is
// in use before the service is started.
func Run(ctx context.Context, o Options) (Report, error) {
	o, err := o.settled()
	if err != nil {
		return Report{}, err
	}
	if err := o.resolve(ctx); err != nil {
		return Report{}, err
	}
	r := &runner{Options: o}
	if held := (&watch{o: o}).held(); len(held) > 0 {
		return Report{}, fmt.Errorf("lifecheck: something listens on %s already", held[0])
	}
	defer children.HearSignals()()
	begun := time.Now()
	why, err := r.all(ctx)
	if err != nil {
		return Report{}, err
	}
	report := r.report(why)
	report.Took = time.Since(begun)
	return report, nil
}

// plan are the lives, in order. What is asked in start-up is asked at moments
// that are spread over it.
func (r *runner) plan() (kinds []Kind) {
	kinds = slices.Repeat([]Kind{UnderLoad}, r.Runs)
	kinds = append(kinds, Again, Interrupt)
	if len(r.Work) > 0 {
		kinds = append(kinds, Idle)
	}
	kinds = append(kinds, slices.Repeat([]Kind{Starting}, r.Runs)...)
	return append(kinds, StartInterrupt, Hanging)
}

// all has every life lived; those that leave a doubt, again. It says why it
// could not, if the service does not come up.
func (r *runner) all(ctx context.Context) (why string, err error) {
	plan := r.plan()
	starts := 0
	for i, kind := range plan {
		if kind == Hanging && !r.canHang() || r.ignores(kind.Signal()) {
			continue
		}
		if kind == Starting {
			starts++
		}
		fraction := float64(starts) / float64(r.Runs+1)
		if kind == StartInterrupt {
			fraction = 0.5
		}
		why, err := r.one(ctx, kind, fraction, fmt.Sprintf("%d of %d", i+1, len(plan)))
		if why != "" || err != nil {
			return why, err
		}
		if r.lives[len(r.lives)-1].Stop == 0 && !kind.starting() {
			break // it does not live long enough for the rest to mean anything
		}
	}
	if compared := r.compared(); len(compared) > 0 {
		r.book.unsure = asks(r.lives, compared)
		r.Progress("once more, to see whether answers are alike without a signal, because of " + list(distinct(compared)))
		if why, err := r.one(ctx, UnderLoad, 0, "again"); why != "" || err != nil {
			return why, err
		}
	}
	return r.settle(ctx, plan)
}

// compared are findings that rest on how the service answers when it does not
// stop.
func (r *runner) compared() []sighting {
	var seen []sighting
	for _, l := range r.lives {
		seen = append(seen, sightings(r.Options, *r.book.survey, l)...)
	}
	return slices.DeleteFunc(seen, func(s sighting) bool { return !s.compared })
}

// moreLives is how many lives more of a kind may be lived for a finding that was
// seen once.
const moreLives = 2

// settle has lives lived again that leave a doubt.
func (r *runner) settle(ctx context.Context, plan []Kind) (why string, err error) {
	for range moreLives {
		_, doubt := Judge(r.Options, *r.book.survey, r.lives)
		for _, kind := range plan {
			names := doubt[kind]
			if len(names) == 0 {
				continue
			}
			delete(doubt, kind)
			r.Progress("once more, because of " + list(names))
			if why, err := r.one(ctx, kind, 0.5, "again"); why != "" || err != nil {
				return why, err
			}
		}
	}
	return "", nil
}

// ignores reports whether the signal was seen to be ignored: each further life
// would take the whole budget, and show nothing else.
func (r *runner) ignores(signal string) bool {
	return slices.ContainsFunc(r.lives, func(l Life) bool {
		return l.Killed > 0 && slices.ContainsFunc(sightings(r.Options, *r.book.survey, l), func(s sighting) bool {
			return s.name == strings.ToLower(signal)+"-ignored"
		})
	})
}

// missed reports whether a life shows nothing because all work was done when the
// signal came.
func (r *runner) missed(l Life) bool {
	return l.Kind.loaded() && len(r.Work) > 0 && l.Stop > 0 && l.inFlight() == 0 && len(sightings(r.Options, *r.book.survey, l)) == 0
}

// startUpAt is when in start-up a signal comes.
func (r *runner) startUpAt(fraction float64) time.Duration {
	return time.Duration(float64(r.book.survey.StartUp) * fraction)
}

// canHang reports whether there is a request that never ends.
func (r *runner) canHang() bool { return r.Hang != "" || r.book.hangs }

// one has one life lived, on a machine that is not too busy if that can be had.
func (r *runner) one(ctx context.Context, kind Kind, fraction float64, which string) (why string, err error) {
	for try := 1; ; try++ {
		r.Progress(fmt.Sprintf("%s: %s", which, kind))
		l, err := live(ctx, r.Options, &r.book, kind, fraction)
		var gone *notReady
		if errors.As(err, &gone) && ctx.Err() == nil {
			return gone.why + printed(gone.output), nil
		}
		if err != nil {
			return "", err
		}
		if kind.starting() && l.wasReady() && try < 5 {
			r.Progress("it was ready already: that does not count")
			fraction /= 2
			continue
		}
		if kind.starting() && l.Stop > r.startUpAt(fraction)+max(r.book.survey.StartUp/10, youngest) && try < 5 {
			r.Progress("the signal was sent too late: that does not count")
			continue
		}
		if l.Late > tooLate && try < 3 {
			r.Progress(fmt.Sprintf("this machine was %s late: that does not count", round(l.Late)))
			continue
		}
		if r.missed(l) && r.spare < 2*moreLives {
			r.spare++
			r.Progress("nothing was in flight at the signal: that does not count")
			continue
		}
		r.Progress(l.summary())
		r.lives = append(r.lives, l)
		return "", nil
	}
}
