package lifecycle

import (
	"log/slog"
	"os"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// forceAfter is how long after the stop, and after the interrupt before it, a
// further interrupt counts as meant: shells and terminals deliver one key
// press twice (SIG-2).
const forceAfter = 250 * time.Millisecond

// signalled takes a signal: the first stops the service, an interrupt that is
// clearly a further one forces it on (SIG-1, SIG-2). Supervisors repeat
// SIGTERM, so that never forces.
func (r *run) signalled(sig os.Signal) {
	now, before := time.Now(), r.stop.lastInterrupt
	interrupt := sig == os.Interrupt
	if interrupt {
		r.stop.lastInterrupt = now
	}
	if r.State() < fsm.Draining {
		r.requestStop(&SignalError{Signal: sig}, r.cfg.drainDelay)
		return
	}
	if interrupt && now.Sub(r.stop.at) >= forceAfter && (before.IsZero() || now.Sub(before) >= forceAfter) {
		r.force()
		return
	}
	r.journal.log(slog.LevelInfo, 0, "a further signal changes nothing: the service is stopping", slog.Any("signal", signalText{sig}))
}

// signalText has a signal's text made by the logger, off the loop.
type signalText struct{ os.Signal }

// LogValue makes the text.
func (s signalText) LogValue() slog.Value { return slog.StringValue(s.Signal.String()) }

// force ends the phase under way as its timeout would (SIG-2).
func (r *run) force() {
	switch {
	case r.State() == fsm.Hooks:
		r.interruptHooks(fsm.Forced)
	case !r.stop.cancelled:
		r.journal.log(slog.LevelWarn, 0, "the drain delay is cut short by a signal")
		r.cancelMain()
	default:
		r.endDraining(fsm.Forced)
	}
}
