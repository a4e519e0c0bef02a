package benchmarks

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// discard takes an answer and keeps nothing.
type discard struct{ header http.Header }

func newDiscard() *discard { return &discard{http.Header{}} }

func (w *discard) Header() http.Header         { return w.header }
func (w *discard) WriteHeader(int)             {}
func (w *discard) Write(p []byte) (int, error) { return len(p), nil }

var noop = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// BenchmarkWork is what it costs to count one piece of work in flight, from
// every core at once: run it with -cpu 1,2.
func BenchmarkWork(b *testing.B) {
	// pair is what every way of counting is compared with.
	pair := func(wg *sync.WaitGroup) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					wg.Add(1)
					wg.Done()
				}
			})
		}
	}
	handle := func(h http.Handler) func(*testing.B) {
		return func(b *testing.B) {
			w, r := newDiscard(), httptest.NewRequest(http.MethodGet, "/", nil)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					h.ServeHTTP(w, r)
				}
			})
		}
	}
	ctx := running(b)
	b.Run("waitgroup", pair(new(sync.WaitGroup)))
	b.Run("draingroup", pair(lifecycle.DrainGroup(ctx)))
	b.Run("track", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				done, _ := lifecycle.Track(ctx)
				done()
			}
		})
	})
	b.Run("nohandler", handle(noop))
	b.Run("handler", handle(lifecycle.Handler(ctx, noop)))
}

func TestWhatCountsWorkLeavesNothingCounted(t *testing.T) {
	ctx := running(t) // which fails if something is left when it stops
	wg := lifecycle.DrainGroup(ctx)
	wg.Add(1)
	wg.Done()
	done, ok := lifecycle.Track(ctx)
	if !ok {
		t.Error("Track refuses work")
	}
	done()
	called := false
	h := lifecycle.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	h.ServeHTTP(newDiscard(), httptest.NewRequest(http.MethodGet, "/", nil))
	if !called {
		t.Error("Handler did not call the handler")
	}
}
