//go:build unix

package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

// One test of the real thing: a process, a port and a signal.
func TestTheProcessWritesItsLastDigestAfterSIGTERM(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post("http://"+addr[0]+"/events", "text/plain", strings.NewReader("x"))
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close()
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 0)
	if got := p.Stdout.String(); got != "1 events" {
		t.Errorf("written: %q", got)
	}
}
