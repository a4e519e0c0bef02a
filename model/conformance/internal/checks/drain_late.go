package checks

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// RequestsAreCounted checks DRAIN-2: the error and the log line count requests.
func RequestsAreCounted(c *Checker) { c.countsRequests(false) }

// RequestsAreCountedWhenForced checks DRAIN-2. It has a second interrupt end Draining.
func RequestsAreCountedWhenForced(c *Checker) { c.countsRequests(true) }

func (c *Checker) countsRequests(force bool) {
	c.bubble(func() {
		log := &logbook{}
		release := make(chan struct{})
		var group callSite
		err := c.endsBusy(force, log, func(ctx context.Context) {
			group = here(1)
			busy := c.Impl.DrainGroup(ctx)
			busy.Go(func() { <-release })
			under := make(chan struct{})
			counted := c.Impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { under <- struct{}{}; <-release }))
			for range 4 {
				go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				<-under
			}
		})
		close(release)
		c.expectBusy(err, log, 4, callSite{}, group)
	})
}

// endsBusy is a run that begins work and is ended by the drain timeout, or by a second
// interrupt.
func (c *Checker) endsBusy(force bool, log *logbook, begin func(ctx context.Context)) error {
	s := subject.Settings{Log: log.log}
	if !force {
		return c.run(func(ctx context.Context) error { begin(ctx); return nil }, s)
	}
	source := make(chan os.Signal, 1)
	s.Signals = source
	return c.run(func(ctx context.Context) error {
		begin(ctx)
		source <- os.Interrupt
		time.AfterFunc(4*time.Second, func() { source <- os.Interrupt })
		play.Wait(ctx.Done(), time.Hour)
		return nil
	}, s)
}

// BusyIsNamedThoughLate checks DRAIN-2: groups and tasks too that a task makes while
// Draining are named.
func BusyIsNamedThoughLate(c *Checker) {
	for _, force := range []bool{false, true} {
		if force && !c.offered[subject.NeedSignals] {
			continue
		}
		c.bubble(func() {
			log := &logbook{}
			release := make(chan struct{})
			var maker, first, later, task callSite
			err := c.endsBusy(force, log, func(ctx context.Context) {
				c.Impl.Track(ctx)
				c.Impl.DrainGroup(ctx).Go(func() { <-release })
				maker = here(1)
				c.Impl.Go(ctx, func(ctx context.Context) error {
					play.Wait(ctx.Done(), time.Hour)
					first = here(1)
					group := c.Impl.DrainGroup(ctx)
					group.Go(func() { <-release })
					time.Sleep(time.Second)
					later = here(1)
					group = c.Impl.DrainGroup(ctx)
					group.Go(func() { <-release })
					task = here(1)
					c.Impl.Go(ctx, func(context.Context) error { <-release; return nil })
					<-release
					return nil
				})
			})
			close(release)
			c.expectBusy(err, log, 1, callSite{}, maker, first, later, task)
		})
	}
}
