package benchmarks

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sundheit "github.com/AppsFlyer/go-sundheit"
	sundheithttp "github.com/AppsFlyer/go-sundheit/http"
	liesenfeld "github.com/alexliesenfeld/health"
	hellofresh "github.com/hellofresh/health-go/v5"

	"github.com/greynewell/mist-go/health"
)

type check func() error

func pass() error { return nil }

func slow() error {
	time.Sleep(10 * time.Millisecond)
	return nil
}

// probers make a handler that answers 200 when n checks pass.
var probers = []struct {
	name string
	// eager says that every probe runs the checks. go-sundheit runs them by the
	// clock, and a probe answers with what came out last.
	eager bool
	make  func(tb testing.TB, n int, fn check) http.Handler
}{
	{"mist", true, func(_ testing.TB, n int, fn check) http.Handler {
		h := health.New("tool", "1.0.0")
		for i := range n {
			h.AddCheck(name(i), health.CheckFunc(fn))
		}
		return h.Readiness()
	}},
	{"liesenfeld", true, func(_ testing.TB, n int, fn check) http.Handler {
		options := []liesenfeld.CheckerOption{liesenfeld.WithDisabledCache(), liesenfeld.WithDisabledAutostart()}
		for i := range n {
			options = append(options, liesenfeld.WithCheck(liesenfeld.Check{
				Name: name(i), Check: func(context.Context) error { return fn() },
			}))
		}
		return liesenfeld.NewHandler(liesenfeld.NewChecker(options...))
	}},
	{"hellofresh", true, func(tb testing.TB, n int, fn check) http.Handler { return newHellofresh(tb, n, fn) }},
	{"hellofresh-wide", true, func(tb testing.TB, n int, fn check) http.Handler {
		return newHellofresh(tb, n, fn, hellofresh.WithMaxConcurrent(max(1, n)))
	}},
	{"sundheit", false, newSundheit},
}

func name(i int) string { return "check" + strconv.Itoa(i) }

func newHellofresh(tb testing.TB, n int, fn check, options ...hellofresh.Option) http.Handler {
	h, err := hellofresh.New(options...)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		if err := h.Register(hellofresh.Config{Name: name(i), Check: func(context.Context) error { return fn() }}); err != nil {
			tb.Fatal(err)
		}
	}
	return h.Handler()
}

type sundheitCheck struct {
	name string
	fn   check
}

func (c sundheitCheck) Name() string                         { return c.name }
func (c sundheitCheck) Execute(context.Context) (any, error) { return "", c.fn() }

// newSundheit returns a handler whose checks have run once and will not again.
func newSundheit(tb testing.TB, n int, fn check) http.Handler {
	h := sundheit.New()
	var ran sync.WaitGroup
	ran.Add(n)
	for i := range n {
		c := sundheitCheck{name(i), func() error { defer ran.Done(); return fn() }}
		if err := h.RegisterCheck(c, sundheit.ExecutionPeriod(time.Hour)); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Cleanup(h.DeregisterAll)
	for ran.Wait(); !h.IsHealthy(); {
		time.Sleep(time.Millisecond)
	}
	return sundheithttp.HandleHealthJSON(h)
}

// loads are what the handlers are asked to check.
var loads = []struct {
	name string
	n    int
	fn   check
}{
	{"none", 0, pass}, {"ten", 10, pass}, {"one-slow", 1, slow}, {"ten-slow", 10, slow},
}

// BenchmarkProbe is one probe by a client that takes no time, beside the least
// it can cost: "bytes" writes an answer that was made before, "goroutines"
// starts a goroutine for each check and collects them, and answers nothing.
func BenchmarkProbe(b *testing.B) {
	b.Run("liveness/mist", func(b *testing.B) { ask(b, health.New("tool", "1.0.0").Liveness()) })
	b.Run("liveness/bytes", func(b *testing.B) { ask(b, precomputed()) })
	for _, load := range loads {
		b.Run(load.name+"/goroutines", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				collect(load.n, load.fn)
			}
		})
		for _, p := range probers {
			b.Run(load.name+"/"+p.name, func(b *testing.B) { ask(b, p.make(b, load.n, load.fn)) })
		}
	}
}

func ask(b *testing.B, h http.Handler) {
	w, r := newDiscard(), httptest.NewRequest(http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

func precomputed() http.HandlerFunc {
	body := []byte(`{"status":"ok","tool":"tool","version":"1.0.0","uptime":"3h42m18s"}`)
	kind, cache, length := []string{"application/json"}, []string{"no-store"}, []string{fmt.Sprint(len(body))}
	return func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header["Content-Type"], header["Cache-Control"], header["Content-Length"] = kind, cache, length
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body)
	}
}

func collect(n int, fn check) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = fn() })
	}
	wg.Wait()
	return errs
}

func TestEveryProberAnswers(t *testing.T) {
	for _, p := range probers {
		for _, n := range []int{0, 1, 10} {
			t.Run(fmt.Sprintf("%s with %d checks", p.name, n), func(t *testing.T) {
				var ran atomic.Int64
				h := p.make(t, n, func() error { ran.Add(1); return nil })
				for probe := range 3 {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
					if want := int64(n * (probe + 1)); w.Code != http.StatusOK || p.eager && ran.Load() != want {
						t.Errorf("probe %d: %d %s, %d runs, want %d", probe, w.Code, w.Body, ran.Load(), want)
					}
				}
			})
		}
	}
}

func TestTheFloorsDoWhatTheySay(t *testing.T) {
	w := httptest.NewRecorder()
	precomputed()(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK || fmt.Sprint(w.Body.Len()) != w.Header().Get("Content-Length") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	var ran atomic.Int64
	collect(10, func() error { ran.Add(1); return nil })
	if ran.Load() != 10 {
		t.Errorf("%d of ten ran", ran.Load())
	}
}
