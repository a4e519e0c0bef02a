package checks

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// change is what an observer got.
type change struct {
	check, text string // "" when it passes again
	at          time.Time
}

// soon is when changes have been logged, and observers have been called, where the
// contract has no limit.
const soon = 2 * time.Second

// observedHealth is a health handler whose log and observer are kept.
type observedHealth struct {
	subject.HealthFuncs
	log logbook

	made time.Time // of changes, which may be in whole seconds

	mu      sync.Mutex
	changes []change

	looked map[string]look // by check, when expectChanges has looked at it last
}

// look is what expectChanges has seen of a check.
type look struct {
	at      time.Time
	changes int
}

func (c *Checker) observedHealth() *observedHealth {
	w := &observedHealth{made: time.Now().Truncate(time.Second), looked: map[string]look{}}
	w.HealthFuncs = c.Impl.HealthWith("the tool", "1.2.3", subject.HealthSettings{
		Log: w.log.log,
		Observe: func(check string, err error, at time.Time) {
			text := ""
			if err != nil {
				text = err.Error()
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, change{check, text, at})
		},
	})
	add, addContext := w.AddCheck, w.AddCheckContext
	w.AddCheck = func(name string, check func() error) {
		w.log.without("INFO ", func() { add(name, check) })
	}
	if addContext != nil {
		w.AddCheckContext = func(name string, check func(context.Context) error, s subject.CheckSettings) {
			w.log.without("INFO ", func() { addContext(name, check, s) })
		}
	}
	return w
}

// without has lines of a level not be kept that are logged meanwhile, such as one that
// says that a check is added.
func (l *logbook) without(level string, f func()) {
	before := l.count()
	f()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines[:before:before], slices.DeleteFunc(slices.Clone(l.lines[before:]), func(line string) bool { return strings.HasPrefix(line, level) })...)
}

// linesAbout are the lines above Debug that name the check: what else is said of
// it, each of its runs for example, is not counted.
func (w *observedHealth) linesAbout(name string) (lines []string) {
	w.log.hasLine(func(line string) bool {
		if strings.Contains(line, name) && !strings.HasPrefix(line, "DEBUG ") {
			lines = append(lines, line)
		}
		return false
	})
	return lines
}

func (w *observedHealth) seen() []change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.changes)
}

// expectChanges demands as many lines about the check, and calls of the
// observer, as there are texts, each with its text; "" is that it passes again. The time
// of a change is not before the last look, which has not seen it.
func (c *Checker) expectChanges(what string, w *observedHealth, name string, texts ...string) {
	this, last := look{at: time.Now().Truncate(time.Second)}, w.looked[name]
	time.Sleep(soon) // log and observer need not be done when the probe is
	lines, changes := w.linesAbout(name), w.seen()
	c.expect(len(lines) == len(texts), "%s: %d lines are logged about %q, want %d; the log:\n%s", what, len(lines), name, len(texts), &w.log)
	for i, text := range texts {
		if i < len(lines) {
			c.expect(strings.Contains(lines[i], text), "%s: line %d is %q, want one with %q", what, i+1, lines[i], text)
		}
	}
	if !c.offered[subject.NeedHealthObserver] {
		return
	}
	got, before := []string{}, w.made
	for _, change := range changes {
		if change.check == name {
			if len(got) == last.changes && before.Before(last.at) {
				before = last.at
			}
			got = append(got, change.text)
			c.expect(!change.at.Before(before) && !change.at.After(time.Now()), "%s: the observer gets %q at %v, with the time %v, want one between %v and that call", what, change.text, time.Now(), change.at, before)
			before = change.at
		}
	}
	this.changes = len(got)
	w.looked[name] = this
	c.expect(slices.Equal(got, texts), "%s: the observer gets %q, want %q", what, got, texts)
}
