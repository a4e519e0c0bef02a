//go:build unix

package main

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAPanicInMainStillRunsHooks(t *testing.T) {
	t.Parallel()
	s := begin(t, "-fault", faultPanic)
	accepted := s.post(panicAfter)
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	s.wantExit(1)
	place := line(t, "faults.go", `panic("matchspec:`)
	for _, want := range []string{
		`panicked" panic=`,
		place + ": matchspec: -fault panic was asked for",
		"goroutine ", // the stack
	} {
		if s.Stderr.Find(want) < 0 {
			t.Errorf("stderr does not say %q", want)
		}
	}
	if failed := s.AwaitLog("matchspec failed"); !strings.Contains(failed, place) {
		t.Errorf("the error does not name %s: %s", place, failed)
	}
	s.wantInOrder("hook: store flushed", "hook: store closed", "matchspec failed")
	s.wantStored(accepted)
}

func TestAHungHookIsNamedAndSoAreThoseBehindIt(t *testing.T) {
	t.Parallel()
	s := begin(t, "-fault", faultHungHook, "-shutdown-timeout", "300ms")
	s.post(3)
	began := time.Now()
	s.Signal(syscall.SIGTERM)
	s.wantExit(1)
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("it stopped after %v, before the shutdown timeout", took)
	}
	hung := line(t, "faults.go", "lifecycle.OnShutdown(ctx")
	closes := line(t, "service.go", "lifecycle.OnShutdown(ctx")
	flushes := line(t, "service.go", "lifecycle.OnShutdown(ctx, func() error {\n\t\tif err := store.Flush()")
	failed := s.AwaitLog("matchspec failed")
	at := -1
	for _, want := range []string{
		"lifecycle: shutdown timeout (300ms)",
		hung + " was still running after",
		"2 hooks never ran",
		flushes, // they would have run in this order
		closes,
	} {
		i := strings.Index(failed, want)
		if i <= at {
			t.Errorf("the error does not say %q, or not in this place: %s", want, failed)
		}
		at = i
	}
	s.wantInOrder(`"lifecycle: hooks"`, "hooks were cut short", `"lifecycle: stopped"`, "matchspec failed")
	if s.Stderr.Find("hook: store") >= 0 {
		t.Error("a hook ran behind the one that hangs")
	}
}

func TestAHungDrainIsNamedAndHooksStillRun(t *testing.T) {
	t.Parallel()
	s := begin(t, "-fault", faultHungDrain, "-drain-timeout", "2s")
	accepted := s.post(3)
	began := time.Now()
	s.Signal(syscall.SIGTERM)
	s.wantExit(1)
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("it stopped after %v, before the drain timeout", took)
	}
	place := line(t, "faults.go", "lifecycle.DrainGroup(ctx)")
	failed := s.AwaitLog("matchspec failed")
	if !strings.Contains(failed, "lifecycle: drain timeout (2s): still busy: drain group created at ") || !strings.Contains(failed, place) {
		t.Errorf("the error does not name the group created at %s: %s", place, failed)
	}
	if own := line(t, "service.go", "lifecycle.DrainGroup(ctx)"); strings.Contains(failed, own) {
		t.Errorf("the error names the worker's group, which was done: %s", failed)
	}
	s.wantInOrder("did not finish in time", `"lifecycle: hooks"`, `"lifecycle: stopped"`, "matchspec failed")
	s.wantInOrder("hook: store flushed", "hook: store closed", "matchspec failed")
	s.wantStored(accepted)
}

func TestATakenPortIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	addr := ln.Addr().String()
	began := time.Now()
	s := launch(t, "-addr", addr, "-drain-timeout", "1h", "-shutdown-timeout", "1h")
	s.wantExit(1) // and not after an hour
	if failed := s.AwaitLog("matchspec failed"); !strings.Contains(failed, addr) || !strings.Contains(failed, "address already in use") {
		t.Errorf("the error does not say that %s is taken: %s", addr, failed)
	}
	t.Logf("it said so within %v", time.Since(began))
	s.wantInOrder(`"lifecycle: running"`, `"lifecycle: draining"`, `"lifecycle: hooks"`, `"lifecycle: stopped"`)
}
