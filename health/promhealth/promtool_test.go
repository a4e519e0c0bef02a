package promhealth_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health/promhealth"
)

// What a scrape is answered is what Prometheus' own tool finds nothing wrong
// with, whatever the checks are called and come to.
func TestPromtoolAcceptsAScrape(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("MIST_NO_SKIP") != "" {
			t.Fatalf("promtool is not installed, and MIST_NO_SKIP is set: %v", err)
		}
		t.Skip("promtool is not installed; on Debian it is in the package prometheus")
	}
	h := newHandler()
	c := promhealth.New(h)
	for _, name := range []string{"db", "", "a\xff\xfeb", "a\"b\nc\\", "é😀", strings.Repeat("x", 10_000)} {
		h.AddCheckContext(name, c.Timed(name, fail))
	}
	c.Observe(step(fsm.Starting, fsm.Started, fsm.Running, time.Now()))
	gather(t, c)
	for _, state := range []fsm.State{fsm.Running, fsm.Draining, fsm.Stopped} {
		c.Observe(step(fsm.Running, fsm.StopRequested, state, time.Now()))
		rec := httptest.NewRecorder()
		handlerFor(t, c).ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		check := exec.CommandContext(ctx, tool, "check", "metrics")
		check.Stdin = rec.Body
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("in %v promtool says: %v\n%.2000s", state, err, out)
		}
	}
}
