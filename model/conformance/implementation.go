package conformance

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

// Implementation is what the suite needs to know of a lifecycle library: a
// struct of plain functions, so that the library's own option, hook and check
// types fit behind it. The fields of the first block are the Core API and must
// be set. The others are the wider API: one that is nil is reported as not
// offered, with the clauses that need it.
type Implementation struct {
	// Name stands at the head of the report.
	Name string

	// Run calls main, waits for a stop, drains, runs hooks and returns. The
	// suite always gives both timeouts.
	Run func(main func(ctx context.Context) error, drain, shutdown time.Duration) error
	// OnShutdown registers a hook with the run that ctx comes from.
	OnShutdown func(ctx context.Context, hook func() error)
	// DrainGroup makes a group of work that the run waits for.
	DrainGroup func(ctx context.Context) *sync.WaitGroup
	// Health makes a health handler.
	Health func(tool, version string) HealthFuncs
	// HealthWith is Health with settings; optional (HEALTH-16).
	HealthWith func(tool, version string, s HealthSettings) HealthFuncs

	// Is reports whether errors.Is or errors.As finds a kind in err. The
	// suite asks for model.DrainTimeout, ShutdownTimeout, MainRunning,
	// Forced, Panic and Goexit, and of the cause of a context for
	// CauseSIGINT and CauseSIGTERM; errors that it made itself it finds itself.
	Is func(err error, kind model.Kind) bool
	// RunWith is Run with those settings that Takes names: any of them can be
	// offered alone. A scenario that needs another is not played.
	RunWith func(main func(ctx context.Context) error, s Settings) error
	// State is the state of the run that ctx comes from, in lower case.
	State func(ctx context.Context) string
	// OnShutdownContext registers a hook that takes a context; a timeout of 0
	// or less is none.
	OnShutdownContext func(ctx context.Context, hook func(ctx context.Context) error, timeout time.Duration)
	// OnShutdownStop is OnShutdownContext, and returns what takes the hook back.
	OnShutdownStop func(ctx context.Context, hook func(ctx context.Context) error, timeout time.Duration) (stop func() bool)
	// The wider API, each as the library has it.
	WorkContext func(ctx context.Context) context.Context
	Track       func(ctx context.Context) (done func(), ok bool)
	Go          func(ctx context.Context, task func(ctx context.Context) error) (ok bool)
	Stop        func(ctx context.Context, err error)
	MarkStarted func(ctx context.Context)
	// Handler counts the requests to next as work of the run that ctx comes
	// from. Serve and ListenAndServe serve until that run stops.
	Handler        func(ctx context.Context, next http.Handler) http.Handler
	ListenAndServe func(ctx context.Context, srv *http.Server) error
	Serve          func(ctx context.Context, srv *http.Server, ln net.Listener) error
	// ServeTLS and ListenAndServeTLS are the same over TLS. ServeUntilStopped
	// serves until the last hook has run.
	ServeTLS          func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error
	ListenAndServeTLS func(ctx context.Context, srv *http.Server, certFile, keyFile string) error
	ServeUntilStopped func(ctx context.Context, srv *http.Server, ln net.Listener) error
	// ServeFunc serves with any server; closeNow may be nil.
	ServeFunc func(ctx context.Context, serve func() error, shutdown func(ctx context.Context) error, closeNow func() error) error
	// CancelOnStop ends the contexts of requests to next when the run stops.
	CancelOnStop func(ctx context.Context, next http.Handler) http.Handler
	// ExitCode is the code that a process should end with after Run returned err.
	ExitCode func(err error) int
	// Takes says which settings RunWith heeds.
	Takes Supported
	// Machine makes a machine that nothing but the suite drives (STATE-3).
	Machine func() Machine
	// Misuses are calls, each with one argument that is wrong (RUN-8).
	Misuses []Misuse

	// Polls says that under the race detector the implementation looks at groups
	// only every so often while main is out beyond its grace. The end of Draining
	// is not exact then, and such scenarios are not played under the detector.
	Polls bool
	// Grace is how long main is waited for after its context was cancelled, where
	// Takes.Grace is not set (DRAIN-4): 0 stands for 5s, a negative one for none.
	// At most half of the drain timeout counts.
	Grace time.Duration
	// Names has what the implementation's log lines call OnShutdownContext (HOOK-6),
	// Serve, Track and the grace (DRAIN-4), if that is not their name here:
	// {"Track": "Hold"}. What is not offered need not be named.
	Names map[string]string
}

// Supported has a field for each of [Settings] that RunWith may heed or not. One
// that it does not heed is not given, and what needs it is not checked. Timeouts
// are always given.
type Supported struct {
	Parent      bool
	Signals     bool
	Delay       bool
	Grace       bool // and NoGrace
	ManualStart bool
	Observe     bool
	Log         bool
	Logger      bool
	CleanError  bool
	SignalError bool
}

// Machine is the machine of an implementation, bare.
type Machine struct {
	State func() string
	// Fire takes an event by its name. refused says that the error is the
	// implementation's own type for that.
	Fire func(event string) (refused bool, err error)
}

// Misuse is a call with one argument that is wrong. One of Run and Within is set.
type Misuse struct {
	Argument string // what the error must name
	Run      func(main func(ctx context.Context) error) error
	// Within calls another function than Run. It is called by main.
	Within func(ctx context.Context) error
}

// Settings are the options of a run. A zero one is not given, so that the
// implementation's default holds; nor is one that Implementation.Takes leaves out.
// Drain and Shutdown are always given, and so is a grace where Takes has it.
type Settings struct {
	Parent      context.Context
	Drain       time.Duration
	Shutdown    time.Duration
	Delay       time.Duration
	Grace       time.Duration
	NoGrace     bool // a return grace of zero is given
	ManualStart bool
	Signals     <-chan os.Signal // instead of the process's own
	Observe     func(Step)
	Log         func(level, line string) // every log line of the run; level is one of slog's: DEBUG, INFO, WARN, ERROR
	CleanError  func(error) bool         // what else is a clean end after a stop
	SignalError bool                     // a stop by a signal is an error
	Logger      *slog.Logger             // instead of Log
}

// Step is one transition, as an observer is told of it.
type Step struct {
	At       time.Time
	From, On string
	To       string
}
