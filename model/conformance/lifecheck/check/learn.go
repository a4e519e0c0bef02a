package check

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// learn finds out how the service answers while it runs: how long its work takes,
// over which protocols, and whether it reads what is uploaded.
func (w *watch) learn() error {
	s := &Survey{StartUp: w.life.Ready, Work: make([]Usual, len(w.o.Work))}
	w.o.Progress("ready after " + round(s.StartUp) + "; looking at how it answers")
	var asking sync.WaitGroup
	for i, u := range w.o.Work {
		asking.Go(func() { s.Work[i] = w.usual(u) })
	}
	if u := w.uploadURL(); u != None && u != "" {
		asking.Go(func() { s.Upload = w.tryUpload(u) })
	}
	asking.Wait()
	w.book.survey = s
	if w.o.Live != "" {
		if p := w.book.target(w.o.Live).probe(w.ctx, w.clock, LiveProbe, w.o.Budget); !p.ok() {
			return &notReady{why: fmt.Sprintf("%s does not pass while the service runs: %s", w.o.Live, p)}
		}
	}
	for _, u := range s.Work {
		if !u.HTTP1 && !u.HTTP2 {
			return &notReady{why: fmt.Sprintf("%s was not answered in %v while the service ran; -hang is for a request that never ends", u.URL, w.o.Budget)}
		}
		w.o.Progress(fmt.Sprintf("%s answers %d in %s, %s", u.URL, u.Status, round(u.Takes), u.protocols()))
	}
	return nil
}

func (u Usual) protocols() string {
	switch {
	case u.HTTP1 && u.HTTP2:
		return "over HTTP/1.1 and HTTP/2"
	case u.HTTP2:
		return "over HTTP/2 only"
	}
	return "over HTTP/1.1"
}

// looks is how often a URL is asked over HTTP/1.1, to see whether its answers are
// alike.
const looks = 4

// usual asks a URL over HTTP/1.1 and once over HTTP/2, side by side.
func (w *watch) usual(url string) Usual {
	u := Usual{URL: url}
	t := w.book.target(url)
	ask := func(get func() answer) (a answer, took time.Duration) {
		begun := w.now()
		a = get()
		return a, w.now() - begun
	}
	var asking sync.WaitGroup
	var answers [looks]answer
	var took [looks]time.Duration
	var other answer
	var otherTook time.Duration
	for w.now() < w.o.Start && !w.p.over() && w.knock(t).Outcome == Refused {
		w.pause(readyEvery) // it is ready at one address before the other
	}
	for i := range answers {
		asking.Go(func() { answers[i], took[i] = ask(func() answer { return get1(w.ctx, t, w.o.Budget) }) })
	}
	asking.Go(func() {
		// What does not speak HTTP/2 may wait for the rest of a request.
		if h, err := dial2(w.ctx, t, probeTimeout); err == nil {
			h.hangUp()
			other, otherTook = ask(func() answer { return get2(w.ctx, t, w.o.Budget) })
		}
	})
	asking.Wait()
	first := answers[0]
	u.HTTP1, u.HTTP2 = first.outcome == Answered && answers[1].outcome == Answered, other.outcome == Answered
	switch {
	case u.HTTP1:
		u.Takes, u.Took = slices.Min(took[:]), slices.Max(took[:])
		u.begin(first)
		u.Serial = u.Takes >= youngest && u.Took > 2*u.Takes
		u.Stable, u.Same = true, true
		u.also(answers[:]...)
		if u.HTTP2 {
			u.also(other)
		}
	case u.HTTP2:
		u.Takes = otherTook
		u.begin(other)
		u.Stable, u.Same = true, true
		u.also(other)
		w.again2(t, &u)
		w.book.http2.Store(t.addr, true)
	}
	return u
}

// again2 asks what speaks only HTTP/2 some more, to see whether answers are alike.
func (w *watch) again2(t target, u *Usual) {
	var asking sync.WaitGroup
	answers := make([]answer, looks-1)
	for i := range answers {
		asking.Go(func() { answers[i] = get2(w.ctx, t, w.o.Budget) })
	}
	asking.Wait()
	u.also(answers...)
}

// round is a duration as a person reads it.
func round(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}
