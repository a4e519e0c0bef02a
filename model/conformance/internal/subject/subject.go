// Package subject has what is examined: an implementation, and what of the API it
// offers.
package subject

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
)

// Difference is one thing that is not as it must be, and the clause it breaks.
type Difference struct {
	Clause string
	// Or are other clauses of which one may be broken instead: what is seen does not
	// tell. If one of them is known to be, then that is what was seen.
	Or   []string `json:",omitempty"`
	Text string
}

// Implementation is conformance.Implementation, where its fields are documented.
type Implementation struct {
	Name              string
	Run               func(main func(ctx context.Context) error, drain, shutdown time.Duration) error
	OnShutdown        func(ctx context.Context, hook func() error)
	DrainGroup        func(ctx context.Context) *sync.WaitGroup
	Health            func(tool, version string) HealthFuncs
	NoHealth          bool
	HealthWith        func(tool, version string, s HealthSettings) HealthFuncs
	Is                func(err error, kind model.Kind) bool
	RunWith           func(main func(ctx context.Context) error, s Settings) error
	State             func(ctx context.Context) string
	OnShutdownContext func(ctx context.Context, hook func(ctx context.Context) error, timeout time.Duration)
	OnShutdownStop    func(ctx context.Context, hook func(ctx context.Context) error, timeout time.Duration) (stop func() bool)
	WorkContext       func(ctx context.Context) context.Context
	Track             func(ctx context.Context) (done func(), ok bool)
	Go                func(ctx context.Context, task func(ctx context.Context) error) (ok bool)
	Stop              func(ctx context.Context, err error)
	MarkStarted       func(ctx context.Context)
	Handler           func(ctx context.Context, next http.Handler) http.Handler
	ListenAndServe    func(ctx context.Context, srv *http.Server) error
	Serve             func(ctx context.Context, srv *http.Server, ln net.Listener) error
	ServeTLS          func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error
	ListenAndServeTLS func(ctx context.Context, srv *http.Server, certFile, keyFile string) error
	ServeUntilStopped func(ctx context.Context, srv *http.Server, ln net.Listener) error
	ServeFunc         func(ctx context.Context, serve func() error, shutdown func(ctx context.Context) error, closeNow func() error) error
	CancelOnStop      func(ctx context.Context, next http.Handler) http.Handler
	ExitCode          func(err error) int
	Takes             Supported
	Machine           func() Machine
	Misuses           []Misuse
	Polls             bool
	Grace             time.Duration
	Names             map[string]string
}

// Supported is conformance.Supported, where its fields are documented.
type Supported struct {
	Parent      bool
	Signals     bool
	Delay       bool
	Grace       bool
	ManualStart bool
	Observe     bool
	Log         bool
	Logger      bool
	CleanError  bool
	SignalError bool
}

// HealthSupported is conformance.HealthSupported, where its fields are documented.
type HealthSupported struct {
	FailAfter    bool
	RefreshAhead bool
	Observe      bool
}

// Machine is conformance.Machine, where its fields are documented.
type Machine struct {
	State func() string
	Fire  func(event string) (refused bool, err error)
}

// Misuse is conformance.Misuse, where its fields are documented.
type Misuse struct {
	Argument string
	Run      func(main func(ctx context.Context) error) error
	Within   func(ctx context.Context) error
}

// Settings is conformance.Settings, where its fields are documented.
type Settings struct {
	Parent      context.Context
	Drain       time.Duration
	Shutdown    time.Duration
	Delay       time.Duration
	Grace       time.Duration
	NoGrace     bool
	ManualStart bool
	Signals     <-chan os.Signal
	Observe     func(Step)
	Log         func(level, line string)
	CleanError  func(error) bool
	SignalError bool
	Logger      *slog.Logger
}

// Step is conformance.Step, where its fields are documented.
type Step struct {
	At       time.Time
	From, On string
	To       string
}

// HealthFuncs is conformance.HealthFuncs, where its fields are documented.
type HealthFuncs struct {
	AddCheck        func(name string, check func() error)
	SetReady        func(bool)
	Liveness        http.Handler
	Readiness       http.Handler
	Follow          func(ctx context.Context)
	AddCheckContext func(name string, check func(ctx context.Context) error, s CheckSettings)
	RemoveCheck     func(name string)
	Startup         http.Handler
	ReadinessOf     func(groups ...string) http.Handler
	CheckOf         func(ctx context.Context, groups ...string) (status string, checks map[string]string, ready bool)
	SetNotReady     func(reason string)
	Takes           HealthSupported
}

// HealthSettings is conformance.HealthSettings, where its fields are documented.
type HealthSettings struct {
	Log     func(level, line string)
	Observe func(check string, err error, at time.Time)
}

// CheckSettings is conformance.CheckSettings, where its fields are documented.
type CheckSettings struct {
	Timeout      time.Duration
	CacheFor     time.Duration
	Optional     bool
	Groups       []string
	FailAfter    int
	RefreshAhead bool
}
