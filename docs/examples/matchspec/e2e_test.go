//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A stop by a signal, under load: nothing that was begun is cut, nothing that
// was accepted is lost.
func TestASignalMidLoadLosesNothing(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			// With a delay, so that readiness can be seen to fail: once the
			// listener is closed nobody is told anything any more.
			s := begin(t, "-drain-delay", "2s", "-slow", "3s")
			if code, body := s.ready(); code != http.StatusOK || body.Status != "ok" || body.State != "running" {
				t.Errorf("before the signal, readiness is %d %+v", code, body)
			}
			var helds []*held
			for i := range 10 {
				helds = append(helds, s.hold(fmt.Sprintf("held-%d", i)))
			}
			load := s.startPosters(4, 100)
			<-load.enough
			slows := s.startSlow(12)

			s.Signal(sig)
			s.AwaitLog(`msg="lifecycle: draining"`)
			if code, body := s.ready(); code != http.StatusServiceUnavailable || body.Status != "not_ready" || body.State != "draining" {
				t.Errorf("while draining, readiness is %d %+v", code, body)
			}
			load.wg.Wait() // each was refused at last: the listener is closed

			underWay := len(helds) // their handlers were reading before the signal, and are still
			accepted := load.accepted
			for _, h := range helds {
				if err := h.release(); err != nil {
					t.Errorf("%s, under way at the signal: %v", h.id, err)
				}
				accepted = append(accepted, h.id)
			}
			streams := 0
			for i, a := range slows {
				state, err := a.finish()
				if err != nil {
					t.Errorf("slow answer %d: %v", i, err)
				}
				if state == "draining" { // begun before the signal, finished after
					streams++
				}
			}
			underWay += streams
			t.Logf("%d requests were under way at the signal, %d of them streaming; %d records were accepted", underWay, streams, len(accepted))
			if underWay < 10 || streams == 0 {
				t.Errorf("%d requests were under way at the signal, %d of them streaming: want at least 10 and 1", underWay, streams)
			}

			s.wantExit(0)
			s.wantStored(accepted)
			s.wantInOrder(`"lifecycle: running"`, `"lifecycle: draining"`, `"lifecycle: hooks"`, `"lifecycle: stopped"`, "matchspec stopped clean")
			s.wantInOrder("listening", "hook: store flushed", "hook: store closed", "matchspec stopped clean")
			s.wantNotLater(`"lifecycle: hooks"`, "hook: store flushed")
			s.wantNotLater("hook: store closed", `"lifecycle: stopped"`)
		})
	}
}

// startSlow begins n slow requests at once, and returns when the first line of
// each is there.
func (s *running) startSlow(n int) []*slowAnswer {
	s.t.Helper()
	var wg sync.WaitGroup
	answers, errs := make([]*slowAnswer, n), make([]error, n)
	for i := range n {
		wg.Go(func() { answers[i], errs[i] = s.slow() })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return answers
}

func TestASecondSIGTERMDoesNotKill(t *testing.T) {
	t.Parallel()
	s := begin(t)
	h := s.hold("held")
	s.Signal(syscall.SIGTERM)
	s.AwaitLog("lifecycle: draining")
	s.Signal(syscall.SIGTERM)
	s.AwaitLog("signal ignored")
	if err := h.release(); err != nil {
		t.Errorf("the request under way: %v", err)
	}
	s.wantExit(0)
	s.wantStored([]string{"held"})
}

func TestTheDemoShowsItAll(t *testing.T) {
	t.Parallel()
	s := launch(t, "-demo")
	s.wantExit(0)
	out := s.Stdout.String()
	row := `(?m)^ +\d+\.\d{3} `
	for _, want := range []string{
		row + `→ running .* main is launched$`,
		row + `  running +200 ok +200 ok .* 5 are accepted$`,
		row + `  running +200 ok +503 degraded .* checkpoint directory gone`,
		row + `  running +200 ok +200 ok +8 +\d+ .* 8 slow requests are in flight$`,
		row + `→ draining `,
		row + `. draining +200 ok +503 not_ready `,
		row + `  draining +refused +refused `,
		row + `→ hooks +refused +refused +0 +0 `,
		row + `  \w+ .* hook: store flushed to disk$`,
		row + `→ stopped +refused +refused +0 +0 `,
		`✓ (\d+) records were accepted; (\d+) of them are in the store`,
		`✓ [1-8] slow requests were in flight when the stop came`,
		`✓ Run returned nil`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("the demo printed nothing like %s", want)
		}
	}
	for _, never := range []string{"✗", "CUT SHORT"} {
		if strings.Contains(out, never) {
			t.Errorf("the demo printed %s", never)
		}
	}
	if log := s.Stderr.String(); log != "" {
		t.Errorf("the demo wrote to stderr: %s", log)
	}
}
