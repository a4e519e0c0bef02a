package promhealth_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
)

// HEALTH-9: a scrape waits for a check that hangs as long as a probe does, or
// as its own timeout says.
func TestScrapeWaitsNoLongerThanItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		hang := func(context.Context) error { <-release; return nil }
		for name, tc := range map[string]struct {
			check health.CheckOption
			opts  []promhealth.Option
			want  time.Duration
		}{
			"the check's": {health.Timeout(time.Second), nil, time.Second},
			"its own":     {health.Timeout(time.Minute), []promhealth.Option{promhealth.WithTimeout(2 * time.Second)}, 2 * time.Second},
			"its default": {health.Timeout(time.Minute), nil, 5 * time.Second},
		} {
			h := newHandler()
			h.AddCheckContext("db", hang, tc.check)
			start := time.Now()
			gather(t, promhealth.New(h, tc.opts...)).expect("health_ready 0", `health_check_passing{check="db"} 0`)
			if took := time.Since(start); took != tc.want {
				t.Errorf("%s: took %v, want %v", name, took, tc.want)
			}
		}
	})
}

func TestInvalidOptionIsLoggedWithItsCallSite(t *testing.T) {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	defer slog.SetDefault(before)
	for opt, want := range map[string]promhealth.Option{
		"an option is nil": nil,
		"WithTimeout(0s) is not positive; the timeout stays 5s":  promhealth.WithTimeout(0),
		"WithTimeout(-1s) is not positive; the timeout stays 5s": promhealth.WithTimeout(-time.Second),
	} {
		b.Reset()
		c := promhealth.New(newHandler(), want)
		if text := b.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=ERROR") ||
			!strings.Contains(text, "promhealth: New: "+opt) || !strings.Contains(text, "options_test.go:") {
			t.Errorf("want one error with %q and its place, got %q", opt, text)
		}
		gather(t, c).expect("health_ready 1")
	}
}

func TestNilHandlerIsAnErrorInEveryScrape(t *testing.T) {
	rec := httptest.NewRecorder()
	handlerFor(t, promhealth.New(nil)).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if rec.Code != 500 || !strings.Contains(rec.Body.String(), "promhealth: New: the handler is nil") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
