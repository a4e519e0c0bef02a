package broken

import (
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
)

// onSource has f change the source of each record. run is the call of Run.
func onSource(i *impl, f func(r slog.Record, run uintptr) uintptr) {
	var run atomic.Uintptr
	onRecord(i, func(r slog.Record, write func(slog.Record)) {
		if attr(r, "event") == "started" {
			run.Store(r.PC)
		}
		r.PC = f(r, run.Load())
		write(r)
	})
}

// logPlaceCases are wrong about the places of records and the causes of
// transitions.
func logPlaceCases() []Case {
	return []Case{
		wrong("the log does not say what forced the end of hooks", "LOG-1", func(i *impl) {
			withoutCauseOf(i, "stopped")
		}),
		wrong("the log does not say what forced the end of draining", "LOG-1", func(i *impl) {
			withoutCauseOf(i, "hooks")
		}),
		wrong("the source of a warning is the call of Run", "LOG-1", func(i *impl) {
			onSource(i, func(r slog.Record, run uintptr) uintptr {
				if r.Level == slog.LevelWarn {
					return run
				}
				return r.PC
			})
		}),
		wrong("the record of a clean end of main has no source", "LOG-1", func(i *impl) {
			onSource(i, func(r slog.Record, run uintptr) uintptr {
				if r.Level == slog.LevelDebug && r.PC == run {
					return 0
				}
				return r.PC
			})
		}),
		wrong("the source of a stop without a call site is in the runtime", "LOG-1", func(i *impl) {
			onSource(i, func(r slog.Record, run uintptr) uintptr {
				if attr(r, "to") == "draining" && r.PC == run && !strings.Contains(attr(r, "cause"), "signal") {
					return runtimePlace()
				}
				return r.PC
			})
		}),
		wrong("the source of a stop by a signal is in the runtime", "LOG-1", func(i *impl) {
			onSource(i, func(r slog.Record, run uintptr) uintptr {
				if attr(r, "to") == "draining" && r.PC == run && attr(r, "cause") != "" && attr(r, "at") == "" {
					return runtimePlace()
				}
				return r.PC
			})
		}),
	}
}

// runtimePlace is where a goroutine begins.
func runtimePlace() uintptr {
	pcs := make([]uintptr, 64)
	done := make(chan uintptr)
	go func() {
		n := runtime.Callers(0, pcs)
		done <- pcs[n-1]
	}()
	return <-done
}

// withoutCauseOf leaves the cause out of the record of a transition.
func withoutCauseOf(i *impl, to string) {
	onRecord(i, func(r slog.Record, write func(slog.Record)) {
		write(changedAttrs(r, func(a slog.Attr) slog.Attr {
			if a.Key == "cause" && attr(r, "to") == to {
				return slog.Attr{}
			}
			return a
		}))
	})
}
