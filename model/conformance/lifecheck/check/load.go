package check

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	youngest = 25 * time.Millisecond // a request that is younger may not have reached the service
	oldest   = 2 * time.Second       // the longest that is waited before the signal

	inFlightAtOnce = 4 // GETs of each URL at first
)

// load sends work until some of each URL is really in flight: sent a while ago and
// not answered yet.
func (w *watch) load() {
	sizes := []int{inFlightAtOnce, 32, 256} // at a time, until some are in flight
	for i, n := range sizes {
		flying, age := []*atomic.Int64{}, w.age()
		var batch sync.WaitGroup
		for _, u := range w.book.survey.Work {
			flying = append(flying, &atomic.Int64{})
			w.send(u, n, flying[len(flying)-1], &batch)
		}
		if up := w.book.survey.Upload; up != nil && i == 0 {
			for range 2 {
				w.wg.Go(func() { w.upload(up.URL, InFlight, func() {}) })
			}
			if up.HTTP2 {
				w.wg.Go(func() { w.upload2(up.URL) })
			}
		}
		w.pause(age)
		missing := slices.ContainsFunc(flying, func(n *atomic.Int64) bool { return n.Load() == 0 })
		if !missing || i == len(sizes)-1 {
			return
		}
		batch.Wait()
	}
}

// age is how long before the signal work is sent: long enough for the service to
// have begun it, and not so long that it is done.
func (w *watch) age() time.Duration {
	age := oldest
	for _, u := range w.book.survey.Work {
		if u.Takes >= youngest {
			age = min(age, u.Takes*2/5)
		}
	}
	if len(w.book.survey.Work) > 0 && !slices.ContainsFunc(w.book.survey.Work, func(u Usual) bool { return u.Takes >= youngest }) {
		age = youngest
	}
	if len(w.o.Work) == 0 {
		age = 4 * youngest
	}
	return max(age, youngest)
}

// send sends n requests for one URL, over each protocol that it speaks.
func (w *watch) send(u Usual, n int, flying *atomic.Int64, batch *sync.WaitGroup) {
	t := w.book.target(u.URL)
	if u.HTTP1 {
		short, known := w.short(t.addr)
		for i := range n {
			flying.Add(1)
			batch.Add(1)
			ended := func() { flying.Add(-1); batch.Done() }
			w.wg.Go(func() {
				if i == 0 && known && !u.Serial {
					w.requestKept(short, t, ended)
				} else {
					w.request1(t, InFlight, ended)
				}
			})
		}
	}
	if u.HTTP2 {
		flying.Add(int64(n))
		batch.Add(n)
		w.wg.Go(func() { w.request2(t, InFlight, n, func() { flying.Add(-1); batch.Done() }) })
	}
}

func what(method string, t target, protocol string) string {
	if t.tls {
		protocol += " over TLS"
	}
	return fmt.Sprintf("%s %s, %s", method, t.path, protocol)
}

// requestKept is request1 before the stop, on a connection that was used before, if
// the service allows that.
func (w *watch) requestKept(short, t target, ended func()) {
	c := w.used(short)
	if c == nil {
		w.request1(t, InFlight, ended)
		return
	}
	defer c.close()
	w.resend(c, t, InFlight, ended)
}

// resend sends a GET on a connection that was used before. One that cannot be sent
// is no request: the connection was closed just then.
func (w *watch) resend(c *client, t target, phase Phase, ended func()) {
	ended = sync.OnceFunc(ended)
	defer ended()
	c.target = t
	if c.send(c.head("GET", "")) != nil {
		return
	}
	w.finish(c, "GET", Request{Phase: phase, What: what("GET", t, "HTTP/1.1 on a kept connection"), URL: t.url, Sent: w.now()}, ended)
}

// request1 sends one GET over HTTP/1.1 and calls ended when its answer has.
func (w *watch) request1(t target, phase Phase, ended func()) {
	ended = sync.OnceFunc(ended)
	defer ended()
	r := Request{Phase: phase, What: what("GET", t, "HTTP/1.1"), URL: t.url}
	c, err := dial(w.ctx, t, w.o.Budget, "http/1.1")
	if err == nil {
		defer c.close()
		err = c.send(c.head("GET", ""))
	}
	r.Sent = w.now()
	if err != nil {
		r.Ended, r.Outcome = w.now(), outcome(err)
		w.noteRequest(r)
		return
	}
	w.finish(c, "GET", r, ended)
}

// finish reads the answer, and waits for the end of the connection if the answer
// does not announce it.
func (w *watch) finish(c *client, method string, r Request, ended func()) {
	a := c.receive(method)
	r.take(a)
	r.Ended, r.Told = w.now(), a.told
	r.Early = w.isEarly(r)
	r.Kept = a.outcome == Answered && !a.told
	ended()
	if r.Kept && c.gone() != Unfinished {
		r.Gone = w.now()
	}
	w.noteRequest(r)
}

// request2 sends n GETs over one connection of HTTP/2.
func (w *watch) request2(t target, phase Phase, n int, ended func()) {
	r := Request{Phase: phase, What: what("GET", t, "HTTP/2"), URL: t.url, HTTP2: true}
	w.streams(r, t, n, func(h *http2Conn) (*stream, error) { return h.get(t.path) }, ended)
}

// streams sends n requests like r over one connection of HTTP/2.
func (w *watch) streams(r Request, t target, n int, send func(*http2Conn) (*stream, error), ended func()) {
	h, err := dial2(w.ctx, t, w.o.Budget)
	if err != nil {
		for range n {
			r.Sent, r.Ended, r.Outcome = w.now(), w.now(), outcome(err)
			w.noteRequest(r)
			ended()
		}
		return
	}
	defer h.hangUp()
	var streams sync.WaitGroup
	requests := make([]Request, n)
	for i := range requests {
		s, err := send(h)
		requests[i], requests[i].Sent = r, w.now()
		streams.Go(func() {
			defer ended()
			if err == nil {
				<-s.done // when the connection ends at the latest
				requests[i].take(s.answer)
				requests[i].Early = w.isEarly(requests[i])
			} else {
				requests[i].Outcome = outcome(err)
			}
			requests[i].Ended = w.now()
		})
	}
	_ = h.ping() // if it cannot be sent, the streams end too
	streams.Wait()
	select {
	case <-h.over: // the service closes it, or the watch ends
	case <-h.going: // a client that is told to go does
	}
	for _, r := range requests {
		r.Told = !h.told().IsZero()
		if at := h.pinged(); !at.IsZero() {
			r.Reached = at.Sub(w.start)
		}
		if at, how := h.end(); how != "" && how != Unfinished {
			r.Gone = at.Sub(w.start)
		}
		w.noteRequest(r)
	}
}
