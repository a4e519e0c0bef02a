package broken

import (
	"context"
	"sync"

	"github.com/greynewell/mist-go/model/conformance"
)

// visibleCases are wrong in who sees what when: observers, the log, and those
// who ask for the state.
func visibleCases() []Case {
	return []Case{
		wrong("a panic of the logger is fatal", "STATE-4", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				over := make(chan struct{})
				go func() { defer close(over); log(level, line) }()
				<-over
			})
		}),
		wrong("a logger that has panicked gets no further records", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				log, dead := s.Log, false
				if log == nil {
					return
				}
				s.Log = func(level, line string) {
					if !dead {
						dead = contained(func() error { log(level, line); return nil }).panicked
					}
				}
			})
		}),
		wrong("where there is a logger, Run waits for an observer that hangs", "STATE-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Log == nil || s.Observe == nil {
					return run(main, s)
				}
				telling := make(chan struct{}, 1) // a lock
				observe := s.Observe
				s.Observe = func(step conformance.Step) {
					telling <- struct{}{}
					defer func() { <-telling }()
					observe(step)
				}
				defer func() { telling <- struct{}{} }()
				return run(main, s)
			})
		}),
		wrong("two records are written in the wrong order", "STATE-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Log == nil {
					return run(main, s)
				}
				swap := &swapper{log: s.Log}
				defer swap.end()
				s.Log = swap.put
				return run(main, s)
			})
		}),
		// The place that the log names is the wrapper's.
		wrong("Stop cancels the context before draining is visible", "LOG-1 STATE-5", func(i *impl) {
			type run struct{ cancel context.CancelCauseFunc }
			of, stop := notes[run](i), i.Stop
			onWatched(i, func(ctx context.Context, main task) error {
				below, cancel := context.WithCancelCause(ctx)
				of(ctx).cancel = cancel
				return main(below)
			})
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				if cancel := of(ctx).cancel; cancel != nil && i.State(ctx) == "running" {
					cancel(err)
					linger()
				}
				stop(ctx, err)
			}
		}),
		wrong("main's exit cancels the context before draining is visible", "STATE-5", func(i *impl) {
			onWatched(i, func(ctx context.Context, main task) error {
				below, cancel := context.WithCancel(ctx)
				defer func() { cancel(); linger() }()
				return main(below)
			})
		}),
		wrong("the first hook begins before hooks is visible", "STATE-5", func(i *impl) {
			state := i.State
			i.State = func(ctx context.Context) string {
				if s := state(ctx); s != "hooks" {
					return s
				}
				return "draining"
			}
		}),
	}
}

// onWatched is onMain for the runs in which the suite watches what can be seen
// when: they are given a source of signals and nothing else.
func onWatched(i *impl, f func(ctx context.Context, main task) error) {
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil || s.Signals == nil || s.Observe != nil || s.Logger != nil {
			return run(main, s)
		}
		return run(func(ctx context.Context) error { return f(ctx, main) }, s)
	})
}

// onLog has f called with every log line, and with the log that it was meant
// for.
func onLog(i *impl, f func(level, line string, log func(level, line string))) {
	onSettings(i, func(s *settings) {
		if log := s.Log; log != nil {
			s.Log = func(level, line string) { f(level, line, log) }
		}
	})
}

// swapper writes what is logged at Debug two by two, the second first, until the run is over.
type swapper struct {
	log func(level, line string)

	mu   sync.Mutex
	held []string
	over bool
}

func (s *swapper) put(level, line string) {
	if level != "DEBUG" {
		s.log(level, line)
		return
	}
	for _, line := range s.turn(line) {
		s.log(level, line)
	}
}

// turn returns the lines that are to be written now.
func (s *swapper) turn(line string) (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) == 0 && !s.over {
		s.held = []string{line}
		return nil
	}
	lines, s.held = append([]string{line}, s.held...), nil
	return lines
}

func (s *swapper) end() {
	s.mu.Lock()
	lines := s.held
	s.held, s.over = nil, true
	s.mu.Unlock()
	for _, line := range lines {
		s.log("DEBUG", line)
	}
}
