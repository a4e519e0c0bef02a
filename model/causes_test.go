package model

import "testing"

// The cause of the cancelled context, for each thing that can ask for a stop.
func TestRUN2TheCauseSaysWhatAskedForTheStop(t *testing.T) {
	task := func(e Ending) Scenario { return Scenario{Tasks: []Task{{Lasts: 1 * s, Ends: e}}} }
	by := func(a Agent) Scenario { return Scenario{Stops: []Stop{{a, 1 * s}}} }
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

// Every way in which main can end, with and without a stop before.
func TestRUN7WhatMainReturnsIsCleanOnlyAfterAStop(t *testing.T) {
	for _, c := range []struct {
		ends          Ending
		before, after Kind
	}{
		{ReturnsNil, "", ""},
		{ReturnsError, MainError, MainError},
		{ReturnsCanceled, MainError, ""},
		{ReturnsWrapped, MainError, ""},
		{ReturnsClosed, MainError, ""},
		{ReturnsCause, "", ""}, // the cause of a live context is nil
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
