package health

import (
	"fmt"
	"log/slog"
	"time"
)

const defaultCheckTimeout = 3 * time.Second

// Option changes what [New] makes.
type Option func(*config)

type config struct {
	checkTimeout time.Duration
	hideDetails  bool
	logger       *slog.Logger
	problems     []string
}

func (c *config) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// WithCheckTimeout sets how long a probe waits for each check, 3 s by default.
// Keep it below the timeout of whoever probes (the kubelet's timeoutSeconds),
// or the answer that names the hung check comes when nobody is listening.
// A timeout that is not positive is left out, with an error logged.
func WithCheckTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.problem("WithCheckTimeout(%v) is not positive; checks keep %v", d, c.checkTimeout)
			return
		}
		c.checkTimeout = d
	}
}

// WithoutDetails makes a failing check say "failed" and nothing more, for
// probes that strangers can see: the texts of errors name hosts and paths. The
// text goes to the log only, when the check begins to fail.
func WithoutDetails() Option { return func(c *config) { c.hideDetails = true } }

// WithLogger sets where a check that begins to fail (Warn) or passes again
// (Info), and misuse of the package (Error), are written. The default is
// [slog.Default], asked for at each record. A slow logger delays no probe.
// A nil logger is left out, with an error logged.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.problem("WithLogger(nil); slog.Default() is used")
			return
		}
		c.logger = l
	}
}

// CheckOption changes what [Handler.AddCheckContext] adds. It returns what is
// wrong with its value, if anything.
type CheckOption func(*check) (problem string)

// Timeout sets how long a probe waits for this check, in place of the
// handler's [WithCheckTimeout]. One that is not positive is left out, with an
// error logged.
func Timeout(d time.Duration) CheckOption {
	return func(c *check) string {
		if d <= 0 {
			return fmt.Sprintf("Timeout(%v) is not positive; the check keeps %v", d, c.timeout)
		}
		c.timeout = d
		return ""
	}
}

// CacheFor lets the result of a run, failed or not, answer the probes that
// come less than d after the run ended, for a check that costs too much to
// run for each. The default is 0: every probe is answered by a run that was
// under way when it came or began after (HEALTH-9). A negative d is left out,
// with an error logged.
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
// process stays in rotation and the body still says what is missing
// (HEALTH-15).
func Optional() CheckOption {
	return func(c *check) string {
		c.optional = true
		return ""
	}
}
