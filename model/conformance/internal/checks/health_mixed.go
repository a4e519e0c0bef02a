package checks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
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
	for seed, n := range []int{1, 2, 17, 80, 80, 80, 100, 100, 100, 100, 100, 100, 200, 200, 200, 300, 300, 300, 1000} {
		for _, age := range []time.Duration{0, 5 * time.Hour} {
			c.mixedTimeouts(rand.New(rand.NewPCG(uint64(seed), 1)), n, 1+seed%3, age)
		}
	}
}

// mixedTimeouts has n checks; the shorter a timeout the rarer it is, if rare is not 1.
func (c *Checker) mixedTimeouts(random *rand.Rand, n, rare int, age time.Duration) {
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
			which := 0
			for range rare {
				which = max(which, random.IntN(len(mixedTimeouts)))
			}
			timeout := mixedTimeouts[which]
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
		for round := range 3 {
			began := time.Now()
			last.Store(&began)
			due := began // when the last of those that hang has failed
			if round == 0 {
				due = began.Add(longest)
			}
			var probers sync.WaitGroup
			for _, at := range []time.Duration{0, time.Duration(random.IntN(40)) * time.Millisecond, time.Duration(50+random.IntN(300)) * time.Millisecond} {
				probers.Go(func() {
					time.Sleep(at)
					r, now := play.Ask(h.Readiness, http.MethodGet), time.Now()
					what := fmt.Sprintf("round %d of %d checks with different timeouts, by a handler that is %v old, a probe after %v", round+1, n, age, at)
					wrong := []string{}
					for name, text := range r.Checks {
						if strings.HasSuffix(name, "hangs") == (text == "ok") {
							wrong = append(wrong, name+": "+text)
						}
					}
					c.expect(len(wrong) == 0 && len(r.Checks) == n, "%s: %d checks are listed, and %d of them are wrong: %.200q", what, len(r.Checks), len(wrong), wrong)
					late := now.Sub(slices.MaxFunc([]time.Time{began.Add(at), due, *last.Load()}, time.Time.Compare))
					c.expect(late <= slack, "%s is answered %v later than possible", what, late)
				})
			}
			probers.Wait()
			time.Sleep(5 * time.Second) // no timeout is longer, of those that hang
		}
		release()
		time.Sleep(time.Second)
	})
}

// HangAfterTexts checks HEALTH-9: several checks begin to fail at different times, with
// another text in each run, which is more often than is logged. Some are run in each
// probe, of which one hangs in the end; some are cached, and still the same then.
func HangAfterTexts(c *Checker) {
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 2))
		c.bubble(func() {
			h := c.health()
			check, release := hung()
			probe, hangs := 0, -1
			for i := range 10 {
				from, s := random.IntN(8), subject.CheckSettings{Timeout: time.Second}
				if i%5 > 0 {
					from, s.CacheFor = 0, 18*time.Second
				}
				h.AddCheckContext(fmt.Sprint("check ", i), func(context.Context) error {
					switch {
					case i == hangs:
						return check()
					case probe < from:
						return nil
					}
					return fmt.Errorf("refused in probe %d", probe)
				}, s)
			}
			for ; probe < 10; probe++ {
				play.Ask(h.Readiness, http.MethodGet)
				time.Sleep(5 * time.Second)
			}
			hangs = 5 * random.IntN(2)
			began := time.Now()
			r := play.Ask(h.Readiness, http.MethodGet)
			took := time.Since(began)
			release()
			c.expect(r.Status == "degraded" && about(took, time.Second), "checks fail with other texts in each run, and then one hangs, with a timeout of 1s: %q after %v", r.Status, took)
			time.Sleep(time.Second)
		})
	}
}
