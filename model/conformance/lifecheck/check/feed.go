package check

import (
	"slices"
	"sync/atomic"
	"time"
)

// feed goes on sending work after the stop, as clients do that have not heard of
// it, until they are refused.
func (w *watch) feed() {
	for _, u := range w.book.survey.Work {
		w.feedWork(u)
	}
	if up := w.book.survey.Upload; up != nil && !w.book.survey.serial() {
		w.feedUploads(*up)
	}
}

// feedEnd is when feeding ends, if nothing is refused.
func (w *watch) feedEnd() time.Duration {
	if w.o.Delay != DelayUnknown {
		return w.now() + w.o.Delay + 2*time.Second
	}
	return w.now() + 10*time.Second
}

// repeat calls send until a connection to the address is refused, with a pause in
// between and no more than limit at a time; send calls ended when there is an answer.
func (w *watch) repeat(addr string, pause time.Duration, limit int64, send func(ended func())) {
	end := w.feedEnd()
	w.wg.Go(func() {
		var sent atomic.Int64
		for w.ctx.Err() == nil && !w.p.over() && w.now() < end && !w.refused(addr) {
			if sent.Load() < limit {
				sent.Add(1)
				w.wg.Go(func() { send(func() { sent.Add(-1) }) })
			}
			w.pause(pause)
		}
	})
}

// feedWork sends GETs. Where both protocols are spoken, they take turns.
func (w *watch) feedWork(u Usual) {
	t := w.book.target(u.URL)
	pause := min(max(u.Takes/outstanding, closeEvery/2), 20*closeEvery)
	limit := int64(outstanding)
	if u.Serial {
		limit = 1 // more would wait in the listener's queue, and be reset with it
	}
	var n atomic.Int64
	w.repeat(t.addr, pause, limit, func(ended func()) {
		if u.HTTP2 && (!u.HTTP1 || n.Add(1)%2 == 0) {
			w.request2(t, After, 1, ended)
		} else {
			w.request1(t, After, ended)
		}
	})
}

// feedUploads sends whole uploads, in each way that is taken in turn.
func (w *watch) feedUploads(u Usual) {
	ways := []way{{}}
	if u.Expects {
		ways = append(ways, way{expect: true})
	}
	if u.HTTP2 {
		ways = append(ways, way{http2: true})
	}
	t := w.book.target(u.URL)
	var n atomic.Int64
	w.repeat(t.addr, 2*closeEvery, 2*int64(len(ways)), func(ended func()) {
		w.uploadLater(t, ways[int(n.Add(1))%len(ways)])
		ended()
	})
}

// refused reports whether a connection to the address was refused since the stop.
func (w *watch) refused(addr string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.life.Probes, func(p Probe) bool {
		return p.Addr == addr && p.Outcome == Refused && p.Begun > w.life.Stop
	})
}
