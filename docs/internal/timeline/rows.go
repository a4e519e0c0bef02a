package timeline

import (
	"fmt"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// row is one thing that has a bar: the context, main, work, a hook.
type row struct {
	name string
	// The bar is solid from from to to, and faint from there to until: it goes on,
	// but is not waited for any more. A from of Never is no bar at all.
	from, to, until time.Duration
	cut             bool   // it was still running at to
	note            string // what became of it
}

// none is a row without a bar.
func none(name, note string) row { return row{name: name, from: model.Never, note: note} }

func (t *Timeline) allRows() []row {
	context := row{name: "context", to: t.trace.Cancelled.At, note: "cancelled at " + t.since(t.trace.Cancelled.At)}
	rows := []row{context}
	for _, s := range t.given.Stops {
		if s.By == model.SIGINT && s.At > t.stop && s.At <= t.trace.Returned {
			rows = append(rows, row{name: "SIGINT", from: s.At, to: s.At, note: "at " + t.since(s.At)})
		}
	}
	rows = append(rows, t.mainRow())
	for _, w := range t.works() {
		rows = append(rows, t.workRow(w))
	}
	return append(rows, t.hookRows()...)
}

func (t *Timeline) mainRow() row {
	r := row{name: "main", to: min(t.trace.MainEnded, t.trace.Returned)}
	switch {
	case t.stays():
		r.cut, r.note = true, "still running"
	case t.has(model.MainError, model.MainPanic, model.MainGoexit):
		r.note = "failed at " + t.since(r.to)
	default:
		r.note = "back at " + t.since(r.to)
	}
	return r
}

// stays reports whether main was still running when Run returned.
func (t *Timeline) stays() bool { return t.has(model.MainRunning) }

// has reports whether Run's error joins one of the kinds.
func (t *Timeline) has(kinds ...model.Kind) bool {
	return slices.ContainsFunc(t.trace.Errors, func(k model.Kind) bool { return slices.Contains(kinds, k) })
}

// work is one unit of work in flight, however it is counted.
type work struct {
	name         string
	begins, ends time.Duration
	taken        bool // it was waited for
	track        int  // which of Scenario.Tracks it is, counted from one; 0: none
}

// works returns the units of work of the scenario.
func (t *Timeline) works() (all []work) {
	for i, w := range t.given.Tracks {
		all = append(all, work{t.trackName(i + 1), w.At, plus(w.At, w.Lasts), t.trace.Tracks[i], i + 1})
	}
	for i, w := range t.given.Tasks {
		all = append(all, work{fmt.Sprintf("task %d", i+1), w.At, plus(w.At, w.Lasts), t.trace.Tasks[i], 0})
	}
	for i, g := range t.given.Groups {
		for j, u := range g.Units {
			begins := plus(g.At, u.After)
			all = append(all, work{fmt.Sprintf("group %d.%d", i+1, j+1), begins, plus(begins, u.Lasts), begins < t.trace.WorkEnded.At, 0})
		}
	}
	return all
}

// cut reports whether the work was still out when Draining ended. What ends at
// that very instant was in time if it is what Draining ended for.
func (t *Timeline) cut(w work) bool {
	end := t.trace.WorkEnded.At
	return w.taken && (w.ends > end || w.ends == end && t.trace.Left(model.Draining) != model.Drained)
}

// cutWorks returns the work that was cut.
func (t *Timeline) cutWorks() (cut []work) {
	for _, w := range t.works() {
		if t.cut(w) {
			cut = append(cut, w)
		}
	}
	return cut
}

func (t *Timeline) workRow(w work) row {
	end := t.trace.WorkEnded.At
	switch {
	case !w.taken:
		return none(w.name, "not waited for")
	case t.cut(w):
		return row{name: w.name, from: w.begins, to: end, until: w.ends, cut: true, note: "cut at " + t.since(end)}
	}
	return row{name: w.name, from: w.begins, to: w.ends, note: "done at " + t.since(w.ends)}
}

// hookRows returns the hooks in the order in which they ran or would have run.
func (t *Timeline) hookRows() (rows []row) {
	drawn := map[int]bool{}
	for _, run := range t.trace.Hooks {
		drawn[run.Hook] = true
		rows = append(rows, t.hookRow(run))
	}
	for _, n := range t.trace.NotRun {
		drawn[n] = true
		rows = append(rows, none(t.hookName(n), "not run"))
	}
	for i := range t.given.Hooks {
		if !drawn[i+1] {
			rows = append(rows, none(t.hookName(i+1), t.unregistered(i+1)))
		}
	}
	return rows
}

// unregistered says why a hook neither ran nor was kept from running.
func (t *Timeline) unregistered(n int) string {
	for i, b := range t.given.TakeBacks {
		if b.Hook == n && t.trace.TakeBacks[i] {
			return "taken back"
		}
	}
	return "not registered"
}

func (t *Timeline) hookRow(run model.HookRun) row {
	r := row{name: t.hookName(run.Hook), from: run.Start, to: run.End}
	switch {
	case run.Late:
		return none(r.name, "runs after Run")
	case run.Outcome != model.Ended:
		r.cut, r.until = true, plus(run.Start, t.given.Hooks[run.Hook-1].Lasts)
		r.note = "cut at " + t.since(run.End)
	case t.failed(run.Hook):
		r.note = "failed at " + t.since(run.End)
	default:
		r.note = "done at " + t.since(run.End)
	}
	return r
}

// failed reports whether a hook ended with an error that Run returns.
func (t *Timeline) failed(hook int) bool {
	return t.has(model.HookError(hook), model.HookPanic(hook), model.HookGoexit(hook))
}
