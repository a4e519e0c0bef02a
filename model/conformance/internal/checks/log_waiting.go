package checks

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// WaitsForIsOfBefore checks LOG-1. It has work end at the very cancel.
func WaitsForIsOfBefore(c *Checker) {
	const units, tasks, groups, requests = 7, 13, 3, 5
	work := units + groups
	log := c.logged(subject.Settings{}, func(ctx context.Context) error {
		for range units {
			done, _ := c.Impl.Track(ctx)
			context.AfterFunc(ctx, done)
		}
		for range groups {
			group := c.Impl.DrainGroup(ctx)
			group.Add(1)
			context.AfterFunc(ctx, group.Done)
		}
		if c.offered[subject.NeedHandler] {
			work += requests
			c.requests(ctx, requests)
		}
		for n := 0; n < tasks && c.offered[subject.NeedGo]; n++ {
			work++
			c.Impl.Go(ctx, func(ctx context.Context) error { play.Wait(ctx.Done(), time.Hour); return nil })
		}
		c.Impl.Stop(ctx, nil)
		play.Wait(ctx.Done(), time.Hour)
		return nil
	})
	for _, l := range log.transitionTo(model.Draining) {
		text := l.under("waits_for")
		has := func(n int) bool { return hasNumber(text, n) }
		each := has(units) && has(groups) && (!c.offered[subject.NeedGo] || has(tasks)) && (!c.offered[subject.NeedHandler] || has(requests))
		c.expect(each || has(work),
			"%d units of Track, %d groups, %d tasks and %d requests are out at the stop, as far as they are offered, and done with the cancel: waits_for is %q", units, groups, tasks, requests, l.under("waits_for"))
	}
}

// WaitsForTellsAmounts checks LOG-1: waits_for is another text when there is another
// amount of work of one kind, one unit or none included, beside others and alone.
func WaitsForTellsAmounts(c *Checker) {
	r := rand.New(rand.NewPCG(1, 1))
	kinds := c.kindsOfWork()
	for _, pair := range [][2]int{{0, 1}, {1, 2}, {7, 2}, {63, 64}} {
		for changed, kind := range kinds {
			some, alone := make([]int, len(kinds)), make([]int, len(kinds))
			for i := range some {
				some[i] = []int{0, 1, 2, 7, 64}[r.IntN(5)]
			}
			for _, amounts := range [][]int{some, alone} {
				var texts [2]string
				for n, amount := range pair {
					amounts[changed] = amount
					texts[n] = c.waitsFor(kinds, amounts)
				}
				c.expect(texts[0] != texts[1], "waits_for is %q whether %d or %d are in flight as a %s", texts[0], pair[0], pair[1], kind.name)
			}
		}
	}
}

// WaitsForMainWhileItRuns checks LOG-1: main is waited for when it has not returned, and not
// when its return is the stop. Where waits_for names it, the texts differ.
func WaitsForMainWhileItRuns(c *Checker) {
	kinds := c.kindsOfWork()
	texts := map[bool]string{}
	for _, returns := range []bool{true, false} {
		log := c.logged(subject.Settings{}, func(ctx context.Context) error {
			context.AfterFunc(ctx, kinds[0].begin(ctx))
			if !returns {
				c.Impl.Stop(ctx, nil)
				play.Wait(ctx.Done(), time.Hour)
			}
			return nil
		})
		for _, l := range log.transitionTo(model.Draining) {
			texts[returns] = l.under("waits_for")
		}
	}
	c.expect(texts[true] != texts[false] || !strings.Contains(texts[true], "main"), "waits_for is %q, with main, whether main has returned or is running", texts[true])
}

// waitsFor returns waits_for of a run with so much work of each kind.
func (c *Checker) waitsFor(kinds []kindOfWork, amounts []int) (text string) {
	log := c.logged(subject.Settings{}, func(ctx context.Context) error {
		for i, kind := range kinds {
			for range amounts[i] {
				context.AfterFunc(ctx, kind.begin(ctx))
			}
		}
		c.Impl.Stop(ctx, nil)
		play.Wait(ctx.Done(), time.Hour)
		return nil
	})
	for _, l := range log.transitionTo(model.Draining) {
		text = l.under("waits_for")
	}
	return text
}

// requests begins so many requests, which are answered with the cancel.
func (c *Checker) requests(ctx context.Context, n int) {
	var under sync.WaitGroup
	under.Add(n)
	counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		under.Done()
		play.Wait(ctx.Done(), time.Hour)
	}))
	for range n {
		go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	under.Wait()
}
