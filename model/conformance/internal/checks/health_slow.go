package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// sleeper is a check that takes its time.
func sleeper(d time.Duration) func(context.Context) error {
	return func(context.Context) error {
		time.Sleep(d)
		return nil
	}
}

// largest is the largest number that was noted. It may be noted from any goroutine.
type largest struct{ atomic.Int64 }

func (l *largest) note(n int64) {
	for last := l.Load(); n > last && !l.CompareAndSwap(last, n); last = l.Load() {
	}
}

// CacheFor checks HEALTH-9: a result is kept for as long as CacheFor says.
func CacheFor(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var runs atomic.Int64
		h.AddCheckContext("cached", func(context.Context) error { runs.Add(1); return nil }, subject.CheckSettings{CacheFor: time.Second})
		for i, want := range []int64{1, 1, 2} {
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expectReply("with a cached check", r, http.StatusOK, "ok")
			c.expect(runs.Load() == want, "probe %d: the check was run %d times, want %d", i+1, runs.Load(), want)
			time.Sleep(600 * time.Millisecond)
		}
	})
}

// ResultsAreFresh checks HEALTH-9: without CacheFor a result is that of a run which began
// with the probe, however soon that follows another.
func ResultsAreFresh(c *Checker) {
	for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second} {
		c.bubble(func() {
			h := c.health()
			var fails atomic.Bool
			h.AddCheck("db", func() error {
				if fails.Load() {
					return errors.New("refused")
				}
				return nil
			})
			for probe := range 6 {
				fails.Store(probe%2 == 1)
				r := play.Ask(h.Readiness, http.MethodGet)
				c.expect((r.Checks["db"] == "ok") == (probe%2 == 0), "probe %d, %v after another, a check that passes and fails by turns says %q", probe+1, after, r.Checks["db"])
				time.Sleep(after)
			}
		})
	}
}

// OptionalInQueue checks HEALTH-10: the timeout of an optional check counts from the
// probe that asked for it too, time in the queue included.
func OptionalInQueue(c *Checker) {
	if c.optionalHungAndLogged(7) < 7 { // which need not queue
		return // HEALTH-16 says that they are logged
	}
	for _, n := range []int{300, 1000} {
		lines := c.optionalHungAndLogged(n)
		c.expect(lines == n, "%d optional checks hang, and when their timeout is over since the probe, %d of them are logged", n, lines)
	}
}

// optionalHungAndLogged has so many optional checks hang, and returns how many are logged
// when their timeout is over since the probe.
func (c *Checker) optionalHungAndLogged(n int) (lines int) {
	c.bubble(func() {
		const timeout = 400 * time.Millisecond
		w := c.observedHealth()
		check, release := hung()
		for i := range n {
			w.AddCheckContext(fmt.Sprintf("hung-%04d", i), func(context.Context) error { return check() }, subject.CheckSettings{Optional: true, Timeout: timeout})
		}
		go play.Ask(w.Readiness, http.MethodGet)
		time.Sleep(timeout + slack)
		for i := range n {
			lines += min(1, len(w.linesAbout(fmt.Sprintf("hung-%04d", i))))
		}
		release()
		time.Sleep(time.Minute)
	})
	return lines
}

// SideBySide checks HEALTH-10: ten checks that take 10 ms each take 10 ms together.
func SideBySide(c *Checker) {
	c.bubble(func() {
		h := c.health()
		for i := range 10 {
			h.AddCheckContext(fmt.Sprint("check ", i), sleeper(10*time.Millisecond), subject.CheckSettings{})
		}
		began := time.Now()
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("ten checks", r, http.StatusOK, "ok")
		c.expect(time.Since(began) < 20*time.Millisecond, "ten checks of 10ms take %v, want less than 20ms", time.Since(began))
	})
}

// bounded is how many of a thousand checks may run at once at most. Any bound will do that
// is below a thousand, and more than one may be started together while others run.
const bounded = 900

// Thousand checks HEALTH-10: a thousand checks, bounded.
func Thousand(c *Checker) {
	c.bubble(func() {
		h := c.health()
		var now atomic.Int64
		var most largest
		for i := range 1000 {
			h.AddCheckContext(fmt.Sprint("check ", i), func(context.Context) error {
				n := now.Add(1)
				defer now.Add(-1)
				most.note(n)
				time.Sleep(time.Millisecond)
				return nil
			}, subject.CheckSettings{})
		}
		began := time.Now()
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("a thousand checks", r, http.StatusOK, "ok")
		c.expect(time.Since(began) < 500*time.Millisecond, "a thousand checks of 1ms take %v, want less than 500ms", time.Since(began))
		c.expect(len(r.Checks) == 1000, "%d of a thousand checks are listed, want all", len(r.Checks))
		c.expect(most.Load() <= bounded, "%d of a thousand checks were run at once, want a bound", most.Load())
	})
}

