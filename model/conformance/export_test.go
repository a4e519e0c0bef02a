package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/examine"
)

// shareVariable tells a process of Bench which of the processes it is, of how
// many, and how many scenarios all of them play.
const shareVariable = "LIFECYCLE_CONFORMANCE_BENCH"

// Bench plays scenarios on an implementation, random ones or those of
// [model.Exhaustive], and reports how many there are a second: drawn, predicted,
// played and compared. Like the examination of a clause, it does so in processes
// with one processor each, as many as there are processors.
func Bench(b *testing.B, impl Implementation, random bool) {
	if share := os.Getenv(shareVariable); share != "" {
		os.Exit(playShare(share, impl, random))
	}
	var processes sync.WaitGroup
	of := runtime.GOMAXPROCS(0)
	began := time.Now()
	for i := range of {
		processes.Go(func() {
			child := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^"+strings.ReplaceAll(b.Name(), "/", "$/^")+"$", "-test.benchtime=1x")
			child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d", shareVariable, i, of, b.N))
			if output, err := child.CombinedOutput(); err != nil {
				b.Errorf("process %d: %v\n%s", i+1, err, output)
			}
		})
	}
	processes.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "scenarios/s")
}

// playShare plays what a process of Bench is to play, and returns its exit code.
func playShare(share string, impl Implementation, random bool) (code int) {
	var first, step, last int
	if _, err := fmt.Sscan(share, &first, &step, &last); err != nil {
		fmt.Fprintf(os.Stderr, "%s=%s: %v\n", shareVariable, strconv.Quote(share), err)
		return 2
	}
	examine.SettleIn()
	// A bubble needs a *testing.T, and a benchmark has none.
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "Bench", F: func(t *testing.T) {
		defer examine.OneProcessor()()
		play := examine.Nth(t, subjectOf(impl), random)
		for n := first; n < last; n += step {
			if v := play(n + 1); v != "" {
				fmt.Fprintln(os.Stderr, v)
				code = 1
			}
		}
	}}})
	return code
}

// TryExamine is Examine, and returns what Examine would pass to t.Fatal.
func TryExamine(t *testing.T, impl Implementation, opts ...Option) (Report, error) {
	return examineIn(t, impl, opts)
}

// Summary is what Markdown shows of a reason.
func Summary(reason string) string { return summary(reason) }
