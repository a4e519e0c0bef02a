package model

import (
	"math"
	"time"
)

// The defaults: a scenario whose duration is zero does not set the option.
const (
	DefaultDrainTimeout    = 15 * time.Second
	DefaultShutdownTimeout = 10 * time.Second
	DefaultReturnGrace     = 5 * time.Second
	DefaultCheckTimeout    = 3 * time.Second
)

// ForceAfter is how long after the stop, and after the SIGINT before it, a
// SIGINT must come to be forcing (SIG-2).
const ForceAfter = 250 * time.Millisecond

// Special values that stand for no duration.
const (
	// Never, where something ends or begins: it does not.
	Never time.Duration = math.MaxInt64
	// BeforeRun, as the instant of a ParentCancelled: it is cancelled when Run
	// is entered (RUN-12).
	BeforeRun time.Duration = -1
	// NoGrace, as ReturnGrace: the option is given, as zero (DRAIN-4).
	NoGrace time.Duration = -2
)

// Scenario is everything that happens to one Run and to the health handler
// beside it. It is plain data; its zero value is a main that returns nil at
// once under the default options.
//
// Every At is an offset from the instant at which Run is entered, which is
// also the instant at which main is launched. What happens at zero is done by
// main itself in its first lines, in the order of the fields and of their
// elements; a stop at zero comes after that.
type Scenario struct {
	// The options. Zero means that an option is not given.
	ManualStart     bool          // RUN-13
	DrainDelay      time.Duration // DRAIN-7
	ReturnGrace     time.Duration // DRAIN-4; NoGrace: given as zero
	DrainTimeout    time.Duration // DRAIN-2
	ShutdownTimeout time.Duration // HOOK-3
	CleanError      bool          // RUN-7: what ReturnsOwnClean returns is a clean end
	SignalError     bool          // RUN-14

	Main   Main
	Stops  []Stop
	Starts []time.Duration // when MarkStarted is called (RUN-13)

	Groups []Group
	Tracks []Track
	Tasks  []Task
	Hooks  []Hook
	// TakeBacks are calls of the functions that take hooks back (HOOK-10).
	TakeBacks []TakeBack

	// Follow says that the health handler follows this lifecycle (HEALTH-4).
	// One that does not depends on SetReady and its checks alone.
	Follow       bool
	CheckTimeout time.Duration // HEALTH-9
	Checks       []Check
	Ready        []Ready
	Probes       []Probe
}

// Main is what the function does that Run is given.
type Main struct {
	Ends Exit
	// AfterCancel: After counts from the instant at which main's context is
	// cancelled. Otherwise it counts from main's launch, whatever is
	// cancelled meanwhile.
	AfterCancel bool
	After       time.Duration // Never: main does not come back
}

// Stop is one request to stop, or one signal that may be more than that.
type Stop struct {
	By Trigger
	At time.Duration // BeforeRun: for ParentCancelled only
}

// Group is one call of DrainGroup, and the work that is counted in it.
type Group struct {
	At    time.Duration
	Units []Unit
}

// Unit is one unit of work in a group: Add(1), and later Done.
type Unit struct {
	After time.Duration // from the making of the group; 0: at once
	Lasts time.Duration // Never: it is not finished
}

// Track is one unit of work that is counted by Track.
type Track struct {
	At    time.Duration
	Lasts time.Duration // Never: done is not called
}

// Task is one call of Go.
type Task struct {
	At    time.Duration
	Lasts time.Duration // Never: it does not end
	Ends  Exit
}

// Hook is one function that is registered to be called before the end.
type Hook struct {
	// By is the number of the hook that registers this one, 0 for none. At
	// then counts from the beginning of that hook: at zero it registers this
	// one as the first thing it does, otherwise a goroutine of its own does.
	By    int
	At    time.Duration
	Lasts time.Duration // Never: it does not end
	Ends  Exit
	// Aware: the hook takes a context, and returns at the latest when that is
	// cancelled. To the library it makes no difference: a hook whose time is
	// over is not awaited.
	Aware   bool
	Timeout time.Duration // HOOK-6; 0: it has none of its own
}

// TakeBack is one call of the function that takes a hook back. The hook may
// have begun by then, or be over, or have been taken back before. When it is
// not registered yet, there is no such function, and the call is not made.
type TakeBack struct {
	Hook int // which hook, counted from 1
	// By is the number of the hook that makes the call, 0 for none, as for
	// Hook.By: at zero it does so after it has registered other hooks.
	By int
	At time.Duration
}

// Check is one health check, which does the same whenever it is run.
type Check struct {
	Lasts    time.Duration // Never: it hangs
	Ends     Exit
	Optional bool // HEALTH-15
}

// Ready is one call of SetReady.
type Ready struct {
	At time.Duration
	Is bool
}

// Probe is one request to a health endpoint.
type Probe struct {
	Of Ask
	At time.Duration
}

// orDefault returns d, or the default where the option is not given.
func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

// drainTimeout, shutdownTimeout and checkTimeout are the options as they
// count.
func (s Scenario) drainTimeout() time.Duration { return orDefault(s.DrainTimeout, DefaultDrainTimeout) }
func (s Scenario) shutdownTimeout() time.Duration {
	return orDefault(s.ShutdownTimeout, DefaultShutdownTimeout)
}
func (s Scenario) checkTimeout() time.Duration { return orDefault(s.CheckTimeout, DefaultCheckTimeout) }

// grace is how long main is waited for before the work is looked at: at most
// half of the drain timeout, so that the work is left a share of it (DRAIN-4).
func (s Scenario) grace() time.Duration {
	if s.ReturnGrace == NoGrace {
		return 0
	}
	return min(orDefault(s.ReturnGrace, DefaultReturnGrace), s.drainTimeout()/2)
}

// plus adds two durations of which either may be Never.
func plus(a, b time.Duration) time.Duration {
	if a == Never || b == Never {
		return Never
	}
	return a + b
}
