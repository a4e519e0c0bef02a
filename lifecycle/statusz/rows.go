package statusz

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// work is a drain group or a running task.
type work struct {
	Kind  string    `json:"kind"`
	Place place     `json:"place"`
	Since time.Time `json:"since"`
	Age   seconds   `json:"age_seconds"`
	State string    `json:"state"`
}

// hook is a hook that has run, is running, or is pending.
type hook struct {
	Name  string    `json:"name,omitempty"`
	Place place     `json:"place"`
	State string    `json:"state"`
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	Took  *seconds  `json:"took_seconds,omitempty"`
	Error string    `json:"error,omitempty"`

	shown bool
}

// maxRows is the limit for the rows of a table.
const maxRows = 200

// capped returns the rows to show, and how many more there are of the total.
func capped[T any](rows []T, of int) (shown []T, more int) {
	shown = rows[:min(len(rows), maxRows)]
	return shown, max(0, of-len(shown), len(rows)-len(shown))
}

// workOf returns the groups and tasks, busy ones first.
func workOf(snap lifecycle.Snapshot) []work {
	all := []work{}
	for _, g := range snap.Groups {
		state := "open"
		switch {
		case g.Busy:
			state = "busy"
		case g.Idle:
			state = "idle"
		}
		all = append(all, work{"drain group", place(g.Place), g.Made, seconds(snap.At.Sub(g.Made)), state})
	}
	for _, t := range snap.Tasks {
		all = append(all, work{"task", place(t.Place), t.Began, seconds(snap.At.Sub(t.Began)), "busy"})
	}
	sortBy(all, func(w work) string { return w.State }, "busy", "open", "idle")
	return all
}

// sortBy sorts rows by the position of their state in the list.
func sortBy[T any](rows []T, state func(T) string, first ...string) {
	slices.SortStableFunc(rows, func(a, b T) int {
		return cmp.Compare(slices.Index(first, state(a)), slices.Index(first, state(b)))
	})
}

// hookStates are the states of a hook, the most urgent first.
var hookStates = [...]string{"running", "interrupted", "abandoned", "failed", "never ran", "pending", "done"}

// urgent returns the hooks sorted by urgency, and hooks in the same state in the
// order in which they run.
func urgent(hooks []hook) []hook {
	hooks = slices.Clone(hooks)
	sortBy(hooks, func(h hook) string { return h.State }, hookStates[:]...)
	return hooks
}

// cappedHooks returns the hooks to show, in the order in which they run; if there are
// too many, only the most urgent.
func cappedHooks(all []hook, of int) (shown []hook, more int) {
	left := maxRows
	for _, state := range hookStates {
		for i := range all {
			if all[i].State == state && left > 0 {
				all[i].shown = true
				left--
			}
		}
	}
	return capped(slices.DeleteFunc(all, func(h hook) bool { return !h.shown }), of)
}

func hooksOf(snap lifecycle.Snapshot) []hook {
	all := []hook{}
	for _, h := range snap.Hooks {
		one := hook{Name: h.Name, Place: place(h.Place), State: hookState(h, snap.State), Began: h.Began, Ended: h.Ended, Error: errorText(h.Err)}
		switch {
		case !h.Ended.IsZero():
			one.Took = known(h.Ended.Sub(h.Began))
		case !h.Began.IsZero():
			end := snap.At
			if snap.State == fsm.Stopped {
				end = snap.Entered
			}
			one.Took = known(end.Sub(h.Began))
		}
		all = append(all, one)
	}
	return all
}

func hookState(h lifecycle.HookStatus, now fsm.State) string {
	switch {
	case h.Began.IsZero() && now == fsm.Stopped:
		return "never ran"
	case h.Began.IsZero():
		return "pending"
	case h.Ended.IsZero() && now == fsm.Stopped:
		return "interrupted"
	case h.Ended.IsZero():
		return "running"
	case h.Err == nil:
		return "done"
	case is(h.Err, lifecycle.ErrShutdownTimeout):
		return "abandoned"
	}
	return "failed"
}

// place is a source location, as file:line.
type place string

// Dir returns the part before the file's name.
func (p place) Dir() string { return string(p)[:strings.LastIndexByte(string(p), '/')+1] }

// File returns the file's name and the line.
func (p place) File() string { return string(p)[len(p.Dir()):] }

// errorText returns the text of err, whose Error method may panic.
func errorText(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			text = "(an error whose Error method panics)"
		}
	}()
	if text = err.Error(); text == "" {
		text = "(an error with an empty text)"
	}
	return text
}

func is(err, target error) (is bool) {
	defer func() { _ = recover() }()
	return errors.Is(err, target)
}
