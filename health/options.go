package health

import (
	"fmt"
	"log/slog"
	"time"
)

const (
	defaultCheckTimeout = 3 * time.Second
	maxTimeout          = 1 << 61 // 73 years, with which times can still be added up
)

// Option changes what [New] makes.
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

// WithCheckTimeout sets how long a run of a check may take, 3 s by default,
// counted from the first probe that asked for it (HEALTH-10). Keep it below the
// timeout of those who probe (the kubelet's timeoutSeconds), or they hang up
// before the answer comes that names the check; the log names it all the same.
// A timeout that is not positive is left out, with an error logged.
func WithCheckTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.problem("WithCheckTimeout(%v) is not positive; checks keep %v", d, c.checkTimeout)
			return
		}
		c.checkTimeout = min(d, maxTimeout)
	}
}

// WithoutDetails makes a failing check say "failed" and nothing more, for
// probes that strangers can see: the texts of errors name hosts and paths. The
// text goes to the log only.
func WithoutDetails() Option { return func(c *config) { c.hideDetails = true } }

// WithLogger sets where it is written that a check begins to fail or fails with
// another text (Warn), that it passes again (Info), and misuse of the package
// (Error). The default is [slog.Default], asked for at each record. A slow
// logger delays no probe; while 65,536 records wait for it, more are dropped. A
// nil logger is left out, with an error logged.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.problem("WithLogger(nil); slog.Default() is used")
			return
		}
		c.logger = l
	}
}

// WithObserver calls observe for each [Change] of a check, in the order of the
// log (HEALTH-16). A timeout that [FailAfter] tolerates is logged, but is not a
// Change. WithObserver may be given more than once. An observer may be slow, panic
// or call the Handler: it is called on a goroutine of its own, one call at a time,
// which no probe and no other observer waits for. What comes while 65,536 changes
// wait for it is lost.
// A nil observer is left out, with an error logged.
func WithObserver(observe func(Change)) Option {
	return func(c *config) {
		if observe == nil {
			c.problem("WithObserver(nil); there is nothing to call")
			return
		}
		c.observers = append(c.observers, observe)
	}
}

// CheckOption changes what [Handler.AddCheckContext] adds. It returns what is
// wrong with its value, if anything.
type CheckOption func(*check) (problem string)

// Timeout sets how long a run of this check may take, in place of the
// handler's [WithCheckTimeout]. One that is not positive is left out, with an
// error logged.
func Timeout(d time.Duration) CheckOption {
	return func(c *check) string {
		if d <= 0 {
			return fmt.Sprintf("Timeout(%v) is not positive; the check keeps %v", d, c.timeout)
		}
		c.timeout = min(d, maxTimeout)
		return ""
	}
}

// CacheFor lets the result of a run, failed or not, answer the probes that
// come less than d after it was known, for a check that costs too much to run
// for each. The default is 0: every probe is answered by a run that was under
// way when it came or began after (HEALTH-9). A negative d is left out, with an
// error logged. See [RefreshAhead] for probes that never wait.
func CacheFor(d time.Duration) CheckOption {
	return func(c *check) string {
		if d < 0 {
			return fmt.Sprintf("CacheFor(%v) is negative; the check keeps %v", d, c.cacheFor)
		}
		c.cacheFor = d
		return ""
	}
}

// Optional makes the check one that is listed but does not fail readiness: the
// process stays in rotation and the body still says what is missing. A slow one
// does not delay the answer by more than 100 ms after the others are done: it is
// then listed as "still running" (HEALTH-15).
func Optional() CheckOption {
	return func(c *check) string {
		c.optional = true
		return ""
	}
}

// RefreshAhead makes a probe that finds a result in the second half of its
// [CacheFor] begin a run that no probe waits for; the probe is answered with the
// result that is cached (HEALTH-18). If probes come at least once every half of
// CacheFor and runs end in time, only the first probe waits. Without CacheFor it
// is left out, with an error logged.
func RefreshAhead() CheckOption {
	return func(c *check) string {
		c.refreshAhead = true
		return ""
	}
}

// FailAfter makes the check fail from the n-th failing run in a row on; until
// then it is listed with its text, and passes (HEALTH-18). The n-th failing run is
// logged and observed. The first timeout is logged even if it is tolerated. A run
// counts once, however many probes share it or get it from the cache. A run that
// hangs counts again with each further timeout that passes. The default is 1. An n
// below 1 is left out, with an error logged.
func FailAfter(n int) CheckOption {
	return func(c *check) string {
		if n < 1 {
			return fmt.Sprintf("FailAfter(%d) is not positive; the check keeps %d", n, c.failAfter)
		}
		c.failAfter = n
		return ""
	}
}

// Group puts the check into groups, for [Handler.ReadinessOf] and
// [Handler.CheckOf]; [Handler.Readiness] runs it in any case (HEALTH-17). It may
// be given more than once. A check that is in no group belongs to every answer.
func Group(names ...string) CheckOption {
	return func(c *check) string {
		c.groups = append(c.groups, names...)
		return ""
	}
}
