package conformance

import (
	"time"

	"github.com/greynewell/mist-go/model"
)

func stateClauses() []Clause {
	return []Clause{
		{
			ID: "STATE-1", Level: Core,
			Sentence: "A life is a path of the table from starting: it enters no state twice and never leaves stopped.",
			premise:  always,
			examples: append(everyPath(), model.Scenario{
				ManualStart: true, Starts: []time.Duration{2 * second},
				Main: model.Main{AfterCancel: true, After: 3 * second}, Stops: []model.Stop{{By: model.SIGTERM, At: second + 1}},
			}),
			checks: []check{
				{"every row of the table leads where it should, and no other row exists", []Need{NeedMachine}, checkTable},
			},
		},
		{
			ID: "STATE-2", Level: Core,
			Sentence: "Once a stop is requested or main exits, stopped is reached in bounded time, whatever main, work and hooks do.",
			premise:  func(_ model.Scenario, want model.Trace) bool { return want.Returns() },
			examples: []model.Scenario{
				{},
				{Groups: []model.Group{{Units: []model.Unit{{Lasts: model.Never}}}}, Hooks: []model.Hook{{Lasts: model.Never}}},
			},
		},
		{
			ID: "STATE-3", Level: Extended,
			Sentence: "An event that the table does not allow changes nothing and is an error that names the state and the event.",
			checks: []check{
				{"an event without a row is refused in every state", []Need{NeedMachine}, checkRefusal},
			},
		},
		{
			ID: "STATE-4", Level: Extended,
			Sentence: "An observer sees each step once and in order; one that is slow, panics or calls back holds nothing up, and Run waits at most 100 ms for it. The same holds for a logger: no line is lost, and each is written in its turn. One that calls the library for each call that it gets does not do so without end.",
			checks: []check{
				{"an observer that hangs costs Run 100 ms and no deadline", []Need{NeedRunWith}, checkHangingObserver},
				{"an observer that panics sees the rest", []Need{NeedRunWith}, checkPanickingObserver},
				{"an observer may call back into the library", []Need{NeedRunWith, NeedStop, NeedState}, checkCallingObserver},
				{"an observer or a logger that calls back for each call", []Need{NeedRunWith}, checkCallingForEach},
				{"a default logger that does so with a foreign context", []Need{NeedTrack}, checkForeignForEach},
				{"a logger that hangs costs Run 100 ms and no deadline", []Need{NeedRunWith}, checkHangingLogger},
				{"a logger that panics is told the rest", []Need{NeedRunWith, NeedGo}, checkPanickingLogger},
				{"a logger that is slow is told all in order", []Need{NeedRunWith, NeedGo}, checkSlowLogger},
			},
		},
		{
			ID: "STATE-5", Level: Extended,
			Sentence: "Draining can be seen before the context is cancelled, hooks before the first hook begins, stopped before Run returns.",
			premise:  func(_ model.Scenario, want model.Trace) bool { return len(want.Hooks) > 0 },
			needs:    []Need{NeedState},
			examples: []model.Scenario{{Main: model.Main{After: second}, Hooks: []model.Hook{{Lasts: second + 1}}}},
			checks: []check{
				{"whoever waits for the cancellation sees draining, after Stop", []Need{NeedRunWith, NeedState, NeedStop}, checkVisibleAtStop},
				{"whoever waits for the cancellation sees draining, after main's exit", []Need{NeedRunWith, NeedState}, checkVisibleAtExit},
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
