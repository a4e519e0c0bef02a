package health_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/internal/race"
)

// recorder is the cheapest ResponseWriter: it keeps the last body.
type recorder struct {
	header http.Header
	code   int
	body   []byte
}

func (w *recorder) Header() http.Header { return w.header }
func (w *recorder) WriteHeader(c int)   { w.code = c }
func (w *recorder) Write(b []byte) (int, error) {
	w.body = append(w.body[:0], b...)
	return len(b), nil
}

func (w *recorder) serve(h http.Handler, ctx context.Context) {
	w.header = http.Header{}
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
}

// discard takes an answer and keeps nothing.
type discard struct{ header http.Header }

func (w discard) Header() http.Header         { return w.header }
func (w discard) WriteHeader(int)             {}
func (w discard) Write(b []byte) (int, error) { return len(b), nil }

func benchmark(b *testing.B, handler http.HandlerFunc) {
	b.ReportAllocs()
	w, r := discard{http.Header{}}, httptest.NewRequest(http.MethodGet, "/", nil)
	for b.Loop() {
		handler(w, r)
	}
}

func BenchmarkLiveness(b *testing.B) { benchmark(b, newHandler().Liveness()) }

func BenchmarkReadiness(b *testing.B) {
	b.Run("no checks", func(b *testing.B) { benchmark(b, newHandler().Readiness()) })
	b.Run("no checks, followed", func(b *testing.B) {
		h := newHandler()
		h.Follow(fsm.NewContext(context.Background(), machineIn(b, fsm.Running)))
		benchmark(b, h.Readiness())
	})
	b.Run("10 checks", func(b *testing.B) {
		h := newHandler()
		for i := range 10 {
			h.AddCheck(fmt.Sprint("check ", i), pass)
		}
		benchmark(b, h.Readiness())
	})
	b.Run("10 checks of 10ms", func(b *testing.B) {
		h := newHandler()
		for i := range 10 {
			h.AddCheck(fmt.Sprint("check ", i), func() error { time.Sleep(10 * time.Millisecond); return nil })
		}
		benchmark(b, h.Readiness())
	})
	b.Run("1000 checks", func(b *testing.B) {
		h := newHandler()
		for i := range 1000 {
			h.AddCheck(fmt.Sprint("check ", i), pass)
		}
		benchmark(b, h.Readiness())
	})
}

// BenchmarkFloor is the least that ten checks side by side can cost: ten
// goroutines that are started and collected.
func BenchmarkFloor(b *testing.B) {
	b.ReportAllocs()
	results := make([]error, 10)
	for b.Loop() {
		var wg sync.WaitGroup
		for i := range results {
			wg.Add(1)
			go func() {
				defer wg.Done()
				results[i] = pass()
			}()
		}
		wg.Wait()
	}
}

// TestProbeWithoutChecksDoesNotAllocate holds what the benchmarks show.
func TestProbeWithoutChecksDoesNotAllocate(t *testing.T) {
	h := newHandler()
	followed := newHandler()
	followed.Follow(fsm.NewContext(context.Background(), machineIn(t, fsm.Running)))
	w, r := discard{http.Header{}}, httptest.NewRequest(http.MethodGet, "/", nil)
	for name, handler := range map[string]http.HandlerFunc{
		"liveness": h.Liveness(), "readiness": h.Readiness(), "startup": h.Startup(),
		"readiness that follows": followed.Readiness(), "startup that follows": followed.Startup(),
	} {
		// The race detector makes sync.Pool drop some of what it is given.
		if n := testing.AllocsPerRun(1000, func() { handler(w, r) }); n > 0 && !race.Enabled {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