// QueuedDeadline checks HEALTH-10: the timeout of a check counts from the probe, so that
// the context of one that has waited for its turn ends when it does.
func QueuedDeadline(c *Checker) {
	const timeout = 3 * time.Second
	c.bubble(func() {
		alone, h := c.health(), c.health()
		var longest largest
		var mu sync.Mutex
		shortest := time.Hour // of those that have waited
		var inTime []string   // those that have, and pass just before the timeout
		began := time.Now()
		alone.AddCheckContext("alone", func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Minute)
			longest.note(int64(time.Since(began)))
			return nil
		}, subject.CheckSettings{Timeout: timeout})
		play.Ask(alone.Readiness, http.MethodGet)
		time.Sleep(time.Hour)
		if longest.Load() > int64(timeout+slack) {
			return // whether the context ends when the timeout does is open
		}
		early := longest.Load() < int64(timeout) // and so is whether it ends a little before
		began = time.Now()
		for i := range 1000 {
			name := fmt.Sprint("check ", i)
			h.AddCheckContext(name, func(ctx context.Context) error {
				const nearly = timeout * 9 / 10
				switch waited := time.Since(began); {
				case waited < time.Second/2:
					time.Sleep(time.Second) // others wait for their turn
				case waited < nearly && i%2 == 0:
					time.Sleep(nearly - waited)
					mu.Lock()
					inTime = append(inTime, name)
					mu.Unlock()
				case waited < timeout:
					play.Wait(ctx.Done(), time.Minute)
					longest.note(int64(time.Since(began)))
					mu.Lock()
					shortest = min(shortest, time.Since(began))
					mu.Unlock()
				}
				return nil
			}, subject.CheckSettings{Timeout: timeout})
		}
		r := play.Ask(h.Readiness, http.MethodGet)
		time.Sleep(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		c.expect(shortest >= timeout || early, "a thousand checks have a timeout of %v, and the context of one that has waited for its turn ends %v after the probe", timeout, shortest)
		for _, name := range inTime {
			if r.Checks[name] != "ok" {
				c.Errorf("a thousand checks have a timeout of %v, and one that has waited for its turn, and passes %v after the probe, says %q", timeout, timeout*9/10, r.Checks[name])
				break
			}
		}
		c.expect(longest.Load() <= int64(timeout+slack), "a thousand checks have a timeout of %v, and the context of one that has waited for its turn ends %v after the probe", timeout, time.Duration(longest.Load()))
	})
}

// NoStarving checks HEALTH-10: a hundred checks that hang, and one that does not.
func NoStarving(c *Checker) {
	c.bubble(func() {
		h := c.health()
		check, release := hung()
		for i := range 100 {
			h.AddCheckContext(fmt.Sprint("hung ", i), func(context.Context) error { return check() }, subject.CheckSettings{})
		}
		h.AddCheckContext("zz, the last", func(context.Context) error { return nil }, subject.CheckSettings{})
		began := time.Now()
		r := play.Ask(h.Readiness, http.MethodGet)
		release()
		c.expect(r.Checks["zz, the last"] == "ok", "beside a hundred hung checks, the last says %q", r.Checks["zz, the last"])
		c.expect(about(time.Since(began), 3*time.Second), "the answer takes %v, want the timeout of 3s", time.Since(began))
		time.Sleep(time.Second)
	})
}

// ClientLeaves checks HEALTH-11: two probes share a run, one leaves.
func ClientLeaves(c *Checker) {
	c.proberLeaves(func(client context.Context, h subject.HealthFuncs) { play.AskWith(client, h.Readiness, http.MethodGet) })
	if c.offered[subject.NeedCheckOf] {
		c.proberLeaves(func(client context.Context, h subject.HealthFuncs) { h.CheckOf(client) })
	}
}

func (c *Checker) proberLeaves(ask func(client context.Context, h subject.HealthFuncs)) {
	c.bubble(func() {
		h := c.health()
		var failed atomic.Bool
		h.AddCheckContext("slow", func(ctx context.Context) error {
			play.Wait(ctx.Done(), time.Second)
			failed.Store(ctx.Err() != nil)
			return ctx.Err()
		}, subject.CheckSettings{})
		client, leave := context.WithCancel(context.Background())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			ask(client, h)
		}()
		time.AfterFunc(100*time.Millisecond, leave)
		time.Sleep(50 * time.Millisecond)
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expectReply("whose run another client began, and left", r, http.StatusOK, "ok")
		c.expect(!failed.Load(), "the context of a check ends with that of a client")
		<-gone
	})
}

// ThousandAfterSlow checks HEALTH-10: a thousand checks are bounded again, when their last
// runs took long, or hung.
func ThousandAfterSlow(c *Checker) {
	for what, first := range map[string]time.Duration{"took 150ms": 150 * time.Millisecond, "hung": time.Hour} {
		c.bubble(func() {
			h := c.health()
			var now atomic.Int64
			var most largest
			type pace struct {
				takes   time.Duration
				release chan struct{}
			}
			var of atomic.Pointer[pace]
			begin := func(takes time.Duration) (release func()) {
				p := &pace{takes, make(chan struct{})}
				of.Store(p)
				return func() { close(p.release) }
			}
			release := begin(first)
			for i := range 1000 {
				h.AddCheckContext(fmt.Sprint("check ", i), func(context.Context) error {
					n := now.Add(1)
					defer now.Add(-1)
					most.note(n)
					p := of.Load()
					play.Wait(p.release, p.takes)
					return nil
				}, subject.CheckSettings{Timeout: 10 * time.Second})
			}
			play.Ask(h.Readiness, http.MethodGet)
			release()
			time.Sleep(time.Second)
			takes := min(first, 150*time.Millisecond)
			release = begin(takes)
			most.Store(0)
			play.Ask(h.Readiness, http.MethodGet)
			c.expect(most.Load() <= bounded, "after runs that %s, %d of a thousand checks that take %v are run at once, want a bound", what, most.Load(), takes)
			release()
		})
	}
}
