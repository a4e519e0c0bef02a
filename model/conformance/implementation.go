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

// Implementation is a lifecycle library as the suite calls it: a struct of functions,
// behind which the library's own option, hook and check types fit. Run, OnShutdown,
// DrainGroup and Health (or NoHealth) are the Core API and must be set. A field of the
// wider API may be nil: the clauses that need it are reported as not offered.
//
// Most runs are in a bubble of testing/synctest, where time is virtual: what waits there
// for anything from outside of the bubble, or holds a mutex while it sleeps, stops time.
// The functions must be safe for concurrent use: several runs are under way at once.
// A ctx is the context that main was given, or one derived from it.
//
// Some clauses ask for the call site of a function, such as that of the OnShutdown of a
// hook that failed (HOOK-2). It must be the line of the suite that calls the field, so
// where an implementation takes it from the stack, set the field to the function itself,
// not to a closure that calls it.
type Implementation struct {
	// Name is the name of the implementation in the report.
	Name string

	// Run calls main, waits for a stop, drains, runs the hooks and returns. Both
	// timeouts are always positive.
	Run func(main func(ctx context.Context) error, drain, shutdown time.Duration) error
	// OnShutdown registers a hook with the run that ctx belongs to.
	OnShutdown func(ctx context.Context, hook func() error)
	// DrainGroup returns a new group of work that the run waits for.
	DrainGroup func(ctx context.Context) *sync.WaitGroup
	// Health returns a new health handler.
	Health func(tool, version string) HealthFuncs
	// NoHealth says that Health is nil because the library has no health handlers. The
	// clauses about them are skipped, and the report is partial at best.
	NoHealth bool
	// HealthWith is Health with settings. It is optional (HEALTH-16).
	HealthWith func(tool, version string, s HealthSettings) HealthFuncs

	// Is reports whether errors.Is or errors.As finds an error of that kind in err, which
	// is Run's result, a part of it, or the cause of the context of main, a hook or work.
	// The kinds are model.DrainTimeout, ShutdownTimeout, MainRunning, Forced, Panic,
	// Goexit, CauseSIGINT and CauseSIGTERM.
	Is func(err error, kind model.Kind) bool
	// RunWith is Run with the settings that Takes names. Scenarios that need another
	// setting are not played. Setting it, even with an empty Takes, also asks for what
	// the Core API alone is not asked for, such as call sites in errors (HOOK-2, HOOK-3)
	// and hooks that are registered after stopped (HOOK-4).
	RunWith func(main func(ctx context.Context) error, s Settings) error
	// State returns the state of the run, in lower case: "running".
	State func(ctx context.Context) string
	// OnShutdownContext registers a hook that takes a context. A timeout of 0 or less
	// means that the hook has none of its own.
	OnShutdownContext func(ctx context.Context, hook func(ctx context.Context) error, timeout time.Duration)
	// OnShutdownStop is OnShutdownContext. It returns a function that removes the hook
	// and reports whether the hook will therefore not run.
	OnShutdownStop func(ctx context.Context, hook func(ctx context.Context) error, timeout time.Duration) (stop func() bool)
	// WorkContext returns a context that ends when Draining does.
	WorkContext func(ctx context.Context) context.Context
	// Track registers a piece of work that lasts until done is called. ok is false if
	// the run no longer takes work.
	Track func(ctx context.Context) (done func(), ok bool)
	// Go runs a task that the run waits for, and whose failure stops the run.
	Go func(ctx context.Context, task func(ctx context.Context) error) (ok bool)
	// Stop requests a stop, for a reason or, if err is nil, for none.
	Stop func(ctx context.Context, err error)
	// MarkStarted ends a manual start.
	MarkStarted func(ctx context.Context)
	// Handler counts each request to next as work in flight.
	Handler func(ctx context.Context, next http.Handler) http.Handler
	// ListenAndServe, Serve, ListenAndServeTLS and ServeTLS serve until the run stops.
	ListenAndServe    func(ctx context.Context, srv *http.Server) error
	Serve             func(ctx context.Context, srv *http.Server, ln net.Listener) error
	ServeTLS          func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error
	ListenAndServeTLS func(ctx context.Context, srv *http.Server, certFile, keyFile string) error
	// ServeUntilStopped serves until the last hook has run.
	ServeUntilStopped func(ctx context.Context, srv *http.Server, ln net.Listener) error
	// ServeFunc serves with any kind of server. closeNow may be nil.
	ServeFunc func(ctx context.Context, serve func() error, shutdown func(ctx context.Context) error, closeNow func() error) error
	// CancelOnStop cancels the contexts of the requests to next when the run stops.
	CancelOnStop func(ctx context.Context, next http.Handler) http.Handler
	// ExitCode returns the code that a process should end with after Run returned err.
	ExitCode func(err error) int
	// Takes names the settings that RunWith applies. It needs RunWith.
	Takes Supported
	// Machine returns a new state machine that belongs to no run (STATE-3).
	Machine func() Machine
	// Misuses are calls, each with one argument that must be refused (RUN-8).
	Misuses []Misuse

	// Polls is for an implementation that under the race detector looks at its groups
	// only at intervals once main has outlasted its grace. The end of Draining is then
	// not exact, and such scenarios are not played under the race detector.
	Polls bool
	// Grace is how long main is waited for after its context was cancelled, if Takes.Grace
	// is false (DRAIN-4). 0 means 5s, and a negative grace means none. At most half of the
	// drain timeout counts.
	Grace time.Duration
	// Names says what the implementation's log lines call "OnShutdownContext" (HOOK-6), and
	// "Serve", "Track" and "grace", of which the warning about a main that has not returned
	// names one (DRAIN-4), where that is another name: {"Track": "Hold"}.
	Names map[string]string
}

