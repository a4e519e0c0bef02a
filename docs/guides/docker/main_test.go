//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

// dockerStop is what docker stop gives without -t.
const dockerStop = 10 * time.Second

func TestTheStopFitsIntoWhatDockerGives(t *testing.T) {
	if sum := drainTimeout + shutdownTimeout; sum > dockerStop-500*time.Millisecond {
		t.Errorf("a stop takes up to %v, of %v", sum, dockerStop)
	}
}

func TestARequestUnderWayIsAnswered(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	answer := make(chan string, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + addr[0])
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	p.AwaitLog("working")
	p.Signal(syscall.SIGTERM)
	if got := <-answer; got != "hello\n" {
		t.Errorf("the answer is %q", got)
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantQuotedLog(t, p, "../docker.md", 0)
}

func TestTheProgramProbesItself(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	for _, c := range []struct {
		path string
		code int
	}{{"/healthz", 0}, {"/readyz", 0}, {"/nothing/here", 0}} {
		guidetest.WantExit(t, guidetest.Start(t, "-probe", "http://"+addr[0]+c.path), c.code)
	}
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 0)
	guidetest.WantExit(t, guidetest.Start(t, "-probe", "http://"+addr[0]+"/healthz"), 1)
}

func TestTheImageRunsTheProgramItselfAndNoShell(t *testing.T) {
	stages := instructions(t)
	image := stages[len(stages)-1]
	want := map[string][]string{
		"ENTRYPOINT":  {"/orders"},
		"HEALTHCHECK": {"/orders", "-probe", "http://127.0.0.1:8080/healthz"},
	}
	for _, line := range image {
		name, rest, _ := strings.Cut(line, " ")
		switch name {
		case "STOPSIGNAL", "CMD", "SHELL":
			t.Errorf("the image has %s", line)
		case "ENTRYPOINT", "HEALTHCHECK":
			var command []string
			if err := json.Unmarshal([]byte(rest[strings.Index(rest, "["):]), &command); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			if !slices.Equal(command, want[name]) {
				t.Errorf("%s: %q, want %q", name, command, want[name])
			}
			delete(want, name)
		}
	}
	for name := range want {
		t.Errorf("the image has no %s", name)
	}
	quoted := "```dockerfile\n" + strings.Join(slices.Concat(stages[0], []string{""}, image), "\n") + "\n```"
	if !strings.Contains(read(t, "../docker.md"), quoted) {
		t.Error("docker.md does not quote the Dockerfile")
	}
}

// instructions are the lines of the Dockerfile, for each of its stages.
func instructions(t *testing.T) (stages [][]string) {
	t.Helper()
	for line := range strings.Lines(read(t, "Dockerfile")) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "FROM ") {
			stages = append(stages, nil)
		}
		if line != "" {
			last := len(stages) - 1
			stages[last] = append(stages[last], line)
		}
	}
	return stages
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
