package conformance

import (
	"context"
	"net/http"
	"time"
)

// HealthFuncs is a health handler. The first block is the Core API.
type HealthFuncs struct {
	AddCheck  func(name string, check func() error)
	SetReady  func(bool)
	Liveness  http.Handler
	Readiness http.Handler

	// Follow has readiness follow the run that ctx comes from.
	Follow func(ctx context.Context)
	// AddCheckContext adds a check with its own settings; 0 is none given. A
	// timeout always is.
	AddCheckContext func(name string, check func(ctx context.Context) error, s CheckSettings)
	RemoveCheck     func(name string)
	Startup         http.Handler
	// ReadinessOf is readiness with the checks of these groups and those of none;
	// it needs CheckSettings.Groups.
	ReadinessOf func(groups ...string) http.Handler
	// SetNotReady is SetReady(false) with a reason.
	SetNotReady func(reason string)
	// Takes says which settings are heeded.
	Takes HealthSupported
}

// HealthSupported has a field for each of [CheckSettings] and [HealthSettings]
// that may be heeded or not. Groups are heeded where there is ReadinessOf, the
// others always.
type HealthSupported struct {
	FailAfter    bool // by AddCheckContext
	RefreshAhead bool // by AddCheckContext
	Observe      bool // by HealthWith
}

// HealthSettings are the options of a health handler. A zero one is not given.
type HealthSettings struct {
	Log func(level, line string) // every log line about its checks; those at DEBUG are not counted
	// Observe gets each change of a check; a nil err: it passes again.
	Observe func(check string, err error, at time.Time)
}

// CheckSettings are the options of one check.
type CheckSettings struct {
	Timeout  time.Duration
	CacheFor time.Duration
	Optional bool

	// What AddCheckContext heeds only where HealthFuncs.Takes says so.
	FailAfter    int
	RefreshAhead bool
	Groups       []string
}
