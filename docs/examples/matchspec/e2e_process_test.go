//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/internal/loopback"
)

// running is matchspec as a child process, on a port and in a directory of its
// own.
type running struct {
	*child.Process
	t     *testing.T
	data  string
	url   string
	addr  string
	admin string // the URL of the admin server
	http  *http.Client

	prober *http.Client // for probes alone
}

// begin starts matchspec and waits until it listens.
func begin(t *testing.T, args ...string) *running {
	t.Helper()
	s := launch(t, append([]string{"-addr", loopback.Addr()}, args...)...)
	listening := s.AwaitLog("msg=listening")
	s.addr = child.Attr(listening, "addr")
	s.url, s.admin = "http://"+s.addr, "http://"+child.Attr(listening, "admin")
	return s
}

// launch starts matchspec.
func launch(t *testing.T, args ...string) *running {
	t.Helper()
	path, err := programs.Build(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &running{
		t:      t,
		data:   filepath.Join(dir, "records.jsonl"),
		http:   &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute, MaxIdleConnsPerHost: 8}, Timeout: time.Minute},
		prober: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
	}
	t.Cleanup(s.http.CloseIdleConnections)
	t.Cleanup(s.prober.CloseIdleConnections)
	s.Process = child.Start(t, path, nil, append([]string{
		"-admin", loopback.Addr(), "-data", s.data, "-checkpoints", filepath.Join(dir, "checkpoints"), "-evaluate", "2ms"}, args...)...)
	return s
}

// post posts n records, each of which has to be accepted.
func (s *running) post(n int) (accepted []string) {
	s.t.Helper()
	for i := range n {
		id := fmt.Sprintf("post-%d", i)
		if code, err := postRecord(s.http, s.url, id); code != http.StatusAccepted {
			s.t.Fatalf("POST /match %s = %d, %v, want 202", id, code, err)
		}
		accepted = append(accepted, id)
	}
	return accepted
}

// wantExit waits for the process to end.
func (s *running) wantExit(code int) {
	s.t.Helper()
	if got := s.ExitCode(); got != code {
		s.t.Errorf("the exit code is %d, want %d", got, code)
	}
}

// wantInOrder expects lines that contain these texts, in this order.
func (s *running) wantInOrder(texts ...string) {
	s.t.Helper()
	at, previous := -1, "the beginning"
	for _, text := range texts {
		i := s.Stderr.Find(text)
		if i <= at {
			s.t.Errorf("%q is on line %d of stderr, %q on line %d; want it later", text, i, previous, at)
		}
		at, previous = i, text
	}
}

// wantNotLater expects the time of the line that contains first to be no later
// than that of the line that contains second. The library hands its lines to
// the log on a goroutine of its own, so beside the service's own lines the
// times are in order where the lines need not be.
func (s *running) wantNotLater(first, second string) {
	s.t.Helper()
	a, b := s.logTime(first), s.logTime(second)
	if a.After(b) {
		s.t.Errorf("%q was logged at %v, after %q at %v", first, a, second, b)
	}
}

func (s *running) logTime(text string) time.Time {
	s.t.Helper()
	line := s.AwaitLog(text)
	stamp, _, _ := strings.Cut(strings.TrimPrefix(line, "time="), " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		s.t.Errorf("a log line without a time: %s", line)
	}
	return at
}

// wantStored expects each of the ids in the store once, and none twice.
func (s *running) wantStored(ids []string) {
	s.t.Helper()
	records, err := readStore(s.data)
	if err != nil {
		s.t.Error(err)
	}
	kept := map[string]int{}
	for _, r := range records {
		kept[r.ID]++
		if kept[r.ID] == 2 {
			s.t.Errorf("%s is in the store twice", r.ID)
		}
		if !r.Matched {
			s.t.Errorf("%s was not evaluated", r.ID)
		}
	}
	for _, id := range ids {
		if kept[id] == 0 {
			s.t.Errorf("%s was accepted and is not in the store", id)
		}
	}
}

// line returns the place of the line of a source file that contains text.
func line(t *testing.T, file, text string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(source), text)
	if !found {
		t.Fatalf("%s has no line with %q", file, text)
	}
	return fmt.Sprintf("matchspec/%s:%d", file, strings.Count(before, "\n")+1)
}
