package systemd

import (
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/greynewell/mist-go/fsm"
)

const (
	// The first EXTEND_TIMEOUT_USEC comes early, because it has to come before
	// TimeoutStartSec is over. Several may be late before the time that one
	// has asked for is over.
	firstExtension = time.Second
	extendEvery    = 5 * time.Second
	extendBy       = 30 * time.Second

	// fastestPing is how often WATCHDOG=1 is sent at most.
	fastestPing = time.Millisecond
)

// watchdogInterval is within what time WATCHDOG=1 has to come. 0: it need not.
func watchdogInterval() time.Duration {
	const variable = "WATCHDOG_USEC"
	d, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		slog.Warn("systemd: the watchdog is not served", slog.Any("error", err), slog.String(variable, os.Getenv(variable)))
		return 0
	}
	// go-systemd does not see that a number is too large for a time.Duration.
	if usec, err := strconv.ParseInt(os.Getenv(variable), 10, 64); err == nil && time.Duration(usec) != d/time.Microsecond {
		return 0 // in 292 years or more; or this is not the process that is watched
	}
	return d
}

// beat sends what has to be sent again and again, until the service is
// Stopped. It asks the run's loop before each message, so when that hangs, so
// does beat, and systemd hears of nothing.
func (s *service) beat() {
	select {
	case <-s.known:
	case <-s.over: // an option was bad
		return
	}
	began := time.Now()
	running, stopped := s.source.Reached(fsm.Running), s.source.Reached(fsm.Stopped)
	extension := time.NewTimer(firstExtension)
	defer extension.Stop()
	var pings <-chan time.Time
	if s.watchdog > 0 {
		ticker := time.NewTicker(max(s.watchdog/2, fastestPing))
		defer ticker.Stop()
		pings = ticker.C
		s.ask()
		s.notifier.ping()
	}
	for {
		select {
		case <-stopped:
			return
		case <-running:
			extension.Stop()
			running = nil
		case <-extension.C:
			s.ask()
			s.notifier.in(fsm.Starting, func() string {
				return statusLine("starting for "+time.Since(began).Round(time.Second).String()) + "\n" + extend(extendBy)
			})
			extension.Reset(extendEvery)
		case <-pings:
			s.ask()
			s.notifier.ping()
		}
	}
}

// ask returns when the loop of the run has answered.
func (s *service) ask() {
	if src, ok := s.source.(snapshotter); ok {
		src.Snapshot()
	}
}
