//go:build unix

package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestARequestUnderWayIsAnsweredBeforeTheStoreIsClosed(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	answer := post(t, addr[0], "apples")
	p.AwaitLog("storing order=apples")
	p.Signal(syscall.SIGTERM)
	if code := <-answer; code != http.StatusCreated {
		t.Errorf("the request is answered with %d", code)
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantInOrder(t, p, "storing order=apples", "stored order=apples", "store closed orders=1")
	guidetest.WantQuotedLog(t, p, "../http.md", 0)
}

func TestWhatIsStillUnderWayAtTheDrainTimeoutIsCut(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-drain-timeout", "100ms")
	answer := post(t, addr[0], "apples")
	p.AwaitLog("storing order=apples")
	p.Signal(syscall.SIGTERM)
	if code := <-answer; code == http.StatusCreated {
		t.Errorf("the request is answered with %d", code)
	}
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "storing order=apples", "given up order=apples", "store closed orders=0", "orders failed")
	guidetest.WantQuotedLog(t, p, "../http.md", 1)
}

func TestInTheDrainDelayReadinessFailsAndRequestsAreServed(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-drain-delay", "1m")
	wantProbe(t, addr[0], "/readyz", http.StatusOK, "running")
	p.Signal(syscall.SIGTERM)
	p.AwaitLog("lifecycle: draining")
	wantProbe(t, addr[0], "/readyz", http.StatusServiceUnavailable, "draining")
	wantProbe(t, addr[0], "/healthz", http.StatusOK, "ok")
	if code := <-post(t, addr[0], "pears"); code != http.StatusCreated {
		t.Errorf("a request in the drain delay is answered with %d", code)
	}
	p.Signal(syscall.SIGINT) // a forcing one: it ends the delay
	guidetest.WantExit(t, p, 0)
	guidetest.WantInOrder(t, p, "stored order=pears", "store closed orders=1")
}

// post sends an order; the status of the answer, or 0, comes on the channel.
func post(t *testing.T, addr, order string) <-chan int {
	t.Helper()
	code := make(chan int, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Post("http://"+addr+"/orders", "text/plain", strings.NewReader(order))
		if err != nil {
			code <- 0
			return
		}
		resp.Body.Close()
		code <- resp.StatusCode
	}()
	return code
}

func wantProbe(t *testing.T, addr, path string, code int, text string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != code || !strings.Contains(string(body), text) {
		t.Errorf("%s: %d %s, %v; want %d and %q", path, resp.StatusCode, body, err, code, text)
	}
}
