//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestTheSpansOfTheStopAreExported(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"})
	done := make(chan error, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + addr[0] + "/orders")
		if err == nil {
			resp.Body.Close()
		}
		done <- err
	}()
	p.AwaitLog("working")
	p.Signal(syscall.SIGTERM)
	if err := <-done; err != nil {
		t.Error(err)
	}
	guidetest.WantExit(t, p, 0)
	var names []string
	for line := range strings.Lines(p.Stdout.String()) {
		var span struct{ Name string }
		if err := json.Unmarshal([]byte(line), &span); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		names = append(names, span.Name)
	}
	if want := []string{"GET /orders", "close store"}; !slices.Equal(names, want) {
		t.Errorf("exported: %q, want %q", names, want)
	}
}
