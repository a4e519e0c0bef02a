package checks

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// GroupsAtAnyMoment checks DRAIN-9. It has main, tasks, units, requests and the work of
// earlier groups make groups, and add to groups that were at zero, around the stop and
// through Draining, in real time. The race detector must have nothing to say, where there
// is one.
func GroupsAtAnyMoment(c *Checker) {
	lives := 6
	if race.Enabled {
		lives = 40
	}
	for seed := range lives {
		drain := time.Duration(0) // the default, which does not run out
		if seed%3 == 2 {
			drain = 8 * time.Millisecond
		}
		c.groupsAtAnyMoment(rand.New(rand.NewPCG(uint64(seed), 9)), drain, true)
	}
}

// GroupsAreWaitedFor demands that hooks wait for all of that work (DRAIN-3).
func GroupsAreWaitedFor(c *Checker) {
	for seed := range 6 {
		if early := c.groupsAtAnyMoment(rand.New(rand.NewPCG(uint64(seed), 3)), 0, false); early > 0 {
			c.Errorf("hooks begin with %d units of work out, in groups that were made or first added to while draining", early)
			return
		}
	}
}

// GroupsOfGroups checks DRAIN-3: work makes a group while draining, whose work makes the
// next, and all are waited for.
func GroupsOfGroups(c *Checker) {
	const generations = 5
	c.bubble(func() {
		var done atomic.Int64
		before := int64(0)
		err := c.Impl.Run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { before = done.Load(); return nil })
			var work func()
			work = func() {
				time.Sleep(time.Second)
				if done.Add(1) < generations {
					c.Impl.DrainGroup(ctx).Go(work)
				}
			}
			c.Impl.DrainGroup(ctx).Go(work)
			return nil
		}, 0, 0)
		c.expect(before == generations, "of %d units of work, each of which makes a group for the next while draining, %d are done when the hook begins, want all", generations, before)
		c.expect(err == nil, "work makes groups while draining, and Run returns %v, want nil", err)
	})
}

// plan is when somebody begins work, how long that lasts, and when it is handed
// on.
type plan struct{ before, lasts, handed time.Duration }

// groupsAtAnyMoment is one life. It returns how many units were out when the
// hook began.
func (c *Checker) groupsAtAnyMoment(r *rand.Rand, drain time.Duration, requests bool) (early int64) {
	var out atomic.Int64 // work that is not done
	var others sync.WaitGroup
	defer others.Wait()
	moment := func() time.Duration { return time.Duration(r.IntN(4000)) * time.Microsecond }
	work := func(group *sync.WaitGroup, lasts time.Duration) {
		out.Add(1)
		group.Go(func() {
			time.Sleep(lasts)
			out.Add(-1)
		})
	}
	_ = c.Impl.Run(func(ctx context.Context) error {
		c.Impl.OnShutdown(ctx, func() error {
			early = out.Load()
			return nil
		})
		groups := make([]*sync.WaitGroup, 5)
		for i := range groups {
			groups[i] = c.Impl.DrainGroup(ctx)
		}
		// Each of them adds first to one of these, makes another, and hands
		// work on to a third.
		use := func(group *sync.WaitGroup, t plan) {
			time.Sleep(t.before)
			work(c.Impl.DrainGroup(ctx), t.lasts)
			out.Add(1)
			c.Impl.DrainGroup(ctx).Go(func() {
				defer out.Add(-1)
				time.Sleep(t.handed)
				work(c.Impl.DrainGroup(ctx), t.lasts)
			})
			// Last, and nothing is called after it: whatever is would order it
			// with the library.
			work(group, t.lasts)
			time.Sleep(t.lasts)
		}
		times := func() plan { return plan{moment(), moment(), moment()} }
		ofTask := times()
		c.Impl.Go(ctx, func(context.Context) error { use(groups[0], ofTask); return nil })
		if done, ok := c.Impl.Track(ctx); ok {
			ofUnit := times()
			others.Go(func() { defer done(); use(groups[1], ofUnit) })
		}
		if requests && c.offered[subject.NeedHandler] {
			ofRequest := times()
			counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { use(groups[2], ofRequest) }))
			under := make(chan struct{})
			others.Go(func() {
				close(under)
				counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			})
			<-under
		}
		ofGroup := times()
		out.Add(1)
		groups[3].Go(func() { defer out.Add(-1); use(c.Impl.DrainGroup(ctx), ofGroup) })
		stop := moment()
		others.Go(func() { time.Sleep(stop); c.Impl.Stop(ctx, nil) })
		ofMain := times()
		if drain == 0 { // main is back within its grace, however busy the machine is
			use(groups[4], ofMain)
		}
		return nil
	}, drain, 0)
	return early
}
