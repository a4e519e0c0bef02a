package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// event is one thing that happens.
type event struct {
	at   time.Duration
	rank int // among those of one instant: causes before effects
	text string
}

// The ranks, in the order of a life.
const (
	beforeStop = iota
	atStop
	atCancel
	inDraining
	atHooks
	inHooks
	atEnd
)

// events returns everything that happens from the stop to Run's return, in order.
func (t *Timeline) events() []event {
	var all []event
	add := func(at time.Duration, rank int, format string, args ...any) {
		if at >= t.stop && at <= t.trace.Returned {
			all = append(all, event{at, rank, fmt.Sprintf(format, args...)})
		}
	}
	add(t.trace.Cancelled.At, atCancel, "the context is cancelled%s", t.waitedFor())
	t.mainEvent(add)
	for _, w := range t.works() {
		if w.taken && !t.cut(w) {
			add(w.ends, inDraining, "%s is done", w.name)
		}
	}
	for _, run := range t.trace.Hooks {
		t.hookEvents(run, add)
	}
	for _, step := range t.trace.Steps {
		switch step.To {
		case model.Draining:
			add(step.At, atStop, "%s: draining, readiness answers 503", t.cause())
		case model.Hooks:
			add(step.At, atHooks, "%s", t.hooksBegin(step.On))
		case model.Stopped:
			add(step.At, atEnd, "%s; Run returns %s", t.hooksEnd(step.On), t.nilOrError())
		}
	}
	slices.SortStableFunc(all, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank))
	})
	return all
}

type adder func(at time.Duration, rank int, format string, args ...any)

func (t *Timeline) mainEvent(add adder) {
	rank := inDraining
	if t.trace.MainEnded == t.stop && t.trace.Cancelled.At == t.stop && t.cause() == "main ends by itself" {
		rank = beforeStop
	}
	switch {
	case t.stays():
	case t.has(model.MainError, model.MainPanic, model.MainGoexit):
		add(t.trace.MainEnded, rank, "main fails")
	default:
		add(t.trace.MainEnded, rank, "main is back")
	}
}

func (t *Timeline) hookEvents(run model.HookRun, add adder) {
	if run.Late {
		return
	}
	name := t.hookName(run.Hook)
	add(run.Start, inHooks, "%s begins", name)
	switch {
	case run.Outcome == model.Abandoned:
		add(run.End, inHooks, "%s has exceeded its HookTimeout", name)
	case run.Outcome == model.Interrupted: // the end of Hooks says so
	case t.failed(run.Hook):
		add(run.End, inHooks, "%s fails", name)
	default:
		add(run.End, inHooks, "%s is done", name)
	}
}

// waitedFor names what is running when the context is cancelled.
func (t *Timeline) waitedFor() string {
	at := t.trace.Cancelled.At
	var names []string
	if t.trace.MainEnded > at {
		names = append(names, "main")
	}
	for _, w := range t.works() {
		if w.taken && w.begins <= at && w.ends > at {
			names = append(names, w.name)
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "; " + names[0] + " is waited for"
	}
	return "; " + list(names) + " are waited for"
}

// hooksBegin says why Draining is over.
func (t *Timeline) hooksBegin(on model.Event) string {
	switch {
	case on == model.DrainTimedOut:
		return "drain timeout: " + t.cutInDraining() + "; hooks begin"
	case on == model.PhaseForced:
		return "SIGINT ends draining: " + t.cutInDraining() + "; hooks begin"
	case t.trace.MainEnded > t.trace.Entered(model.Hooks):
		return "the grace of main is over, and no work is left; hooks begin"
	}
	return "drained; hooks begin"
}

// hooksEnd says why Hooks is over.
func (t *Timeline) hooksEnd(on model.Event) string {
	switch on {
	case model.ShutdownTimedOut:
		return "shutdown timeout: " + t.cutInHooks()
	case model.PhaseForced:
		return "SIGINT ends hooks: " + t.cutInHooks()
	}
	return "hooks finished"
}

func (t *Timeline) nilOrError() string {
	if len(t.trace.Errors) == 0 {
		return "nil"
	}
	return "an error"
}
