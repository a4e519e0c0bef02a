package broken

import (
	"context"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

func stateCases() []Case {
	return []Case{
		wrong("observers see a draining service run again", "STATE-1", func(i *impl) {
			onPlayedObserver(i, func(s conformance.Step, observe func(conformance.Step)) {
				if s.On == "drained" {
					observe(conformance.Step{At: s.At, From: "draining", On: "started", To: "running"})
					observe(conformance.Step{At: s.At, From: "running", On: "main_exited", To: "draining"})
				}
				observe(s)
			})
		}),
		wrong("Stopped is late when main returns last", "STATE-2", func(i *impl) {
			onMain(i, func(ctx context.Context, main task) error {
				err := main(ctx)
				if i.State(ctx) == "hooks" {
					time.Sleep(time.Nanosecond)
				}
				return err
			})
		}),
		wrong("an event that is not allowed moves the machine", "STATE-1 STATE-3", func(i *impl) {
			machine := i.Machine
			i.Machine = func() conformance.Machine {
				m := machine()
				stopped := false
				state, fire := m.State, m.Fire
				m.State = func() string {
					if stopped {
						return "stopped"
					}
					return state()
				}
				m.Fire = func(event string) (bool, error) {
					refused, err := fire(event)
					stopped = stopped || err != nil
					return refused, err
				}
				return m
			}
		}),
		wrong("an event that is not allowed is not an error", "STATE-3", func(i *impl) {
			machine := i.Machine
			i.Machine = func() conformance.Machine {
				m := machine()
				fire := m.Fire
				m.Fire = func(event string) (bool, error) { fire(event); return false, nil }
				return m
			}
		}),
		wrong("an observer that has panicked gets no further steps", "STATE-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				observe, dead := s.Observe, false
				if observe == nil {
					return
				}
				s.Observe = func(step conformance.Step) {
					if !dead {
						dead = contained(func() error { observe(step); return nil }).panicked
					}
				}
			})
		}),
		wrong("a slow observer keeps Run from returning", "STATE-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				observe, observed := s.Observe, make(chan struct{})
				if observe == nil {
					return run(main, s)
				}
				s.Observe = func(step conformance.Step) {
					defer func() {
						if step.To == "stopped" {
							close(observed)
						}
					}()
					observe(step)
				}
				err := run(main, s)
				if main != nil {
					<-observed
				}
				return err
			})
		}),
		wrong("a panic of an observer is fatal", "STATE-4", func(i *impl) {
			onObserver(i, func(s conformance.Step, observe func(conformance.Step)) {
				over := make(chan struct{})
				go func() { defer close(over); observe(s) }()
				<-over
			})
		}),
		// The place that the library names of any group is the wrapper's.
		wrong("the record of a group made too late is written by the caller", "DRAIN-2 STATE-4", func(i *impl) {
			log, group := logs(i), i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if blameForeign(ctx, place(1)) {
					return new(sync.WaitGroup)
				}
				if state := i.State(ctx); state == "hooks" || state == "stopped" {
					log(ctx)("ERROR", "a group is made too late at "+place(1))
				}
				return group(ctx)
			}
		}),
		// The place that the log names is the wrapper's.
		wrong("an observer that requests a stop gets its step twice", "LOG-1 STATE-4", func(i *impl) {
			type observed struct{ observe func(conformance.Step) }
			of, stop := notes[observed](i), i.Stop
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.Observe == nil || isPlay(s) {
					return run(main, s)
				}
				return run(func(ctx context.Context) error {
					of(ctx).observe = s.Observe
					return main(ctx)
				}, s)
			})
			i.Stop = func(ctx context.Context, err error) {
				if blameForeign(ctx, place(1)) {
					return
				}
				stop(ctx, err)
				if observe := of(ctx).observe; observe != nil && err != nil {
					observe(conformance.Step{At: time.Now(), From: "draining", On: "stop_requested", To: "draining"})
				}
			}
		}),
		wrong("Run returns before stopped is visible", "STATE-5", func(i *impl) {
			state := i.State
			i.State = func(ctx context.Context) string {
				if s := state(ctx); s != "stopped" {
					return s
				}
				return "hooks"
			}
		}),
	}
}

// onPlayedObserver is onObserver for the runs that play a scenario.
func onPlayedObserver(i *impl, f func(s conformance.Step, observe func(conformance.Step))) {
	onSettings(i, func(s *settings) {
		if observe := s.Observe; isPlay(*s) {
			s.Observe = func(step conformance.Step) { f(step, observe) }
		}
	})
}

// onObserver has f called with every step, and with the observer that it was
// meant for.
func onObserver(i *impl, f func(s conformance.Step, observe func(conformance.Step))) {
	onSettings(i, func(s *settings) {
		if observe := s.Observe; observe != nil {
			s.Observe = func(step conformance.Step) { f(step, observe) }
		}
	})
}
