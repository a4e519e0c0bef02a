//go:build unix

// Package migration holds docs/migration.md to what it says: the programs before
// and after a move to package lifecycle are built, used, and stopped by a
// signal.
package migration

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestWhatARequestLeavesBehind(t *testing.T) {
	for _, c := range []struct {
		program string
		sent    bool
	}{{"notifycontext/before", false}, {"notifycontext/after", true}} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			p, addr := serve(t, c.program)
			if code := <-post(addr); code != http.StatusAccepted {
				t.Errorf("the request is answered with %d", code)
			}
			p.AwaitLog("mail begins")
			wantExit(t, p, 0)
			wantLine(t, p, "store closed", true)
			wantLine(t, p, "mail sent", c.sent)
			if c.sent && p.Stderr.Find("mail sent") > p.Stderr.Find("store closed") {
				t.Error("the store is closed before the mail is sent")
			}
		})
	}
}

func TestAnOrderThatIsAcceptedDuringTheStop(t *testing.T) {
	for _, c := range []struct {
		program string
		handled bool
	}{{"oklogrun/before", false}, {"oklogrun/after", true}} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			p, addr := serve(t, c.program)
			code := post(addr)
			p.AwaitLog("order begins")
			wantExit(t, p, 0)
			if code := <-code; code != http.StatusAccepted {
				t.Errorf("the request is answered with %d", code)
			}
			wantLine(t, p, "handled an order", c.handled)
		})
	}
}

func TestTwoErrorsAtOneStop(t *testing.T) {
	for _, c := range []struct {
		program string
		both    bool
	}{{"errgroup/before", false}, {"errgroup/after", true}} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			p, _ := serve(t, c.program)
			if code := p.ExitCode(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			wantLine(t, p, "poll: connection refused", true)
			wantLine(t, p, "store: disk full", c.both)
		})
	}
}

func TestWithFxTheStoreIsClosedAfterTheLastRequest(t *testing.T) {
	for _, program := range []string{"fx/before", "fx/after"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			p, addr := serve(t, program)
			code := post(addr)
			p.AwaitLog("request begins")
			wantExit(t, p, 0)
			if code := <-code; code != http.StatusOK {
				t.Errorf("the request is answered with %d", code)
			}
			answered, closed := p.Stderr.Find("request answered"), p.Stderr.Find("store closed")
			if answered < 0 || closed < answered {
				t.Error("the store is not closed after the answer")
			}
		})
	}
}

// serve starts a program on a free address, and returns when it listens.
func serve(t *testing.T, program string) (p *child.Process, addr string) {
	t.Helper()
	p, addrs := guidetest.ServeIn(t, program, []string{"-addr"})
	return p, addrs[0]
}

// post sends a request; the status of the answer, or 0, comes on the channel.
func post(addr string) <-chan int {
	code := make(chan int, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Post("http://"+addr+"/orders", "text/plain", strings.NewReader("x"))
		if err != nil {
			code <- 0
			return
		}
		resp.Body.Close()
		code <- resp.StatusCode
	}()
	return code
}

// wantExit sends SIGTERM and compares the exit code.
func wantExit(t *testing.T, p *child.Process, want int) {
	t.Helper()
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, want)
}

func wantLine(t *testing.T, p *child.Process, text string, want bool) {
	t.Helper()
	if got := p.Stderr.Find(text) >= 0; got != want {
		t.Errorf("a line with %q: %v, want %v", text, got, want)
	}
}
