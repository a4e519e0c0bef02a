package health

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

func (h *Handler) log() *slog.Logger {
	if h.logger != nil {
		return h.logger
	}
	return slog.Default()
}

// complain logs misuse as an error, with the place of the call. It must be
// called by the exported function that was misused.
func (h *Handler) complain(msg string, attrs ...slog.Attr) {
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

// maxChanges bounds what waits for a logger that does not come back; what
// comes beyond it is not logged.
const maxChanges = 1024

// changes writes the records about checks that begin to fail and pass again,
// in the order in which they did. A logger is the user's code and may be slow:
// no lock is held and no probe waits while it works. While there are records
// to write there is one goroutine that does; it ends with the last of them.
type changes struct {
	log func() *slog.Logger

	mu      sync.Mutex
	pending []change
	writing bool
}

type change struct {
	check *check
	out   *failure
}

// note is called with scheduler.mu held, which guards check.failing. A check
// that is new counts as one that passes.
func (w *changes) note(c *check, out *failure) {
	if (out != nil) == c.failing {
		return
	}
	c.failing = out != nil
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) < maxChanges {
		w.pending = append(w.pending, change{c, out})
	}
	if !w.writing {
		w.writing = true
		go w.run()
	}
}

func (w *changes) run() {
	ended := false
	defer func() {
		recover()
		if !ended { // the logger panicked or called Goexit; go on with the next
			go w.run()
		}
	}()
	for {
		next, ok := w.next()
		if !ok {
			ended = true
			return
		}
		next.write(w.log())
	}
}

func (w *changes) next() (change, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) == 0 {
		w.pending, w.writing = nil, false
		return change{}, false
	}
	next := w.pending[0]
	w.pending = w.pending[1:]
	return next, true
}

func (c change) write(l *slog.Logger) {
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
	l.Warn("health: check fails", attrs...)
}
