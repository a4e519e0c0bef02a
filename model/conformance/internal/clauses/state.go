package clauses

import (
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func stateClauses() []Clause {
	return []Clause{
		{
			ID: "STATE-1", Level: Core,
			Sentence: "Every history is a path of the table that begins in starting; no state is entered twice, and nothing leaves stopped.",
			Premise:  always,
			Examples: append(everyPath(), model.Scenario{
				ManualStart: true, Starts: []time.Duration{2 * second},
				Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: []model.Stop{{By: model.SIGTERM, At: second + 1}},
			}),
			Checks: []Check{
				{"every row of the table leads where it should, and no other row exists", []subject.Need{subject.NeedMachine}, checks.Table},
			},
		},
		{
			ID: "STATE-2", Level: Core,
			Sentence: "Once a stop is requested or main exits, stopped is reached in bounded time, whatever main, work and hooks do.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return want.Returns() },
			Examples: []model.Scenario{
				{},
				{Groups: []model.Group{{Units: []model.Unit{{Lasts: model.Never}}}}, Hooks: []model.Hook{{Lasts: model.Never}}},
			},
		},
		{
			ID: "STATE-3", Level: Extended,
			Sentence: "An event that the table does not allow changes nothing and is an error that names the state and the event.",
			Checks: []Check{
				{"an event without a row is refused in every state", []subject.Need{subject.NeedMachine}, checks.Refusal},
				{"an event that is fired twice at once is taken once", []subject.Need{subject.NeedMachine}, checks.FiredAtOnce},
			},
		},
		{
			ID: "STATE-4", Level: Extended,
			Sentence: "An observer sees each step once and in order. One that is slow, panics or calls back into the library delays nothing, and Run waits at most 100 ms for it. The same holds for a logger: no record is lost, and records are written in order. An observer or logger that calls back into the library cannot recurse endlessly.",
			Checks: []Check{
				{"an observer that hangs costs Run 100 ms and no deadline", []subject.Need{subject.NeedObserve}, checks.HangingObserver},
				{"an observer that panics, or calls Goexit, sees the rest", []subject.Need{subject.NeedObserve}, checks.PanickingObserver},
				{"an observer may call back into the library", []subject.Need{subject.NeedObserve, subject.NeedStop, subject.NeedState}, checks.CallingObserver},
				{"an observer that is slow sees every step", []subject.Need{subject.NeedObserve}, checks.SlowObserverSeesAll},
				{"an observer or a logger that calls back for each call", []subject.Need{subject.NeedObserve, subject.NeedLog}, checks.CallingForEach},
				{"a default logger that calls back with a context of no run", []subject.Need{subject.NeedTrack}, checks.NoRunForEach},
				{"a logger that hangs costs Run 100 ms and no deadline", []subject.Need{subject.NeedLog}, checks.HangingLogger},
				{"a logger that hangs in Enabled costs Run 100 ms and no deadline", []subject.Need{subject.NeedLogger}, checks.LoggerThatIsNotEnabled},
				{"an observer and a logger that hang", []subject.Need{subject.NeedObserve, subject.NeedLog}, checks.HangingObserverAndLogger},
				{"a logger that panics, or calls Goexit, gets the rest", []subject.Need{subject.NeedLog, subject.NeedGo}, checks.PanickingLogger},
				{"a slow logger gets thousands of records", []subject.Need{subject.NeedLogger}, checks.SlowLoggerGetsThousands},
				{"a slow logger gets every record in order", []subject.Need{subject.NeedLog, subject.NeedGo}, checks.SlowLogger},
			},
		},
		{
			ID: "STATE-5", Level: Extended,
			Sentence: "Draining is visible before the context is cancelled, hooks before the first hook begins, stopped before Run returns.",
			Premise:  func(_ model.Scenario, want model.Trace) bool { return len(want.Hooks) > 0 },
			Needs:    []subject.Need{subject.NeedState},
			Examples: []model.Scenario{{Main: model.Main{After: second}, Hooks: []model.Hook{{Lasts: second + 1}}}},
			Checks: []Check{
				{"draining is visible to a goroutine that waits for the cancellation, after Stop", []subject.Need{subject.NeedRunWith, subject.NeedState, subject.NeedStop}, checks.VisibleAtStop},
				{"draining is visible to a goroutine that waits for the cancellation, after main's exit", []subject.Need{subject.NeedRunWith, subject.NeedState}, checks.VisibleAtExit},
				{"draining is visible to a goroutine that waits for the cancellation, after the parent's end", []subject.Need{subject.NeedState, subject.NeedParent}, checks.VisibleAtParentsEnd},
			},
		},
	}
}

// everyPath returns a scenario for each way through the table: each way into
// Draining, out of it, and out of Hooks. Without signals, those that main's
// return begins.
func everyPath() []model.Scenario {
	var all []model.Scenario
	for _, manual := range []bool{false, true} {
		for _, requested := range []bool{false, true} {
			for _, drain := range []model.Event{model.Drained, model.DrainTimedOut, model.PhaseForced} {
				for _, hooks := range []model.Event{model.HooksFinished, model.ShutdownTimedOut, model.PhaseForced} {
					all = append(all, path(manual, requested, drain, hooks))
				}
			}
		}
	}
	return all
}

func path(manual, requested bool, drain, hooks model.Event) model.Scenario {
	s := model.Scenario{
		ManualStart: manual, DrainTimeout: 4 * second, ShutdownTimeout: 5*second + 1,
		Main: model.Main{After: second},
	}
	if requested {
		s.Main = model.Main{AfterCancel: true}
		s.Stops = append(s.Stops, model.Stop{By: model.SIGTERM, At: second})
	}
	over := second
	switch drain {
	case model.DrainTimedOut:
		s.Groups = []model.Group{{Units: []model.Unit{{Lasts: model.Never}}}}
		over += 4 * second
	case model.PhaseForced:
		s.Groups = []model.Group{{Units: []model.Unit{{Lasts: model.Never}}}}
		over += 2*second + 2
		s.Stops = append(s.Stops, model.Stop{By: model.SIGINT, At: over})
	}
	switch hooks {
	case model.HooksFinished:
		s.Hooks = []model.Hook{{Lasts: second + 4}}
	case model.ShutdownTimedOut:
		s.Hooks = []model.Hook{{Lasts: model.Never}}
	case model.PhaseForced:
		s.Hooks = []model.Hook{{Lasts: model.Never}}
		s.Stops = append(s.Stops, model.Stop{By: model.SIGINT, At: over + 3*second + 8})
	}
	return s
}
