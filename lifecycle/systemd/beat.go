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
	// The first EXTEND_TIMEOUT_USEC is early, because it has to arrive before
	// TimeoutStartSec has passed. extendBy leaves room for several late ones.
	firstExtension = time.Second
	extendEvery    = 5 * time.Second
	extendBy       = 30 * time.Second

	// fastestPing is the shortest interval between two WATCHDOG=1.
	fastestPing = time.Millisecond
)

// watchdogInterval returns the watchdog's timeout, or 0 if it is off.
func watchdogInterval() time.Duration {
	const variable = "WATCHDOG_USEC"
	d, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		slog.Warn("systemd: watchdog disabled", slog.Any("error", err), slog.String(variable, os.Getenv(variable)))
		return 0
	}
	// go-systemd does not check whether the number is too large for a time.Duration.
	if usec, err := strconv.ParseInt(os.Getenv(variable), 10, 64); err == nil && time.Duration(usec) != d/time.Microsecond {
		return 0 // 292 years or more; or the watchdog is for another process
	}
	return d
}

// beat sends the repeated messages until the service is Stopped. Before each it waits
// for the run's loop to respond, so if the loop hangs, systemd gets no message.
func (s *service) beat() {
	select {
	case <-s.known:
	case <-s.over: // an option was invalid
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

// ask returns once the run's loop has responded.
func (s *service) ask() {
	if src, ok := s.source.(snapshotter); ok {
		src.Snapshot()
	}
}