// Supported names the fields of [Settings] that RunWith applies. The suite does not
// set the others, and does not check what needs them. RunWith must always apply Drain
// and Shutdown.
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

// Machine is a state machine of the implementation. Its functions may be called from
// several goroutines at once.
type Machine struct {
	// State returns the current state, in lower case.
	State func() string
	// Fire fires the event of that name. refused reports whether err is of the
	// implementation's own type for an event that the state has no transition for.
	Fire func(event string) (refused bool, err error)
}

// Misuse is a call with one argument that must be refused. Exactly one of Run and
// Within must be set.
type Misuse struct {
	// Argument is a text that the error must contain: the name of the argument.
	Argument string
	// Run calls Run, which must return the error without calling main.
	Run func(main func(ctx context.Context) error) error
	// Within calls another function, from main, and returns its error.
	Within func(ctx context.Context) error
}

// Settings are the options of one run. One that has its zero value is not given: the
// implementation uses its default. Drain and Shutdown are always set, the others only if
// Implementation.Takes names them; if it names Grace, each run has Grace or NoGrace.
type Settings struct {
	Parent      context.Context          // the parent of main's context
	Drain       time.Duration            // the drain timeout
	Shutdown    time.Duration            // the shutdown timeout
	Delay       time.Duration            // the drain delay
	Grace       time.Duration            // the return grace
	NoGrace     bool                     // a return grace of zero
	ManualStart bool                     // the run is Starting until MarkStarted
	Signals     <-chan os.Signal         // takes the place of the process's signals
	Observe     func(Step)               // called for each transition
	Log         func(level, line string) // called for each log line of the run, with a level of slog's: DEBUG, INFO, WARN, ERROR
	CleanError  func(error) bool         // whether an error of main is a clean end after a stop
	SignalError bool                     // Run returns an error after a stop by a signal
	Logger      *slog.Logger             // takes the place of Log
}

// Step is one transition of a run.
type Step struct {
	At       time.Time // to the millisecond at least; zero: when Observe is called
	From, On string    // a state and an event, in lower case
	To       string
}
