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
