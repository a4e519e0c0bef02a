package health_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/health"
)

// run is one run of a check, as the check saw it.
type run struct {
	began, ended time.Duration
	over         bool
}

// runRecorder records the runs of one check.
type runRecorder struct {
	mu      sync.Mutex
	runs    []run
	overlap bool
}

func (l *runRecorder) begin(at time.Duration) (i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.runs); n > 0 && !l.runs[n-1].over {
		l.overlap = true
	}
	l.runs = append(l.runs, run{began: at})
	return len(l.runs) - 1
}

func (l *runRecorder) end(i int, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[i].ended, l.runs[i].over = at, true
}

// HEALTH-9, HEALTH-10: whatever the checks take and whenever the probes come,
// runs of a check do not overlap, a probe gets the result of a run that was
// under way when it came or began later and ended within the timeout, or that
// there was none; it is answered by its longest timeout; and a check that is
// idle begins within half of its timeout. See probers_test.go for the case in
// which nothing has to wait for its turn, and everything is known.
func TestRandomChecksAndProbes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rapid.SyncTest(rt, func(rt *rapid.T) { testChecksAndProbes(rt) })
	})
}

func testChecksAndProbes(rt *rapid.T) {
	h, epoch := newHandler(), time.Now()
	since := func() time.Duration { return time.Since(epoch) }
	// A distinct low bit for each duration keeps sums from being equal.
	bit := time.Duration(1)
	distinct := func(d time.Duration) time.Duration { bit += 2; return d + bit }

	n := rapid.SampledFrom([]int{1, 3, 70, 200}).Draw(rt, "checks")
	recorders, timeouts := make([]*runRecorder, n), make([]time.Duration, n)
	longest := time.Duration(0)
	kinds := rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(rt, "kinds")
	for i := range n {
		l := &runRecorder{}
		takes := distinct([]time.Duration{0, 10 * ms, 150 * ms, 900 * ms}[kinds[i]])
		timeouts[i] = distinct(time.Duration(100+100*(i%7)) * ms)
		longest = max(longest, timeouts[i])
		recorders[i] = l
		h.AddCheckContext(fmt.Sprint(i), func(context.Context) error {
			at := l.begin(since())
			time.Sleep(takes)
			l.end(at, since())
			return errors.New(fmt.Sprint("run ", at))
		}, health.Timeout(timeouts[i]))
	}

	var probes sync.WaitGroup
	var mu sync.Mutex
	var wrong []string
	for _, at := range rapid.SliceOfN(rapid.IntRange(0, 1500), 1, 12).Draw(rt, "probes at ms") {
		at := distinct(time.Duration(at) * ms)
		probes.Go(func() {
			time.Sleep(at)
			came := since()
			r, _ := h.Check(context.Background())
			left := since()
			mu.Lock()
			defer mu.Unlock()
			if left-came > longest {
				wrong = append(wrong, fmt.Sprintf("a probe at %v was answered at %v", came, left))
			}
			for i, l := range recorders {
				if bad := l.verify(r.Checks[fmt.Sprint(i)], came, timeouts[i]); bad != "" {
					wrong = append(wrong, fmt.Sprintf("probe at %v, check %d: %s", came, i, bad))
				}
			}
		})
	}
	probes.Wait()
	time.Sleep(2 * time.Second) // for the runs that were given up
	for i, l := range recorders {
		if l.overlap {
			wrong = append(wrong, fmt.Sprintf("two runs of check %d at a time", i))
		}
	}
	for _, w := range wrong {
		rt.Errorf("%s", w)
	}
}

// verify returns what is wrong with an answer to a probe that arrived at came. When a
// run was asked for is not known here: at most half of the timeout before it
// began.
func (l *runRecorder) verify(text string, came, timeout time.Duration) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var i int
	if _, err := fmt.Sscanf(text, "run %d", &i); err == nil {
		r := l.runs[i]
		if r.ended < came || r.ended-r.began >= timeout {
			return fmt.Sprintf("got the run from %v to %v", r.began, r.ended)
		}
		return ""
	}
	if text != fmt.Sprintf("timed out after %v", timeout) {
		return fmt.Sprintf("got %q", text)
	}
	for _, r := range l.runs {
		if r.over && r.ended < came {
			continue // of an earlier probe
		}
		if r.began > came+timeout/2 {
			return "had no run within half of its timeout"
		}
		if r.over && r.ended-r.began < timeout/2 {
			return fmt.Sprintf("did not get the run from %v to %v", r.began, r.ended)
		}
		return ""
	}
	return "had no run"
}
