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

// Change is what a [WithObserver] gets: a check begins to fail, fails with
// another text, or passes again (HEALTH-16).
type Change struct {
	// Check is the name that the check was added under.
	Check string
	// Err prints the text that readiness shows: "failed" with [WithoutDetails].
	// It is nil when the check passes again.
	Err error
	// At is when it was found, which is when a run ended or its timeout was over.
	At time.Time
}

// changes tells the log and the observers about checks that begin to fail, fail
// with another text, or pass again, in the order in which they do.
type changes struct {
	epoch time.Time  // the scheduler's
	to    []*mailbox // the log's, and then the observers'
}

const (
	// textEvery is how often another text of a check that goes on failing is
	// logged. That a timeout is over is logged in any case, by then.
	textEvery = time.Minute
	// textGrace is how long after that a text is logged that came too soon, unless
	// a run brings another.
	textGrace = 100 * time.Millisecond
)

// change is a Change, with what the log has besides.
type change struct {
	check *check
	out   *failure
	again bool // it has failed before, with another text
	early bool // its timeout is over, but by FailAfter it passes
	at    time.Time
}

// note is called with scheduler.mu held when a run is decided, and again when
// its text was owed. A check that is new counts as one that passes.
func (w *changes) note(c *check, r *run, now time.Duration) {
	note := change{check: c, out: r.out, at: w.epoch.Add(c.lastAt)}
	c.owed = 0
	switch {
	case r.out == nil:
		if !c.failing {
			return
		}
		c.failing = false
	case !r.fails:
		if !r.out.late || c.warned {
			return
		}
		note.early, c.warned = true, true
	case !c.failing:
		c.failing, c.changed, c.logged = true, false, r.out.text
	case r.out.text == c.logged:
		return
	case c.changed && !r.out.late && now-c.changedAt < textEvery:
		c.owed = c.changedAt + textEvery + textGrace
		return
	default:
		note.again = true
		c.changed, c.changedAt, c.logged = true, now, r.out.text
	}
	for i, m := range w.to {
		if i > 0 && note.early { // the check passes, so it is no change
			break
		}
		m.put(note)
	}
}

// maxPending bounds what waits for a logger or an observer that does not come
// back; what comes beyond it is lost.
const maxPending = 1 << 16

// mailbox brings changes to one who is the user's code, and may be slow: no lock
// is held and no probe waits meanwhile. While there are changes there is one
// goroutine that brings them; it ends with the last of them.
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
		if !ended { // it panicked or called Goexit; go on with the next
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
	case c.again:
		msg = "health: check fails with another error"
	case c.early:
		msg = "health: check timed out, and passes until FailAfter is reached"
	}
	l.Warn(msg, attrs...)
}

// observed returns what an observer gets.
func (h *Handler) observed(c change) Change {
	o := Change{Check: c.check.name, At: c.at}
	if c.out != nil {
		text, _ := c.out.shown(h.hideDetails)
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

// misused logs misuse as an error, with the place of the call. It must be
// called by the exported function that was misused.
func (h *Handler) misused(msg string, attrs ...slog.Attr) {
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
