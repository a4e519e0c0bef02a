package check

import (
	"sync"
	"time"
)

// short is a URL at the address that answers quickly, if one is known.
func (w *watch) short(addr string) (t target, ok bool) {
	for _, u := range []string{w.o.Ready, w.o.Live} {
		if _, err := parseTarget(u); err != nil {
			continue
		}
		if t := w.book.target(u); t.addr == addr {
			return t, true
		}
	}
	for _, u := range w.book.survey.Work {
		if t := w.book.target(u.URL); t.addr == addr && u.HTTP1 {
			return t, u.Takes < probeTimeout
		}
	}
	return target{}, false
}

const (
	idleConns = 2
	workConns = 2
)

// keepConnections leaves connections idle that were used once, and has one that
// is used all the time, as a client with a pool of them does. It returns when
// the idle ones are.
func (w *watch) keepConnections() {
	var idle sync.WaitGroup
	defer idle.Wait()
	seen := map[string]bool{}
	for _, u := range w.o.Work {
		t, ok := w.short(mustTarget(u).addr)
		if !ok || t.http2 || seen[t.addr] {
			continue
		}
		seen[t.addr] = true
		for range idleConns {
			settled := make(chan struct{})
			idle.Go(func() { <-settled })
			w.wg.Go(func() { w.keepIdle(t, settled) })
		}
		w.wg.Go(func() { w.keepBusy(t) })
		for range workConns {
			settled := make(chan struct{})
			idle.Go(func() { <-settled })
			w.wg.Go(func() { w.keepForWork(t, w.book.target(u), settled) })
		}
	}
}

// used is a connection that was used once, nil if it cannot be used again.
func (w *watch) used(t target) *client {
	c, err := dial(w.ctx, t, probeTimeout, "http/1.1")
	if err != nil {
		return nil
	}
	c.conn.SetDeadline(time.Now().Add(2 * probeTimeout))
	if c.send(c.head("GET", "")) == nil {
		if a := c.receive("GET"); a.outcome == Answered && !a.told {
			c.conn.SetDeadline(time.Time{})
			return c
		}
	}
	c.close()
	return nil
}

// keepForWork uses a connection once, and again for work when the stop is well under
// way, if the service has not closed it by then.
func (w *watch) keepForWork(short, work target, settled chan<- struct{}) {
	c := w.used(short)
	close(settled)
	if c == nil {
		return
	}
	defer c.close()
	select {
	case <-w.stopped:
	case <-w.ctx.Done():
		return
	}
	if w.kind != UnderLoad && w.kind != Interrupt || w.book.survey.serial() {
		return
	}
	w.pause(atOnce)
	if c.answersWithin(closeEvery / 5) {
		return
	}
	c.conn.SetDeadline(time.Time{})
	w.resend(c, work, After, func() {})
}

func (w *watch) keepIdle(t target, settled chan<- struct{}) {
	c := w.used(t)
	close(settled)
	if c == nil {
		return
	}
	defer c.close()
	conn := Conn{Addr: t.addr, Outcome: c.gone()}
	conn.Ended = w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.life.Conns = append(w.life.Conns, conn)
}

// keepBusy sends a short request again and again on one connection, until an
// answer says that it is the last one.
func (w *watch) keepBusy(t target) {
	c, err := dial(w.ctx, t, probeTimeout, "http/1.1")
	if err != nil {
		return
	}
	defer c.close()
	for w.ctx.Err() == nil {
		p := Probe{Role: KeptProbe, Addr: t.addr, Begun: w.now()}
		if t.url == w.o.Ready {
			p.Role = KeptReady
		}
		err := c.send(c.head("GET", ""))
		a := answer{outcome: outcome(err)}
		if err == nil {
			a = c.receive("GET")
		}
		p.Ended, p.Status, p.Told, p.Outcome = w.now(), a.status, a.told, a.outcome
		w.note(p)
		if p.Told || p.Outcome != Answered {
			return
		}
		w.pause(2 * closeEvery)
	}
}
