package conformance

import (
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
)

// Bench plays random scenarios on an implementation, on every core, and
// reports how many there are a second: drawn, predicted, played and compared.
func Bench(b *testing.B, impl Implementation) {
	started := make(chan os.Signal, 1)
	signal.Notify(started, os.Interrupt, syscall.SIGTERM)
	signal.Stop(started)
	was := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	defer slog.SetDefault(was)
	x := &exam{impl: &impl, offered: offersOf(impl)}
	var next, wrong atomic.Int64
	// A bubble needs a *testing.T, and a benchmark has none.
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "Bench", F: func(t *testing.T) {
		began := time.Now()
		var workers sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			workers.Go(func() {
				for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
					if !x.one(t, int(n)) {
						wrong.Add(1)
					}
				}
			})
		}
		workers.Wait()
		b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "scenarios/s")
	}}})
	if wrong.Load() > 0 {
		b.Logf("%d of %d differ", wrong.Load(), b.N)
	}
}

// one plays the n-th random scenario.
func (x *exam) one(t *testing.T, n int) bool {
	s, ok := x.reduce(x.generator().Example(n))
	if !ok {
		return true
	}
	want := model.Predict(s)[0]
	return unordered(s, want) || len(play(t, x.impl, x.offered, s, want).differences()) == 0
}
