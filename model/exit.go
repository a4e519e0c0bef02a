package model

import "fmt"

// Exit is how a piece of the user's code ends: main, a task, a hook or a
// check. The zero value is the ordinary one.
type Exit uint8

// Every way to end. What a task or main returns after a stop may be
// clean, which is no error (RUN-7); for a hook and for a check everything but
// ReturnsNil is a failure.
const (
	// ReturnsNil: no error.
	ReturnsNil Exit = iota
	// ReturnsError: an error that nothing else in the scenario is.
	ReturnsError
	// ReturnsCanceled: context.Canceled itself. Clean.
	ReturnsCanceled
	// ReturnsWrapped: an error that wraps context.Canceled. Clean.
	ReturnsWrapped
	// ReturnsClosed: http.ErrServerClosed. Clean.
	ReturnsClosed
	// ReturnsCause: context.Cause of the run's context, nil while that is
	// live. Clean.
	ReturnsCause
	// ReturnsJoined: context.Canceled and http.ErrServerClosed, joined. Clean.
	ReturnsJoined
	// ReturnsNetClosed: an error that wraps net.ErrClosed, as Accept does. Clean.
	ReturnsNetClosed
	// ReturnsOwnClean: an error that Scenario.CleanError makes clean.
	ReturnsOwnClean
	// ReturnsOwnJoined: that error and context.Canceled, wrapped and joined.
	// Clean if that is.
	ReturnsOwnJoined
	// ReturnsOwnMixed: that error and another of its own, joined. Not clean,
	// because not every leaf is.
	ReturnsOwnMixed
	// ReturnsMixed: context.Canceled and an error of its own, joined. Not
	// clean, because not every leaf is.
	ReturnsMixed
	// Panics: with a value that is not an error.
	Panics
	// PanicsNil: panic(nil).
	PanicsNil
	// PanicsError: with an error, which errors.Is finds in the result.
	PanicsError
	// PanicsCanceled: with context.Canceled. Not clean, because a panic is
	// never a clean end.
	PanicsCanceled
	// CallsGoexit: runtime.Goexit.
	CallsGoexit
)

var exitNames = []string{
	"ReturnsNil", "ReturnsError", "ReturnsCanceled", "ReturnsWrapped", "ReturnsClosed",
	"ReturnsCause", "ReturnsJoined", "ReturnsNetClosed", "ReturnsOwnClean", "ReturnsOwnJoined", "ReturnsOwnMixed", "ReturnsMixed", "Panics", "PanicsNil", "PanicsError", "PanicsCanceled", "CallsGoexit",
}

// String returns the name of the constant.
func (e Exit) String() string { return nameOf(exitNames, int(e), "Exit") }

// clean says whether this is a way of saying "I was asked to stop" (RUN-7). Own
// says that the scenario's own clean error is one.
func (e Exit) clean(own bool) bool {
	switch e {
	case ReturnsCanceled, ReturnsWrapped, ReturnsClosed, ReturnsCause, ReturnsJoined, ReturnsNetClosed:
		return true
	case ReturnsOwnClean, ReturnsOwnJoined:
		return own
	}
	return false
}

// kind picks the kind of this exit. ReturnsNil has none.
func (e Exit) kind(returned, panicked, exited Kind) Kind {
	switch e {
	case ReturnsNil:
		return ""
	case Panics, PanicsNil, PanicsError, PanicsCanceled:
		return panicked
	case CallsGoexit:
		return exited
	}
	return returned
}

// Trigger is what asks a service to stop from outside of it.
type Trigger uint8

// Every cause there is. The zero value is none of them, so that a scenario
// always says which it means.
const (
	// SIGINT: an interrupt from the signal source. The first is a stop, a
	// later one may be forcing (SIG-2).
	SIGINT Trigger = iota + 1
	// SIGTERM: never forcing, however often it comes.
	SIGTERM
	// ParentCancelled: the context that Run was given is cancelled, with a
	// cause.
	ParentCancelled
	// StopNil: Stop(ctx, nil).
	StopNil
	// StopWithError: Stop with an error that joins the result (RUN-6).
	StopWithError
)

var triggerNames = []string{"", "SIGINT", "SIGTERM", "ParentCancelled", "StopNil", "StopWithError"}

// String returns the name of the constant.
func (a Trigger) String() string { return nameOf(triggerNames, int(a), "Trigger") }

// Ask is which of the health endpoints a probe asks.
type Ask uint8

// The three endpoints. The zero value is none of them.
const (
	Liveness Ask = iota + 1
	Readiness
	Startup
)

var askNames = []string{"", "Liveness", "Readiness", "Startup"}

// String returns the name of the constant.
func (a Ask) String() string { return nameOf(askNames, int(a), "Ask") }

func nameOf(names []string, i int, kind string) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}
