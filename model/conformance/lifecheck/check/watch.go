package check

import (
	"sync"
	"time"
)

const (
	calmEvery   = 100 * time.Millisecond // before the stop, and long after it
	closeEvery  = 25 * time.Millisecond  // just after the stop, where things happen
	closeLooks  = 4 * time.Second
	outstanding = 16 // probes at a time that wait for an answer
)

// note keeps what was seen.
func (w *watch) note(p Probe) {
	if p.Outcome == Unfinished {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.life.Probes = append(w.life.Probes, p)
}

func (w *watch) noteRequest(r Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.life.Requests = append(w.life.Requests, r)
}

// every calls ask on goroutines of its own until the watch ends.
func (w *watch) every(ask func()) {
	w.wg.Go(func() {
		var asking sync.WaitGroup
		defer asking.Wait()
		room := make(chan struct{}, outstanding)
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-w.ctx.Done():
				return
			case <-timer.C:
			}
			select {
			case room <- struct{}{}:
				asking.Go(func() { ask(); <-room })
			default:
			}
			timer.Reset(w.interval())
		}
	})
}

func (w *watch) interval() time.Duration {
	w.mu.Lock()
	stop := w.life.Stop
	w.mu.Unlock()
	if stop == 0 || w.now()-stop > closeLooks {
		return calmEvery
	}
	return closeEvery
}

func (w *watch) watchReadiness() {
	if _, ok := w.o.readyText(); ok {
		return
	}
	ready := w.book.target(w.o.Ready)
	w.every(func() { w.note(ready.probe(w.ctx, w.clock, ReadyProbe, probeTimeout)) })
}

// watchProbes asks for readiness and liveness, and looks at the listeners of
// other addresses.
func (w *watch) watchProbes() {
	w.watchReadiness()
	if w.o.Live != "" {
		live := w.book.target(w.o.Live)
		w.every(func() { w.note(live.probe(w.ctx, w.clock, LiveProbe, probeTimeout)) })
	}
	seen := map[string]bool{mustTarget(w.o.Ready).addr: true}
	for _, u := range w.o.Work {
		t := w.book.target(u)
		if seen[t.addr] {
			continue
		}
		seen[t.addr] = true
		w.every(func() { w.note(w.knock(t)) })
	}
}

// knock connects and sends nothing.
func (w *watch) knock(t target) Probe {
	p := Probe{Role: PortProbe, Addr: t.addr, Begun: w.now()}
	c, err := dial(w.ctx, t, probeTimeout, "http/1.1")
	if err == nil {
		c.close()
	}
	p.Ended, p.Outcome = w.now(), outcome(err)
	return p
}

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
	c.target = work
	r := Request{Phase: After, What: what("GET", work, "HTTP/1.1 on a kept connection"), URL: work.url}
	err := c.send(c.head("GET", ""))
	r.Sent = w.now()
	if err != nil {
		return // closed just then
	}
	w.finish(c, "GET", r, func() {})
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
