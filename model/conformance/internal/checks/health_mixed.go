package checks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// mixedTimeouts are timeouts of which some are nearly the same: which of two checks
// has to get its turn first is decided by little.
var mixedTimeouts = []time.Duration{
	100 * time.Millisecond, 104 * time.Millisecond, 120 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 3 * time.Second,
}

// MixedTimeouts checks HEALTH-10: checks that hang, checks that take a while and quick
// ones, in any order and with timeouts of all lengths, of a handler that is new or old.
func MixedTimeouts(c *Checker) {
	for seed, n := range []int{1, 2, 17, 100, 100, 100, 200, 200, 300, 300, 1000} {
		for _, age := range []time.Duration{0, 5 * time.Hour} {
			c.mixedTimeouts(rand.New(rand.NewPCG(uint64(seed), 1)), n, age)
		}
	}
}

func (c *Checker) mixedTimeouts(random *rand.Rand, n int, age time.Duration) {
	c.bubble(func() {
		h := c.health()
		time.Sleep(age)
		check, release := hung()
		longest := time.Duration(0)        // of the timeouts of those that hang
		var last atomic.Pointer[time.Time] // when one of the others has ended
		takes := func(d time.Duration) func(context.Context) error {
			return func(context.Context) error {
				time.Sleep(d)
				now := time.Now()
				last.Store(&now)
				return nil
			}
		}
		for i := range n {
			timeout := mixedTimeouts[random.IntN(len(mixedTimeouts))]
			s := subject.CheckSettings{Timeout: timeout}
			switch random.IntN(8) {
			case 0, 1:
				h.AddCheckContext(fmt.Sprintf("%04d hangs", i), func(context.Context) error { return check() }, s)
				longest = max(longest, timeout)
			case 2:
				s.Timeout = time.Minute
				h.AddCheckContext(fmt.Sprintf("%04d takes a while", i), takes(30*time.Millisecond), s)
			default:
				h.AddCheckContext(fmt.Sprintf("%04d is quick", i), takes(time.Millisecond), s)
			}
		}
		for probe := range 3 {
			began := time.Now()
			last.Store(&began)
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			what := fmt.Sprintf("probe %d of %d checks with different timeouts, by a handler that is %v old", probe+1, n, age)
			wrong := []string{}
			for name, text := range r.Checks {
				hangs := strings.HasSuffix(name, "hangs")
				if hangs == (text == "ok") {
					wrong = append(wrong, name+": "+text)
				}
			}
			c.expect(len(wrong) == 0 && len(r.Checks) == n, "%s: %d are listed, and %d of them are wrong: %.200q", what, len(r.Checks), len(wrong), wrong)
			want := last.Load().Sub(began)
			if probe == 0 {
				want = max(want, longest)
			}
			c.expect(about(took, want), "%s is answered after %v; the last check ends after %v, and the longest timeout of those that hang is %v", what, took, last.Load().Sub(began), longest)
			time.Sleep(5 * time.Second) // no timeout is longer, of those that hang
		}
		release()
		time.Sleep(time.Second)
	})
}
