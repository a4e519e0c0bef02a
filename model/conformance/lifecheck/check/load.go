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
		for range n {
			flying.Add(1)
			batch.Add(1)
			w.wg.Go(func() { w.request1(t, InFlight, func() { flying.Add(-1); batch.Done() }) })
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
	r.Ended, r.Status, r.Bytes, r.Told, r.ToEOF, r.Outcome = w.now(), a.status, a.bytes, a.told, a.toEOF, a.outcome
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
		s, err := h.get(t.path)
		requests[i], requests[i].Sent = r, w.now()
		streams.Go(func() {
			defer ended()
			if err == nil {
				<-s.done // when the connection ends at the latest
				requests[i].Status, requests[i].Bytes = s.status, s.bytes
				requests[i].Outcome = s.outcome
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

// feed goes on sending work after the stop, as clients do that have not heard of
// it, until they are refused.
func (w *watch) feed() {
	for _, u := range w.book.survey.Work {
		t := w.book.target(u.URL)
		pause := min(max(u.Takes/10, 2*closeEvery), 20*closeEvery)
		end := w.now() + max(w.o.Delay, 8*time.Second) + 2*time.Second
		if w.o.Delay != DelayUnknown {
			end = w.now() + w.o.Delay + 2*time.Second
		}
		limit := int64(outstanding)
		if u.Serial {
			limit = 1 // more would wait in the listener's queue, and be reset with it
		}
		w.wg.Go(func() {
			var sent atomic.Int64
			other := false // where both protocols are spoken, they take turns
			for w.ctx.Err() == nil && !w.p.over() && w.now() < end && !w.refused(t.addr) {
				if sent.Load() < limit {
					sent.Add(1)
					second := u.HTTP2 && (other || !u.HTTP1)
					other = !other
					w.wg.Go(func() {
						done := func() { sent.Add(-1) }
						if second {
							w.request2(t, After, 1, done)
						} else {
							w.request1(t, After, done)
						}
					})
				}
				w.pause(pause)
			}
		})
	}
}

// refused reports whether a connection to the address was refused since the stop.
func (w *watch) refused(addr string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.life.Probes, func(p Probe) bool {
		return p.Addr == addr && p.Outcome == Refused && p.Begun > w.life.Stop
	})
}
