//go:build unix

package documented

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/internal/loopback"
)

// The defaults that these mains are printed with.
const (
	grace    = 5 * time.Second
	drain    = 15 * time.Second
	shutdown = 10 * time.Second
	slack    = 5 * time.Second // for a machine that is busy
)

func TestAMainWithoutHooksStopsLateAndSaysWhy(t *testing.T) {
	if testing.Short() || os.Getenv("LIFECYCLE_BROKEN") != "all" {
		t.Skip("takes the grace and the shutdown timeout, 15s; LIFECYCLE_BROKEN=all runs it")
	}
	t.Parallel()
	p, _ := serve(t, "listen")
	took := stop(p)
	wantCode(t, p, 1)
	if took < grace+shutdown || took > grace+shutdown+slack {
		t.Errorf("it stopped after %v, want the grace and the shutdown timeout, %v", took, grace+shutdown)
	}
	wantLog(t, p,
		"main has not returned since its context was cancelled",
		"lifecycle: shutdown timeout (10s): every hook has run, but main is still running",
		"lifecycle: main is still running")
}

func TestHooksRunLastRegisteredFirst(t *testing.T) {
	t.Parallel()
	p := child.Start(t, build(t, "lifo"), nil)
	p.AwaitLog("lifecycle: running")
	stop(p)
	wantCode(t, p, 0)
	if got, want := p.Stdout.All(), []string{"cache flushed", "db closed"}; !slices.Equal(got, want) {
		t.Errorf("it printed %q, want %q", got, want)
	}
}

func TestTheCompleteMainStopsWithinTheGraceWhenIdle(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the grace: 5s")
	}
	t.Parallel()
	p, addr := serve(t, "complete")
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ok"} {
		if got := probe(t, client, addr, path); got != want {
			t.Errorf("%s says %q, want %q", path, got, want)
		}
	} // and leaves a connection behind that is idle
	took := stop(p)
	wantCode(t, p, 0)
	if took < grace || took > drain-slack {
		t.Errorf("it stopped after %v, want the grace of %v and not the drain timeout", took, grace)
	}
}

func TestTheCompleteMainSaysWhatToDoWithARequestUnderWay(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the grace: 5s")
	}
	t.Parallel()
	p, addr := serve(t, "complete")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	// The handler asks for the body, which does not come: it is under way.
	_, err = io.WriteString(conn, "POST /jobs HTTP/1.1\r\nHost: complete\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("the handler does not ask for the body: %q, %v", line, err)
	}
	took := stop(p)
	wantCode(t, p, 1)
	if took < grace || took > drain-slack {
		t.Errorf("it stopped after %v, want the grace of %v and not the drain timeout", took, grace)
	}
	wantLog(t, p,
		"hook failed", "context canceled", "it used the run's context, which is already cancelled", "OnShutdownContext")
	for _, line := range p.Stderr.All() {
		if strings.Contains(line, "hook failed") && !strings.Contains(line, "complete/main.go:") {
			t.Errorf("the log does not say which hook: %s", line)
		}
	}
}

func build(t *testing.T, name string) string {
	t.Helper()
	path, err := programs.Build(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// serve starts a program that serves on $ADDR, and returns when it does.
func serve(t *testing.T, name string) (p *child.Process, addr string) {
	t.Helper()
	path := build(t, name)
	for range 10 {
		addr = loopback.FreeAddr()
		p = child.Start(t, path, []string{"ADDR=" + addr})
		if listens(p, addr) {
			return p, addr
		}
		t.Logf("%s could not have %s; once more", name, addr)
	}
	t.Fatalf("%s does not listen", name)
	return nil, ""
}

// listens waits until addr can be connected to, or the process has ended.
func listens(p *child.Process, addr string) bool {
	for {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return true
		}
		select {
		case <-p.Exited():
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stop sends SIGTERM, waits for the end, and returns how long it took.
func stop(p *child.Process) time.Duration {
	began := time.Now()
	p.Signal(syscall.SIGTERM)
	p.ExitCode()
	return time.Since(began)
}

func probe(t *testing.T, client *http.Client, addr, path string) (status string) {
	t.Helper()
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+addr+path, nil)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body health.Response
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return body.Status
}

func wantCode(t *testing.T, p *child.Process, want int) {
	t.Helper()
	if got := p.ExitCode(); got != want {
		t.Errorf("the exit code is %d, want %d", got, want)
	}
}

func wantLog(t *testing.T, p *child.Process, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if p.Stderr.Find(text) < 0 {
			t.Errorf("the log does not say %q", text)
		}
	}
}
