package benchmarks

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/greynewell/mist-go/health"
)

// BenchmarkChecks is what many checks cost: to add ten thousand, and to probe
// ten thousand that hang beside 400 that do not, each with a second. Of the 400
// it counts those that are not right in the first probe and in the next.
func BenchmarkChecks(b *testing.B) {
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h := health.New("tool", "1.0.0")
			for i := range 10_000 {
				h.AddCheck(strconv.Itoa(i), pass)
			}
		}
	})
	b.Run("hung", func(b *testing.B) {
		wrong := 0
		for b.Loop() {
			wrong += wrongBesideHung(b)
		}
		b.ReportMetric(float64(wrong)/float64(b.N), "wrong/op")
	})
}

const hungChecks, quickChecks = 10_000, 400

func wrongBesideHung(tb testing.TB) (wrong int) {
	h := health.New("tool", "1.0.0", health.WithCheckTimeout(time.Second), health.WithLogger(slog.New(slog.DiscardHandler)))
	release := make(chan struct{})
	defer close(release)
	for i := range hungChecks {
		h.AddCheck("hung"+strconv.Itoa(i), func() error { <-release; return nil })
	}
	for i := range quickChecks {
		h.AddCheck("quick"+strconv.Itoa(i), pass)
	}
	for range 2 {
		response, ready := h.Check(context.Background())
		if ready || len(response.Checks) != hungChecks+quickChecks {
			tb.Fatalf("ready %v, %d checks", ready, len(response.Checks))
		}
		for i := range quickChecks {
			if response.Checks["quick"+strconv.Itoa(i)] != "ok" {
				wrong++
			}
		}
	}
	return wrong
}

func TestEveryQuickCheckIsRightBesideTenThousandThatHang(t *testing.T) {
	if wrong := wrongBesideHung(t); wrong != 0 {
		t.Errorf("%d of two times %d are wrong", wrong, quickChecks)
	}
}
