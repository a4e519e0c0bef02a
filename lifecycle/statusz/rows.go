package statusz

import (
	"errors"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// work is a drain group, or a task under way.
type work struct {
	Kind  string    `json:"kind"`
	Place place     `json:"place"`
	Since time.Time `json:"since"`
	Age   seconds   `json:"age_seconds"`
	State string    `json:"state"`
}

// hook is a hook that has run, runs, or will.
type hook struct {
	Name  string    `json:"name,omitempty"`
	Place place     `json:"place"`
	State string    `json:"state"`
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	Took  *seconds  `json:"took_seconds,omitempty"`
	Error string    `json:"error,omitempty"`
}

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
	return all
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
		return "to come"
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

// place is a place in the code, as file:line.
type place string

// Dir is the part of it before the file's name.
func (p place) Dir() string { return string(p)[:strings.LastIndexByte(string(p), '/')+1] }

// File is the file's name and the line.
func (p place) File() string { return string(p)[len(p.Dir()):] }

// errorText is what err says. It is not ours, and may panic.
func errorText(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			text = "an error whose text cannot be had: its Error method panics"
		}
	}()
	if text = err.Error(); text == "" {
		text = "an error without a text"
	}
	return text
}

func is(err, target error) (is bool) {
	defer func() { _ = recover() }()
	return errors.Is(err, target)
}
