package health

import (
	"fmt"
	"log/slog"
	"time"
)

const (
	defaultCheckTimeout = 3 * time.Second
	maxTimeout          = 1 << 61 // 73 years, so that sums of times do not overflow
)

// Option configures [New].
type Option func(*config)

type config struct {
	checkTimeout time.Duration
	hideDetails  bool
	logger       *slog.Logger
	observers    []func(Change)
	problems     []string
}

func (c *config) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// WithCheckTimeout sets how long a run of a check may take, counted from the first
// probe that asked for it (HEALTH-10). Default 3 s. Keep it below the prober's
// timeout (the kubelet's timeoutSeconds), or the prober disconnects before the answer
// that names the check; the log names it in any case. If d is not positive, it is
// ignored and an error is logged.
func WithCheckTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.problem("WithCheckTimeout(%v) is not positive; the timeout stays %v", d, c.checkTimeout)
			return
		}
		c.checkTimeout = min(d, maxTimeout)
	}
}

// WithoutDetails makes answers show only "failed" for a failing check, for endpoints
// that are public: error texts contain host names and paths. The text is still
// logged.
func WithoutDetails() Option { return func(c *config) { c.hideDetails = true } }

// WithLogger sets the logger for checks that begin to fail or fail with another error
// (Warn), for checks that pass again (Info), and for misuse of the package (Error).
// Default: [slog.Default] at the time of each record. A slow logger does not delay
// probes; once 65,536 records are queued, further ones are dropped. A nil logger is
// ignored and an error is logged.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.problem("WithLogger(nil); slog.Default() is used")
			return
		}
		c.logger = l
	}
}

// WithObserver makes the Handler call observe for each [Change] of a check, in the
// order of the log (HEALTH-16). A timeout that [FailAfter] tolerates is logged, but is
// not a Change. An observer may be slow, panic or call the Handler: it is called on a
// separate goroutine, one call at a time, and neither probes nor other observers wait
// for it. Once 65,536 changes are queued, further ones are dropped. The option may be
// given more than once. A nil observer is ignored and an error is logged.
func WithObserver(observe func(Change)) Option {
	return func(c *config) {
		if observe == nil {
			c.problem("WithObserver(nil); the option is ignored")
			return
		}
		c.observers = append(c.observers, observe)
	}
}

// CheckOption configures a check added with [Handler.AddCheckContext]. It returns a
// description of what is wrong with its value, or "".
type CheckOption func(*check) (problem string)

// Timeout sets how long a run of this check may take, instead of the handler's
// [WithCheckTimeout]. If d is not positive, it is ignored and an error is logged.
func Timeout(d time.Duration) CheckOption {
	return func(c *check) string {
		if d <= 0 {
			return fmt.Sprintf("Timeout(%v) is not positive; the timeout stays %v", d, c.timeout)
		}
		c.timeout = min(d, maxTimeout)
		return ""
	}
}

// CacheFor makes the result of a run, failed or not, answer the probes that arrive
// less than d after it, for a check that is too expensive to run for each probe. The
// default is 0: every probe is answered by a run that was in progress when it arrived
// or began after it (HEALTH-9). A negative d is ignored and an error is logged. See
// [RefreshAhead] for probes that need not wait.
func CacheFor(d time.Duration) CheckOption {
	return func(c *check) string {
		if d < 0 {
			return fmt.Sprintf("CacheFor(%v) is negative; the duration stays %v", d, c.cacheFor)
		}
		c.cacheFor = d
		return ""
	}
}

// Optional makes the check one that is listed but does not affect readiness: the
// process still gets traffic, and the body shows what is wrong. A slow optional check
// delays the answer by at most 100 ms after the other checks are done; it is then
// listed as "still running" (HEALTH-15).
func Optional() CheckOption {
	return func(c *check) string {
		c.optional = true
		return ""
	}
}

// RefreshAhead makes a probe that finds a cached result in the second half of its
// [CacheFor] start a run in the background; the probe is answered with the cached
// result (HEALTH-18). If probes arrive at least once per half of CacheFor and runs end
// in time, only the first probe waits. Without CacheFor the option is ignored and an
// error is logged.
func RefreshAhead() CheckOption {
	return func(c *check) string {
		c.refreshAhead = true
		return ""
	}
}

// FailAfter makes the check fail only from the n-th consecutive failing run on; until
// then it is listed with its error, but passes (HEALTH-18). The n-th failing run is
// logged and observed. The first timeout is logged even if it is tolerated. A run
// counts once, however many probes share it or get it from the cache. A run that hangs
// counts again each time another timeout has passed. Default 1. If n is less than 1,
// it is ignored and an error is logged.
func FailAfter(n int) CheckOption {
	return func(c *check) string {
		if n < 1 {
			return fmt.Sprintf("FailAfter(%d) is not positive; the number stays %d", n, c.failAfter)
		}
		c.failAfter = n
		return ""
	}
}

// Group adds the check to groups, for [Handler.ReadinessOf] and [Handler.CheckOf];
// [Handler.Readiness] runs it in any case (HEALTH-17). The option may be given more
// than once. A check without a group is run for every group.
func Group(names ...string) CheckOption {
	return func(c *check) string {
		c.groups = append(c.groups, names...)
		return ""
	}
}
