//go:build unix

package fuzz

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

var killLives = flag.Int("kill-lives", 20, "how many processes TestSIGKILLLosesNoRecordThatWasFlushed kills; 2000 take ten minutes")

// SIGKILL leaves what was flushed, and may tear the last line of the store. The
// process after it cuts that off, and keeps every line before.
//
//	go test ./fuzz -run SIGKILL -kill-lives 2000 -timeout 1h -v
func TestSIGKILLLosesNoRecordThatWasFlushed(t *testing.T) {
	t.Parallel()
	var sum kills
	for sum.processes < *killLives && !t.Failed() {
		t.Run("one store", func(t *testing.T) { sum.add(t, min(20, *killLives-sum.processes)) })
	}
	t.Logf("%+v", sum)
}

// kills counts processes that were killed, and records.
type kills struct{ processes, accepted, flushed, stored, torn int }

// add kills n processes on one store, one after the other, and lets a last one
// stop.
func (sum *kills) add(t *testing.T, n int) {
	dir := t.TempDir()
	var before []string // what is in the store
	for range n {
		sum.processes++
		k := kill(t, dir, sum.processes)
		k.check(t, before)
		sum.accepted += len(k.accepted)
		sum.flushed += k.flushed
		sum.torn += one(k.torn)
		before = k.stored
	}
	m := start{dir: dir}.begin(t)
	m.Signal(syscall.SIGTERM)
	m.wantExit(t, 0)
	m.wantStored(t, before)
	sum.stored += len(before)
}

// killed is what a process has left.
type killed struct {
	accepted []string // in order, all by one client
	flushed  int      // how many of them it had noted as flushed
	stored   []string // those of all processes
	torn     bool
}

// kill starts a process on the store in dir, and kills it while it serves.
func kill(t *testing.T, dir string, n int) (k killed) {
	every := []string{"1ms", "5ms", "50ms", "1s"}[rand.IntN(4)]
	m := start{dir: dir, args: []string{"-flush-every", every}}.begin(t)
	if err := os.Remove(m.last); err != nil && !errors.Is(err, fs.ErrNotExist) { // of the process before
		t.Fatal(err)
	}
	go func() {
		time.Sleep(rand.N(60 * time.Millisecond))
		_ = m.Send(syscall.SIGKILL)
	}()
	input := strings.Repeat("x", []int{0, 100, 3000}[rand.IntN(3)])
	k.accepted, _, _ = m.postUntilRefused(keepingClient(t), fmt.Sprint("life", n), input, 0)
	m.wantExit(t, -1)
	k.flushed = m.flushed(t)
	k.stored, k.torn = m.stored(t)
	return k
}

// check expects the records that were stored before, then those of this life in
// order and without a gap, up to the last one that was flushed at least.
func (k killed) check(t *testing.T, before []string) {
	if len(k.stored) < len(before)+k.flushed {
		t.Fatalf("%d records were stored, %d more were flushed, %d are left", len(before), k.flushed, len(k.stored))
	}
	for i, id := range before {
		if k.stored[i] != id {
			t.Fatalf("record %d is %s, and was %s", i, k.stored[i], id)
		}
	}
	// The answer to the last one may not have left the process.
	mine := k.stored[len(before):]
	for i, id := range mine {
		if i < len(k.accepted) && id != k.accepted[i] || i > len(k.accepted) {
			t.Errorf("record %d of this life is %s; accepted were %v", i, id, k.accepted)
		}
	}
}
