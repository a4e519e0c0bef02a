package check

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// probeTimeout is what the kubelet gives a probe if nothing else is said.
const probeTimeout = time.Second

// watch is one life while it goes on, and everything that watches it.
type watch struct {
	clock
	o    Options
	kind Kind
	p    *process
	book *book
	late *lateness

	ctx     context.Context // ends when nothing is watched any more
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	stopped chan struct{} // closed when the signal was sent
	rest    chan struct{} // closed when uploads are finished

	mu   sync.Mutex
	life Life
}

// book is what one life learns for the next.
type book struct {
	survey *Survey
	unsure int      // how often to ask again whether answers are alike; 0: not
	hangs  bool     // an upload that is not finished is not answered
	http2  sync.Map // addresses where only HTTP/2 is spoken
}

// target is a URL with what is known of its address.
func (b *book) target(url string) target {
	t := mustTarget(url)
	_, t.http2 = b.http2.Load(t.addr)
	return t
}

// notReady is a service that never came up.
type notReady struct{ why, output string }

func (e *notReady) Error() string { return "lifecheck: " + e.why }

// live starts the service, does to it what kind says, and returns what was seen.
// fraction is for the kinds of start-up: when in it the signal comes.
func live(ctx context.Context, o Options, b *book, kind Kind, fraction float64) (Life, error) {
	begun := time.Now()
	p, err := startProcess(o)
	if err != nil {
		return Life{}, err
	}
	w := &watch{clock: clock{begun}, o: o, kind: kind, p: p, book: b, late: measureLateness(),
		stopped: make(chan struct{}), rest: make(chan struct{}), life: Life{Kind: kind}}
	w.ctx, w.cancel = context.WithCancel(ctx)
	err = w.steps(fraction)
	w.cancel()
	w.wg.Wait()
	p.clear()
	w.life.Late = w.late.end()
	w.life.Output = p.out.String()
	w.life.Took = w.now()
	var gone *notReady
	if errors.As(err, &gone) {
		gone.output = w.life.Output
	}
	return w.life, errors.Join(err, context.Cause(ctx))
}

// steps are those of one life, in order.
func (w *watch) steps(fraction float64) error {
	if w.kind.starting() {
		w.watchReadiness()
		w.pause(time.Duration(float64(w.book.survey.StartUp) * fraction))
		w.stopService()
		w.awaitExit()
		return nil
	}
	if err := w.awaitReady(); err != nil {
		return err
	}
	if w.book.survey == nil {
		if err := w.learn(); err != nil {
			if w.pause(closeEvery); !w.p.over() {
				return err
			}
		}
	}
	w.watchProbes()
	if w.kind != Idle {
		w.keepConnections()
	}
	switch w.kind {
	case Idle: // as soon as it is ready
	case Hanging:
		w.hang()
	default:
		if w.book.unsure > 0 {
			w.lookAgain()
			w.book.unsure = 0
		}
		w.load()
	}
	if !w.book.survey.serial() { // there a probe is answered when the load is over
		if err := w.stillReady(); err != nil {
			return err
		}
	}
	w.stopService()
	w.wg.Go(w.finishUploads)
	if w.kind.loaded() {
		w.feed()
	}
	w.awaitExit()
	return nil
}

// pause waits, but not longer than the process lives.
func (w *watch) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.p.exited:
	case <-w.ctx.Done():
	}
}

const readyEvery = 10 * time.Millisecond

// awaitReady asks for readiness until it passes.
func (w *watch) awaitReady() error {
	var up bool
	var last string
	for w.now() < w.o.Start && !w.p.over() && w.ctx.Err() == nil {
		if up, last = w.askReady(); up {
			w.life.Ready = w.now()
			if s := w.book.survey; s != nil {
				s.StartUp = min(s.StartUp, w.life.Ready)
			}
			return nil
		}
		w.pause(readyEvery)
	}
	why := fmt.Sprintf("%s was never ready in %v: the last probe was %s", w.o.Ready, w.o.Start, last)
	if w.p.over() {
		w.noteExit()
		why = fmt.Sprintf("the command ended with exit code %d before %s was ready", w.life.Code, w.o.Ready)
	}
	return &notReady{why: why}
}

// askReady asks once, and finds out whether HTTP/2 has to be spoken.
func (w *watch) askReady() (up bool, seen string) {
	if _, ok := w.o.readyText(); ok {
		return w.p.out.has(), "not printed"
	}
	t := w.book.target(w.o.Ready)
	p := t.probe(w.ctx, w.clock, ReadyProbe, probeTimeout)
	if !t.http2 && (p.Outcome == Malformed || p.Outcome == Closed || p.Outcome == Reset) {
		if other := w.tryHTTP2(t); other.Outcome == Answered {
			w.book.http2.Store(t.addr, true)
			p = other
		}
	}
	if w.life.Ready != 0 {
		w.note(p) // it proves that what was sent before it was accepted
	}
	return p.ok(), p.String()
}

func (w *watch) tryHTTP2(t target) Probe {
	t.http2 = true
	return t.probe(w.ctx, w.clock, ReadyProbe, probeTimeout)
}

// stillReady makes sure that what comes is compared with a service that is well.
func (w *watch) stillReady() error {
	var last string
	for range 5 {
		up, seen := w.askReady()
		if last = seen; up || w.p.over() {
			return nil
		}
		w.pause(100 * time.Millisecond)
	}
	return &notReady{why: fmt.Sprintf("%s does not pass under load, before any signal: %s", w.o.Ready, last)}
}

// stopService sends the signal, unless the process has ended by itself.
func (w *watch) stopService() {
	if w.p.over() {
		return
	}
	w.p.seen.look(w.p.cmd.Process.Pid)
	w.late.again()
	w.mu.Lock()
	w.life.Stop = w.now()
	w.mu.Unlock()
	_ = w.p.signal(w.kind.Signal()) // an error is a process that is gone, which is seen below
	close(w.stopped)
	if w.kind == Again {
		w.wg.Go(func() {
			w.pause(100 * time.Millisecond)
			_ = w.p.signal("SIGTERM")
			w.pause(w.o.window())
			_ = w.p.signal("SIGTERM")
		})
	}
}

// finishUploads has the rest of them sent once the delay is over.
func (w *watch) finishUploads() {
	w.pause(w.o.window() + 150*time.Millisecond)
	close(w.rest)
}
