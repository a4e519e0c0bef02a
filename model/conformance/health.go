package conformance

import (
	"context"
	"net/http"
	"time"
)

// HealthFuncs is a health handler. AddCheck, SetReady, Liveness and Readiness are the
// Core API and must be set. A handler may have goroutines for as long as it exists, but
// not more of them with each probe.
type HealthFuncs struct {
	// AddCheck adds a check to readiness.
	AddCheck func(name string, check func() error)
	// SetReady makes readiness pass, as far as the checks do, or fail.
	SetReady func(bool)
	// Liveness and Readiness answer probes.
	Liveness  http.Handler
	Readiness http.Handler

	// Follow makes readiness depend on the state of the run that ctx belongs to.
	Follow func(ctx context.Context)
	// AddCheckContext adds a check with settings of its own, of which Timeout is always
	// set.
	AddCheckContext func(name string, check func(ctx context.Context) error, s CheckSettings)
	// RemoveCheck removes a check.
	RemoveCheck func(name string)
	// Startup answers startup probes.
	Startup http.Handler
	// ReadinessOf returns readiness by the checks of these groups and those of none.
	// It needs AddCheckContext, which must then apply CheckSettings.Groups.
	ReadinessOf func(groups ...string) http.Handler
	// CheckOf is what ReadinessOf would answer: the status, the text of each check,
	// and whether it is 200. It needs ReadinessOf.
	CheckOf func(ctx context.Context, groups ...string) (status string, checks map[string]string, ready bool)
	// SetNotReady is SetReady(false) with a reason.
	SetNotReady func(reason string)
	// Takes names further settings that are applied.
	Takes HealthSupported
}

// HealthSupported names those fields of [CheckSettings] and [HealthSettings] that an
// implementation may leave out. It must apply the other fields wherever it offers the
// function that takes them; Groups if it offers ReadinessOf.
type HealthSupported struct {
	FailAfter    bool // by AddCheckContext
	RefreshAhead bool // by AddCheckContext
	Observe      bool // by HealthWith; it needs AddCheckContext
}

// HealthSettings are the options of a health handler. One that is nil is not given.
type HealthSettings struct {
	// Log is called for each log line about the handler's checks. Lines at DEBUG are
	// not counted.
	Log func(level, line string)
	// Observe is called for each change of a check: with its error, or with nil when
	// it passes again, and when that was, in whole seconds or finer.
	Observe func(check string, err error, at time.Time)
}

// CheckSettings are the options of one check. One that has its zero value is not
// given.
type CheckSettings struct {
	Timeout  time.Duration // of one run of the check
	CacheFor time.Duration // how long a result is used
	Optional bool          // a failure does not make readiness fail
	Groups   []string      // only with ReadinessOf

	// Only where HealthFuncs.Takes names them:
	FailAfter    int  // how many failures in a row make the check fail
	RefreshAhead bool // a run begins before the result is too old
}
