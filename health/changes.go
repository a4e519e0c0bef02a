package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

// Change is what an observer gets ([WithObserver]): a check begins to fail, fails with
// another error, or passes again (HEALTH-16).
type Change struct {
	// Check is the name of the check.
	Check string
	// Err has the text that readiness shows, which is "failed" with [WithoutDetails]. It
	// is nil when the check passes again.
	Err error
	// At is when the run ended or timed out.
	At time.Time
}

// changes notifies the log and the observers of checks that begin to fail, fail with
// another error, or pass again, in that order of events.
type changes struct {
	epoch     time.Time  // the scheduler's
	receivers []*mailbox // the log's, then the observers'
}

const (
	// textEvery is the shortest interval at which a new error of a failing check is
	// logged. A timeout is always logged immediately.
	textEvery = time.Minute
	// textGrace is how long after textEvery an error that came too soon is logged,
	// unless a run has another result by then.
	textGrace = 100 * time.Millisecond
)

// change is a Change with additional data for the log.
type change struct {
	check     *check
	out       *failure
	newText   bool // the check was failing before, with another error
	tolerated bool // it timed out, but with FailAfter still passes
	at        time.Time
}

// record is called with scheduler.mu held when a run gets its result, and again at
// check.logTextAt. A new check counts as passing.
func (w *changes) record(c *check, r *run, now time.Duration) {
	note := change{check: c, out: r.out, at: w.epoch.Add(c.lastAt)}
	c.logTextAt = 0
	switch {
	case r.out == nil:
		if !c.failing {
			return
		}
		c.failing = false
	case !r.fails:
		if !r.out.isTimeout || c.warned {
			return
		}
		note.tolerated, c.warned = true, true
	case !c.failing:
		c.failing, c.changed, c.logged = true, false, r.out.text
	case r.out.text == c.logged:
		return
	case c.changed && !r.out.isTimeout && now-c.changedAt < textEvery:
		c.logTextAt = c.changedAt + textEvery + textGrace
		return
	default:
		note.newText = true
		c.changed, c.changedAt, c.logged = true, now, r.out.text
	}
	for i, m := range w.receivers {
		if i > 0 && note.tolerated { // the check still passes, so this is not a Change
			break
		}
		m.put(note)
	}
}

// maxPending limits the queue of a logger or an observer that hangs; further changes
// are dropped.
const maxPending = 1 << 16

// mailbox delivers changes to user code, which may be slow, without holding a lock or
// making a probe wait. It has one goroutine while there are changes to deliver.
type mailbox struct {
	deliver func(change)

	mu      sync.Mutex
	pending []change
	busy    bool
}

func (m *mailbox) put(c change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.pending) < maxPending {
		m.pending = append(m.pending, c)
	}
	if !m.busy {
		m.busy = true
		go m.run()
	}
}

func (m *mailbox) run() {
	ended := false
	defer func() {
		recover()
		if !ended { // deliver panicked or called Goexit; continue with the next
			go m.run()
		}
	}()
	for {
		next, ok := m.next()
		if !ok {
			ended = true
			return
		}
		m.deliver(next)
	}
}

func (m *mailbox) next() (change, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.pending) == 0 {
		m.pending, m.busy = nil, false
		return change{}, false
	}
	next := m.pending[0]
	m.pending = m.pending[1:]
	return next, true
}

// logChange writes the record of a change.
func (h *Handler) logChange(c change) {
	l := h.log()
	if c.out == nil {
		l.Info("health: check passes again", "check", c.check.key)
		return
	}
	attrs := []any{"check", c.check.key, "error", c.out.text}
	if c.check.optional {
		attrs = append(attrs, "optional", true)
	}
	if c.out.stack != "" {
		attrs = append(attrs, "stack", c.out.stack)
	}
	msg := "health: check fails"
	switch {
	case c.newText:
		msg = "health: check fails with another error"
	case c.tolerated:
		msg = "health: check timed out, but still passes until FailAfter is reached"
	}
	l.Warn(msg, attrs...)
}

// observed returns the Change for observers.
func (h *Handler) observed(c change) Change {
	o := Change{Check: c.check.name, At: c.at}
	if c.out != nil {
		text, _ := c.out.display(h.hideDetails)
		o.Err = errors.New(text)
	}
	return o
}

func (h *Handler) log() *slog.Logger {
	if h.logger != nil {
		return h.logger
	}
	return slog.Default()
}

// logMisuse logs misuse of the package as an error, with the call site. It must be
// called directly by the exported function.
func (h *Handler) logMisuse(msg string, attrs ...slog.Attr) {
	defer func() { _ = recover() }() // a logger that panics must not stop the caller
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:])
	frame, _ := runtime.CallersFrames(pcs[:]).Next()
	ctx, handler := context.Background(), h.log().Handler()
	if !handler.Enabled(ctx, slog.LevelError) {
		return
	}
	r := slog.NewRecord(time.Now(), slog.LevelError, msg, pcs[0])
	r.AddAttrs(slog.String("at", fmt.Sprintf("%s:%d", frame.File, frame.Line)))
	r.AddAttrs(attrs...)
	_ = handler.Handle(ctx, r)
}
