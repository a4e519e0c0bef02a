package timeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model"
)

// Returns says in a sentence what Run returns, when, and why.
func (t *Timeline) Returns() string {
	text := "Run returns " + t.end(t.trace)
	var reasons []string
	for _, line := range t.result() {
		_, reason, _ := strings.Cut(line, ": ")
		reasons = append(reasons, reason)
	}
	return text + ": " + strings.Join(reasons, "; ") + "."
}

// headline says in a sentence what stops the service and how that ends.
func (t *Timeline) headline() string {
	return fmt.Sprintf("%s: Run returns %s.", capital(t.cause()), t.end(t.trace))
}

// end says what Run returns, and when.
func (t *Timeline) end(of model.Trace) string {
	if of.Returned == t.stop {
		return outcome(of.Errors) + " at once"
	}
	return outcome(of.Errors) + " after " + t.since(of.Returned)
}

// cause says what the stop was.
func (t *Timeline) cause() string {
	for _, step := range t.trace.Steps {
		if step.To == model.Draining && step.On == model.MainExited {
			return "main ends by itself"
		}
	}
	switch name, n := t.trace.Cancelled.Cause.Parts(); name {
	case string(model.CauseCanceled):
		return "Stop is called"
	case string(model.CauseParent):
		return "the parent context is cancelled"
	case "stop error":
		return "Stop is called with an error"
	case "task error", "task panic", "task goexit":
		return fmt.Sprintf("task %d fails", n)
	}
	return string(t.trace.Cancelled.Cause) // a signal
}

// outcome is what Run returns, by the names of lifecycle, each once.
func outcome(errs []model.Kind) string {
	var names []string
	for _, k := range errs {
		if name := goName(k); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nil"
	}
	return list(names)
}

// goName is what errors.Is or errors.As finds a kind of error by.
func goName(k model.Kind) string {
	switch name, _ := k.Parts(); name {
	case string(model.MainError):
		return "main's error"
	case string(model.MainPanic):
		return "*PanicError"
	case string(model.MainGoexit):
		return "ErrGoexit"
	case string(model.DrainTimeout):
		return "ErrDrainTimeout"
	case string(model.ShutdownTimeout):
		return "ErrShutdownTimeout"
	case string(model.MainRunning):
		return "ErrMainRunning"
	case string(model.Forced):
		return "ErrForced"
	case string(model.CauseSIGINT), string(model.CauseSIGTERM):
		return "*SignalError"
	case "stop error":
		return "Stop's error"
	case "task error", "task panic", "task goexit":
		return "*TaskError"
	}
	return "*HookError"
}

// result is what Run returns, one line for each error that is joined in it.
func (t *Timeline) result() []string {
	if len(t.trace.Errors) == 0 {
		return []string{"nil: nothing failed, and nothing is cut"}
	}
	var lines []string
	forced := 0
	for _, k := range t.trace.Errors {
		if k == model.Forced {
			forced++
		}
		lines = append(lines, goName(k)+": "+t.reason(k, forced))
	}
	return lines
}

// reason says what an error is about. Of two that are forced, the first is that
// of Draining if that was forced.
func (t *Timeline) reason(k model.Kind, forced int) string {
	switch name, n := k.Parts(); name {
	case string(model.MainError):
		return "main failed"
	case string(model.MainPanic):
		return "main panicked"
	case string(model.MainGoexit):
		return "main called runtime.Goexit"
	case string(model.DrainTimeout):
		return t.cutInDraining()
	case string(model.Forced):
		if forced == 1 && t.trace.Left(model.Draining) == model.PhaseForced {
			return t.cutInDraining()
		}
		return t.cutInHooks()
	case string(model.ShutdownTimeout):
		return t.cutInHooks()
	case string(model.MainRunning):
		return "main has not returned"
	case string(model.CauseSIGINT), string(model.CauseSIGTERM):
		return name + " stopped the service"
	case "stop error":
		return "what Stop was called with"
	case "task error", "task panic", "task goexit":
		return fmt.Sprintf("task %d failed", n)
	case "hook timeout":
		return t.hookName(n) + " took longer than its HookTimeout"
	default:
		return t.hookName(n) + " failed"
	}
}

// cutInDraining says what was unfinished when Draining ended.
func (t *Timeline) cutInDraining() string {
	var names []string
	for _, w := range t.cutWorks() {
		names = append(names, w.name)
	}
	if len(names) == 0 {
		return "draining is cut short"
	}
	return list(names) + " " + be(names) + " cut"
}

// cutInHooks says what was unfinished when Hooks ended.
func (t *Timeline) cutInHooks() string {
	var parts []string
	for _, run := range t.trace.Hooks {
		if run.Outcome == model.Interrupted && !run.Late {
			parts = append(parts, t.hookName(run.Hook)+" is cut")
		}
	}
	if names := t.notRun(); len(names) > 0 {
		parts = append(parts, list(names)+" "+do(names)+" not run")
	}
	if len(parts) == 0 {
		return "every hook has run"
	}
	return strings.Join(parts, ", ")
}

func (t *Timeline) notRun() (names []string) {
	for _, n := range t.trace.NotRun {
		names = append(names, t.hookName(n))
	}
	return names
}

// otherwise says how else it may end where several things happen at one instant.
func (t *Timeline) otherwise() (lines []string) {
	for _, other := range t.others {
		line := fmt.Sprintf("or %s: several things happen at one instant, and their order is open", t.end(other))
		if t.end(other) != t.end(t.trace) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// list joins names as a sentence does.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func be(names []string) string {
	if len(names) == 1 {
		return "is"
	}
	return "are"
}

func do(names []string) string {
	if len(names) == 1 {
		return "does"
	}
	return "do"
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
