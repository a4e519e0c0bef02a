package model

import (
	"slices"
	"testing"
)

// The cause of the cancelled context, for each thing that can ask for a stop.
func TestRUN2TheCauseSaysWhatAskedForTheStop(t *testing.T) {
	task := func(e Exit) Scenario { return Scenario{Tasks: []Task{{Lasts: 1 * s, Ends: e}}} }
	by := func(a Trigger) Scenario { return Scenario{Stops: []Stop{{a, 1 * s}}} }
	for _, c := range []struct {
		given Scenario
		cause Kind
	}{
		{by(SIGINT), CauseSIGINT},
		{by(SIGTERM), CauseSIGTERM},
		{by(ParentCancelled), CauseParent},
		{by(StopNil), CauseCanceled},
		{by(StopWithError), StopError(1)},
		{task(ReturnsError), TaskError(1)},
		{task(ReturnsClosed), TaskError(1)},
		{task(PanicsError), TaskPanic(1)},
		{task(CallsGoexit), TaskGoexit(1)},
	} {
		c.given.Main = Main{Ends: ReturnsCause, AfterCancel: true, After: 1 * s}
		got := only(t, c.given)
		if want := (Cancellation{1 * s, c.cause}); got.Cancelled != want {
			t.Errorf("cancelled %v, want %v, for\n%v", got.Cancelled, want, c.given)
		}
		if got.Finds(MainError) {
			t.Errorf("RUN-7 the cause itself is a clean end, in\n%v", c.given)
		}
	}
}

// What the user calls clean is clean, and nothing else changes.
func TestRUN7WithCleanErrorEveryLeafMustBeClean(t *testing.T) {
	for e, clean := range map[Exit]bool{
		ReturnsOwnClean: true, ReturnsOwnJoined: true, ReturnsCanceled: true, ReturnsJoined: true,
		ReturnsOwnMixed: false, ReturnsMixed: false, ReturnsError: false, PanicsCanceled: false,
	} {
		given := Scenario{CleanError: true, Main: Main{Ends: e, After: 2 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}
		if got := only(t, given).Errors; (len(got) == 0) != clean {
			t.Errorf("%v, clean: %t, for\n%v", got, clean, given)
		}
		given.Stops = nil
		if got := only(t, given).Errors; len(got) == 0 {
			t.Errorf("before a stop it is an error, for\n%v", given)
		}
	}
}

// The signal is an error when it was what asked for the stop, whatever else
// comes.
func TestRUN14TheSignalIsInTheResultOnceAndLast(t *testing.T) {
	waits := Main{Ends: ReturnsCause, AfterCancel: true, After: 1 * s}
	for _, c := range []struct {
		name  string
		given Scenario
		want  []Kind
	}{
		{"a SIGTERM", Scenario{Main: waits, Stops: []Stop{{SIGTERM, 1 * s}}}, []Kind{CauseSIGTERM}},
		{"the first of two", Scenario{Main: waits, Stops: []Stop{{SIGINT, 1 * s}, {SIGTERM, 1*s + 1}}}, []Kind{CauseSIGINT}},
		{"Stop came first", Scenario{Main: waits, Stops: []Stop{{StopNil, 1 * s}, {SIGTERM, 1*s + 1}}}, nil},
		{"main exited first", Scenario{Main: Main{After: 1 * s}, Hooks: []Hook{{Lasts: 2 * s}}, Stops: []Stop{{SIGTERM, 2 * s}}}, nil},
		{"behind all others", Scenario{
			Main: Main{Ends: ReturnsError, After: Never}, Stops: []Stop{{SIGTERM, 1 * s}},
			Tracks: []Track{{Lasts: Never}}, Hooks: []Hook{{Ends: ReturnsError}},
		}, []Kind{DrainTimeout, HookError(1), ShutdownTimeout, MainRunning, CauseSIGTERM}},
		{"a forced one", Scenario{
			Main: Main{After: Never}, Tracks: []Track{{Lasts: Never}}, Hooks: []Hook{{Lasts: Never}},
			Stops: []Stop{{SIGINT, 1 * s}, {SIGINT, 2 * s}, {SIGINT, 3 * s}},
		}, []Kind{Forced, Forced, MainRunning, CauseSIGINT}},
	} {
		if got := only(t, c.given).Errors; slices.Contains(got, CauseSIGTERM) || slices.Contains(got, CauseSIGINT) {
			t.Errorf("%s: without the option, %v", c.name, got)
		}
		c.given.SignalError = true
		if got := only(t, c.given).Errors; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Every way in which main can end, with and without a stop before.
func TestRUN7WhatMainReturnsIsCleanOnlyAfterAStop(t *testing.T) {
	for _, c := range []struct {
		ends          Exit
		before, after Kind
	}{
		{ReturnsNil, "", ""},
		{ReturnsError, MainError, MainError},
		{ReturnsCanceled, MainError, ""},
		{ReturnsWrapped, MainError, ""},
		{ReturnsClosed, MainError, ""},
		{ReturnsCause, "", ""}, // the cause of a live context is nil
		{ReturnsJoined, MainError, ""},
		{ReturnsNetClosed, MainError, ""},
		{ReturnsOwnClean, MainError, MainError},
		{ReturnsOwnJoined, MainError, MainError},
		{ReturnsOwnMixed, MainError, MainError},
		{ReturnsMixed, MainError, MainError},
		{Panics, MainPanic, MainPanic},
		{PanicsNil, MainPanic, MainPanic},
		{PanicsError, MainPanic, MainPanic},
		{CallsGoexit, MainGoexit, MainGoexit},
	} {
		first := Scenario{Main: Main{Ends: c.ends, After: 1 * s}}
		asked := Scenario{Main: Main{Ends: c.ends, After: 2 * s}, Stops: []Stop{{SIGTERM, 1 * s}}}
		for want, given := range map[*Kind]Scenario{&c.before: first, &c.after: asked} {
			got := only(t, given).Errors
			if *want == "" && len(got) > 0 || *want != "" && (len(got) != 1 || got[0] != *want) {
				t.Errorf("%v, want %q, for\n%v", got, *want, given)
			}
		}
	}
}
