package checks

import (
	"context"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// CutWhenForced checks HTTP-2. It has a further interrupt end Draining, which cuts as the
// drain timeout does.
func CutWhenForced(c *Checker) {
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stubborn" {
			time.Sleep(play.Patience)
			return
		}
		play.Wait(req.Context().Done(), play.Patience)
		v.note("context ended")
		time.Sleep(50 * time.Millisecond)
		v.note("cut off")
	}
	c.serving(c.Impl.Serve, subject.Settings{Signals: make(chan os.Signal)}, handle, func(v *service) {
		stubborn, polite := v.begin("stubborn"), v.begin("polite")
		v.signals <- os.Interrupt
		time.Sleep(time.Second)
		forced := v.now()
		v.signals <- os.Interrupt
		v.end()
		one, other := <-stubborn, <-polite
		c.expect(one.at <= forced+100*time.Millisecond+prompt && one.cut(), "draining is forced to end at %s, and a request whose handler does not return: %v, want it to be cut then", scenarios.Show(forced), one)
		c.expect(v.at("context ended") <= forced+prompt && other.at <= forced+100*time.Millisecond+prompt, "draining is forced to end at %s, the context of a request ends at %s, and its client has at %s: %v",
			scenarios.Show(forced), scenarios.Show(v.at("context ended")), scenarios.Show(other.at), other)
		c.expect(v.hooksAt() <= forced+100*time.Millisecond+prompt, "draining is forced to end at %s with requests under way, and hooks begin at %s", scenarios.Show(forced), scenarios.Show(v.hooksAt()))
		c.expect(v.hooksAt() >= v.at("cut off"), "draining is forced to end, a handler returns at %s, 50ms after its context has ended, and hooks begin at %s", scenarios.Show(v.at("cut off")), scenarios.Show(v.hooksAt()))
		err := v.outcome()
		c.expect(err != nil && (!c.offered[subject.NeedIs] || c.Impl.Is(err, model.Forced)), "requests are cut when draining is forced to end, and Run returns %v, want the error of a forced end", err)
	})
}

// ServeFuncIsCutWhenForced checks HTTP-8. It has a further interrupt end Draining while a
// server does not stop.
func ServeFuncIsCutWhenForced(c *Checker) {
	c.bubble(func() {
		source := make(chan os.Signal, 2)
		for n := range 2 {
			time.AfterFunc(time.Duration(n+1)*time.Second, func() { source <- os.Interrupt })
		}
		began, calls := time.Now(), 0
		var served, hook time.Duration
		var over atomic.Int64 // when the context of shutdown has ended
		over.Store(int64(model.Never))
		end := make(chan struct{})
		err := c.run(func(ctx context.Context) error {
			c.hook(ctx, func() { hook = time.Since(began) })
			_ = c.Impl.ServeFunc(ctx, func() error { play.Wait(end, time.Hour); return nil },
				func(ctx context.Context) error {
					context.AfterFunc(ctx, func() { over.Store(int64(time.Since(began))) })
					play.Wait(ctx.Done(), time.Hour)
					return nil
				},
				func() error { calls++; close(end); return nil })
			served = time.Since(began)
			return nil
		}, subject.Settings{Signals: source})
		time.Sleep(2 * time.Hour)
		c.expect(calls == 1 && served >= 2*time.Second && served <= 2*time.Second+100*time.Millisecond+prompt && hook >= served && hook <= served+100*time.Millisecond, "draining is forced to end at 2s: closeNow is called %d times, ServeFunc returns at %v, and hooks begin at %v", calls, served, hook)
		c.expect(promptly(time.Duration(over.Load()), 2*time.Second), "draining is forced to end at 2s, and the context of shutdown ends at %s, want then", scenarios.Show(time.Duration(over.Load())))
		c.expect(err != nil, "draining is forced to end, and Run returns nil, want an error")
	})
}

// UntilWhenForced checks HTTP-7. It has a further interrupt end Hooks while a hook hangs.
func UntilWhenForced(c *Checker) {
	c.servingUntil(subject.Settings{Signals: make(chan os.Signal)}, time.Hour, lasting, nil, func(v *service) {
		v.begin("0s")
		v.signals <- os.Interrupt
		time.Sleep(time.Second)
		forced := v.now()
		v.signals <- os.Interrupt
		v.end()
		c.expect(v.ln.closedAt() >= forced && v.ln.closedAt() <= v.at(returned)+prompt, "hooks are forced to end at %s, and Run returns at %s: a server with UntilStopped closes its listener at %s, want then",
			scenarios.Show(forced), scenarios.Show(v.at(returned)), scenarios.Show(v.ln.closedAt()))
	})
}

// CutLooksCut checks HTTP-2: a request that is cut looks cut, though its handler
// returns as soon as its context ends.
func CutLooksCut(c *Checker) {
	c.cutLooksCut(subject.Settings{Drain: 2 * time.Second}, (*service).end)
}

// CutLooksCutWhenForced checks HTTP-2. It has requests be cut when draining is forced to
// end.
func CutLooksCutWhenForced(c *Checker) {
	c.cutLooksCut(subject.Settings{Signals: make(chan os.Signal)}, func(v *service) {
		v.signals <- os.Interrupt
		time.Sleep(time.Second)
		v.signals <- os.Interrupt
		v.end()
	})
}

// UntilCutLooksCut checks HTTP-7: a request to a server with UntilStopped that is cut when
// the last hook has run looks cut.
func UntilCutLooksCut(c *Checker) {
	c.servingUntil(subject.Settings{}, time.Second, untilCut, nil, expectCut((*service).end))
}

func (c *Checker) cutLooksCut(s subject.Settings, stop func(v *service)) {
	c.serving(c.Impl.Serve, s, untilCut, expectCut(stop))
}

// untilCut answers half, or nothing, and returns as soon as the request's context ends.
func untilCut(v *service, w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/half" {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
	}
	play.Wait(req.Context().Done(), play.Patience)
	v.note("context ended")
}

// expectCut has such requests be cut: several, because what they look like may depend on
// what comes first, the return of the handler or the end of the connection.
func expectCut(stop func(v *service)) func(v *service) {
	return func(v *service) {
		var all []<-chan exchange
		for range 10 {
			all = append(all, v.begin("half"), v.begin("nothing"))
		}
		stop(v)
		if v.at("context ended") > play.Patience/2 {
			return // nothing was cut
		}
		for _, answer := range all {
			e := <-answer
			v.c.expect(e.cut(), "the answer to a request that was cut, whose handler returned then, looks whole: %v", e)
		}
	}
}
