//go:build unix

package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestARequestUnderWayIsAnsweredBeforeTheStoreIsClosed(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	answer := get(addr[0])
	p.AwaitLog("request begins")
	p.Signal(syscall.SIGTERM)
	if got := <-answer; got != "hello\n" {
		t.Errorf("the answer is %q", got)
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantInOrder(t, p, "request begins", "request done", "store closed")
	guidetest.WantQuotedLog(t, p, "../own-server.md", 0)
}

func TestWhatIsStillUnderWayAtTheDrainTimeoutIsCut(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-takes", "1h", "-drain-timeout", "100ms")
	answer := get(addr[0])
	p.AwaitLog("request begins")
	p.Signal(syscall.SIGTERM)
	if got := <-answer; got == "hello\n" {
		t.Errorf("the answer is %q", got)
	}
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "store closed", "greeter failed")
	guidetest.WantQuotedLog(t, p, "../own-server.md", 1)
}

func TestAnIdleConnectionDoesNotHoldTheStop(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-takes", "1ms", "-drain-timeout", "1h")
	conn, err := net.Dial("tcp", addr[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: greeter\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 0)
}

func TestAPortThatCannotBeHadIsAnErrorAtOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := guidetest.Start(t, "-addr", ln.Addr().String())
	guidetest.WantExit(t, p, 1)
	// Not the first line that names it: the lifecycle's log does too, and is
	// written beside the hooks.
	guidetest.WantInOrder(t, p, "store closed", "greeter failed")
	if failed := p.AwaitLog("greeter failed"); !strings.Contains(failed, "address already in use") {
		t.Errorf("the program says %q", failed)
	}
}

// get asks; the answer's body, or what went wrong, comes on the channel.
func get(addr string) <-chan string {
	answer := make(chan string, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			body = []byte(err.Error())
		}
		answer <- string(body)
	}()
	return answer
}
