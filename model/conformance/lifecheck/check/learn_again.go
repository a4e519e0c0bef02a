package check

import (
	"sync"
	"time"
)

const (
	mostLooks   = 400              // requests of one URL
	longestLook = 30 * time.Second // after which no more are sent
)

// asks is how often each URL has to be asked before a service is said to have
// failed at the stop: at least as often as in any life, and so often that what has
// failed at the stop would fail here too, if it had nothing to do with the stop.
func asks(lives []Life, seen []sighting) int {
	most, all, failed := 0, 0, 0
	for _, l := range lives {
		most = max(most, len(l.Requests))
		all += len(l.Requests)
	}
	for _, s := range seen {
		if s.compared {
			failed += s.requests
		}
	}
	return min(max(most, 5*all/max(failed, 1)), mostLooks)
}

// lookAgain asks each URL as often at a time as is done around a stop, before a
// service is said to have failed there: it may fail now and then, or limit how
// many requests it takes at once or in a while.
func (w *watch) lookAgain() {
	var asking sync.WaitGroup
	if up := w.book.survey.Upload; up != nil {
		hold := 2*w.book.survey.longest() + 4*youngest
		asking.Go(func() { w.uploadAgain(up, hold) })
	}
	for i := range w.book.survey.Work {
		asking.Go(func() { w.lookAgainAt(&w.book.survey.Work[i]) })
	}
	asking.Wait()
}

func (w *watch) lookAgainAt(u *Usual) {
	t := w.book.target(u.URL)
	begun := w.now()
	for n := 0; n < max(w.book.unsure, 1) && (n == 0 || w.now()-begun < longestLook); {
		answers := make([]answer, inFlightAtOnce+outstanding)
		if u.Serial {
			answers = answers[:looks]
		}
		var each sync.WaitGroup
		for k := range answers {
			each.Go(func() {
				sent := w.now()
				if u.HTTP1 && u.HTTP2 && k%4 == 3 {
					answers[k] = get2(w.ctx, t, w.o.Budget)
				} else {
					answers[k] = t.get(w.ctx, w.o.Budget)
				}
				answers[k].took = w.now() - sent
			})
		}
		each.Wait()
		for _, a := range answers {
			if a.outcome == Answered && a.status == u.Status {
				u.Takes = min(u.Takes, a.took)
			}
		}
		u.also(answers...)
		n += len(answers)
	}
}

// uploadAgain uploads some more, and leaves some unfinished for longer than any
// answer takes.
func (w *watch) uploadAgain(u *Usual, hold time.Duration) {
	t := w.book.target(u.URL)
	var each sync.WaitGroup
	early := make([]bool, looks)
	for k := range early {
		each.Go(func() { early[k] = w.answersEarly(t, k%2 == 0, hold) })
	}
	w.pause(youngest)
	whole := make([]answer, looks)
	for k := range whole {
		each.Go(func() {
			y := way{http2: u.HTTP2 && k%2 == 1, expect: u.Expects && k%4 == 0}
			whole[k] = postWhole(w.ctx, t, y, w.o.Budget)
		})
	}
	each.Wait()
	u.also(whole...)
	for _, e := range early {
		u.Early = u.Early || e
	}
}
