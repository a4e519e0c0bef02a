//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestTheLeaderDoesItsJobAndThenGivesTheLeaseUp(t *testing.T) {
	lease := filepath.Join(t.TempDir(), "lease")
	leader, leaderAddr := guidetest.Serve(t, []string{"-addr"}, "-lease", lease)
	leader.AwaitLog("job begins")
	follower, followerAddr := guidetest.Serve(t, []string{"-addr"}, "-lease", lease)
	wantProbe(t, leaderAddr[0], "/readyz", http.StatusOK, "running")
	wantProbe(t, followerAddr[0], "/startupz", http.StatusOK, "running")
	wantProbe(t, followerAddr[0], "/readyz", http.StatusServiceUnavailable, `"reason":"not the leader"`)

	leader.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, leader, 0)
	begun := countLines(leader, "job begins")
	if done := countLines(leader, "job done"); done != begun {
		t.Errorf("%d jobs begun, %d done", begun, done)
	}
	guidetest.WantInOrder(t, leader, "leading", "job begins job=1", fmt.Sprintf("job done job=%d", begun), "lease given up")
	guidetest.WantQuotedLog(t, leader, "../leader-election.md", 0)

	follower.AwaitLog("job begins")
	wantProbe(t, followerAddr[0], "/readyz", http.StatusOK, "running")
	follower.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, follower, 0)
}

func TestALeaderThatLosesTheLeaseInterruptsItsJobAndExits(t *testing.T) {
	lease := filepath.Join(t.TempDir(), "lease")
	p, _ := guidetest.Serve(t, []string{"-addr"}, "-lease", lease, "-job-takes", "1h")
	p.AwaitLog("job begins")
	if err := os.Remove(lease); err != nil {
		t.Fatal(err)
	}
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "job begins job=1", "job interrupted job=1", "lifecycle: stopped")
	guidetest.WantQuotedLog(t, p, "../leader-election.md", 1)
}

func TestAJobThatOutlivesTheDrainTimeoutEndsWithTheLease(t *testing.T) {
	lease := filepath.Join(t.TempDir(), "lease")
	p, _ := guidetest.Serve(t, []string{"-addr"}, "-lease", lease, "-job-takes", "1h", "-drain-timeout", "100ms")
	p.AwaitLog("job begins")
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "in-flight work did not finish in time", "scheduler failed")
	guidetest.WantInOrder(t, p, "lease given up", "scheduler failed")
	if _, err := os.Stat(lease); !os.IsNotExist(err) {
		t.Errorf("the lease is still there: %v", err)
	}
}

func TestAFollowerStopsAtOnce(t *testing.T) {
	lease := filepath.Join(t.TempDir(), "lease")
	if err := os.WriteFile(lease, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p, _ := guidetest.Serve(t, []string{"-addr"}, "-lease", lease)
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 0)
	if _, err := os.Stat(lease); err != nil {
		t.Errorf("it has taken the lease from its holder: %v", err)
	}
}

func countLines(p *child.Process, text string) (n int) {
	for _, line := range p.Stderr.All() {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// wantProbe waits until path is answered with code, and looks for text in it.
func wantProbe(t *testing.T, addr, path string, code int, text string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var got int
	var body []byte
	for deadline := time.Now().Add(time.Minute); got != code; {
		resp, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if got = resp.StatusCode; err != nil || time.Now().After(deadline) {
			break
		}
	}
	if got != code || !strings.Contains(string(body), text) {
		t.Errorf("%s: %d %s; want %d and %q", path, got, body, code, text)
	}
}
