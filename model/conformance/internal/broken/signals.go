package broken

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

func signalCases() []Case {
	return []Case{
		wrong("SIGTERM from a source is ignored", "RUN-13 RUN-14 SIG-1", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals == nil {
					return run(main, s)
				}
				source, out, over := s.Signals, make(chan os.Signal, 16), make(chan struct{})
				defer close(over)
				s.Signals = out
				go forward(source, over, func(sig os.Signal) {
					if sig != syscall.SIGTERM {
						out <- sig
					}
				}, func() {})
				return run(main, s)
			})
		}),
		wrong("a real SIGINT is ignored", "SIG-1 SIG-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals == nil {
					own, release := ownSignals(syscall.SIGTERM)
					defer release()
					s.Signals = own
				}
				return run(main, s)
			})
		}),
		wrong("the second SIGTERM kills the process", "SIG-1", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				return func(sig os.Signal) {
					if sig == syscall.SIGTERM {
						signal.Reset(syscall.SIGTERM)
					}
					deliver(sig)
				}
			})
		}),
		wrong("signals are released when the first hook begins", "SIG-1", func(i *impl) {
			isPlayed := played(i)
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if isPlayed(ctx) {
					return hook
				}
				return func(own context.Context) error {
					signal.Reset(syscall.SIGTERM)
					return hook(own)
				}
			})
		}),
		wrong("signals are released before observers have seen stopped", "SIG-1", func(i *impl) {
			onObserver(i, func(s conformance.Step, observe func(conformance.Step)) {
				if s.To == "stopped" {
					signal.Reset(syscall.SIGTERM)
				}
				observe(s)
			})
		}),
		wrong("signals are released before the log is written", "SIG-1", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if strings.Contains(line, "stopped") {
					signal.Reset(syscall.SIGTERM)
				}
				log(level, line)
			})
		}),
		wrong("a broken pipe ends the process while hooks run", "SIG-4", func(i *impl) {
			isPlayed := played(i)
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if isPlayed(ctx) {
					return hook
				}
				return func(own context.Context) error {
					signal.Reset(syscall.SIGPIPE)
					return hook(own)
				}
			})
		}),
		wrong("a broken pipe ends the process until hooks run", "SIG-4", func(i *impl) {
			resetsBrokenPipe(i, func(<-chan os.Signal) bool { return true })
		}),
		wrong("a pipe that broke before the stop ends the process after it", "SIG-4", func(i *impl) {
			resetsBrokenPipe(i, func(broke <-chan os.Signal) bool { return len(broke) > 0 })
		}),
		wrong("SIGPIPE is caught although signals are to be left alone", "SIG-4", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Signals != nil && !isPlay(*s) {
					signal.Ignore(syscall.SIGPIPE)
				}
			})
		}),
		wrong("a signal in the source before Run is discarded", "RUN-14 SIG-1", func(i *impl) {
			onSettings(i, func(s *settings) {
				select {
				case <-s.Signals:
				default:
				}
			})
		}),
		wrong("a source's signals other than SIGINT and SIGTERM are ignored", "SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				return func(sig os.Signal) {
					if sig == os.Interrupt || sig == syscall.SIGTERM {
						deliver(sig)
					}
				}
			})
		}),
		wrong("a second SIGINT never forces", "DRAIN-2 HTTP-2 HTTP-8 LOG-2 SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				first := true
				return func(sig os.Signal) {
					if sig == os.Interrupt && !first {
						sig = syscall.SIGTERM
					}
					first = false
					deliver(sig)
				}
			})
		}).because("What a forced end cuts is not cut."),
		wrong("a repeated SIGTERM forces", "LOG-2 SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				first := true
				return func(sig os.Signal) {
					if sig == syscall.SIGTERM && !first {
						sig = os.Interrupt
					}
					first = false
					deliver(sig)
				}
			})
		}),
		wrong("a SIGINT delivered twice forces", "DRAIN-7 SIG-2", func(i *impl) {
			onSignals(i, func(deliver func(os.Signal)) func(os.Signal) {
				last := time.Time{}
				return func(sig os.Signal) {
					deliver(sig)
					if sig == os.Interrupt && time.Since(last) < 250*time.Millisecond {
						time.AfterFunc(250*time.Millisecond, func() { deliver(sig) })
					}
					last = time.Now()
				}
			})
		}),
		wrong("a closed source counts as a signal", "SIG-2", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				source, out, over := s.Signals, make(chan os.Signal, 16), make(chan struct{})
				if source == nil {
					return run(main, s)
				}
				defer close(over)
				go forward(source, over, func(sig os.Signal) { out <- sig }, func() { out <- syscall.SIGTERM })
				s.Signals = out
				return run(main, s)
			})
		}),
		wrong("signals are still caught after Run", "SIG-3", func(i *impl) {
			caught := make(chan os.Signal, 1)
			onRun(i, func(main task, s settings, run runner) error {
				if s.Signals == nil {
					signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
				}
				return run(main, s)
			})
		}),
	}
}

// onSignals puts what f returns between the signals of each run and the run.
func onSignals(i *impl, f func(deliver func(os.Signal)) func(os.Signal)) {
	onRun(i, func(main task, s settings, run runner) error {
		source, out, over := s.Signals, make(chan os.Signal, 64), make(chan struct{})
		if source == nil {
			own, release := ownSignals(os.Interrupt, syscall.SIGTERM)
			defer release()
			source = own
		}
		defer close(over)
		go forward(source, over, f(func(sig os.Signal) { out <- sig }), func() {})
		s.Signals = out
		return run(main, s)
	})
}

// resetsBrokenPipe gives SIGPIPE its default effect at the stop of a run with the process's
// own signals, if it should, given those that have come.
func resetsBrokenPipe(i *impl, should func(broke <-chan os.Signal) bool) {
	onRun(i, func(main task, s settings, run runner) error {
		if main == nil || s.Log != nil || s.Parent != nil || s.Signals != nil || s.Drain != model.DefaultDrainTimeout {
			return run(main, s)
		}
		broke := make(chan os.Signal, 1)
		signal.Notify(broke, syscall.SIGPIPE)
		defer signal.Stop(broke)
		return run(func(ctx context.Context) error {
			below, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
			context.AfterFunc(ctx, func() {
				if should(broke) {
					signal.Reset(syscall.SIGPIPE)
				}
				cancel(context.Cause(ctx))
			})
			return main(below)
		}, s)
	})
}

// ownSignals are the process's own, SIGPIPE among them: a run that is given a
// source leaves it alone.
func ownSignals(sigs ...os.Signal) (own chan os.Signal, release func()) {
	own, pipe := make(chan os.Signal, 16), make(chan os.Signal, 1)
	signal.Notify(own, sigs...)
	signal.Notify(pipe, syscall.SIGPIPE)
	return own, func() {
		signal.Stop(own)
		signal.Stop(pipe)
	}
}

// forward hands on what comes from source until it is closed or over is.
func forward(source <-chan os.Signal, over <-chan struct{}, deliver func(os.Signal), closed func()) {
	for {
		select {
		case sig, ok := <-source:
			if !ok {
				closed()
				return
			}
			deliver(sig)
		case <-over:
			return
		}
	}
}
