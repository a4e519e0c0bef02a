package checks

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// fromInside demands that a check comes to its end that makes a call when it is
// first run. It takes real time, for the sake of locks.
func (c *Checker) fromInside(what string, h subject.HealthFuncs, call func()) (r play.Reply) {
	var once sync.Once
	return c.fromCheck(what, h, func() error { once.Do(call); return nil })
}

// fromCheck demands that a check comes to its end that calls what.
func (c *Checker) fromCheck(what string, h subject.HealthFuncs, check func() error) (r play.Reply) {
	h.AddCheck("calls back", check)
	answered := make(chan play.Reply, 1)
	go func() { answered <- play.Ask(h.Readiness, http.MethodGet) }()
	select {
	case r = <-answered:
		c.expect(r.Invalid == nil, "with a check that calls %s, the body is not JSON: %s", what, r.Body)
	case <-time.After(2500 * time.Millisecond):
		c.Errorf("a check that calls %s does not come to its end", what)
	}
	return r
}

// Reentrant checks HEALTH-14: Core functions from inside a check.
func Reentrant(c *Checker) {
	h := c.health()
	var liveness play.Reply
	r := c.fromInside("AddCheck, SetReady and liveness", h, func() {
		h.AddCheck("another", func() error { return nil })
		h.SetReady(true)
		liveness = play.Ask(h.Liveness, http.MethodGet)
	})
	if c.Failure() == "" {
		c.expectReply("with a check that calls back", r, http.StatusOK, "ok")
		c.expectReply("asked from inside a check", liveness, http.StatusOK, "ok")
	}
}

// callingError calls f, once, when it is asked for its text.
type callingError struct{ f func() }

// Error calls f.
func (e callingError) Error() string { e.f(); return "the text" }

// ReentrantError checks HEALTH-14: Core functions from inside the error of a check.
func ReentrantError(c *Checker) {
	c.mayBeOf("HEALTH-2")
	for what, call := range map[string]func(h subject.HealthFuncs){
		"AddCheck": func(h subject.HealthFuncs) { h.AddCheck("another", func() error { return nil }) },
		"SetReady": func(h subject.HealthFuncs) { h.SetReady(true) },
		"liveness": func(h subject.HealthFuncs) { play.Ask(h.Liveness, http.MethodGet) },
	} {
		h := c.health()
		text := callingError{sync.OnceFunc(func() { call(h) })}
		r := c.fromCheck(what+" in the Error of its error", h, func() error { return text })
		if c.Failure() != "" {
			return
		}
		c.expectReply("with a check whose error calls "+what, r, http.StatusServiceUnavailable, "degraded")
	}
}

// RemoveInside checks HEALTH-14: RemoveCheck from inside a check.
func RemoveInside(c *Checker) {
	h := c.health()
	c.fromInside("RemoveCheck", h, func() { h.RemoveCheck("calls back") })
}

// AddContextInside checks HEALTH-14: AddCheckContext from inside a check.
func AddContextInside(c *Checker) {
	h := c.health()
	c.fromInside("AddCheckContext", h, func() {
		h.AddCheckContext("another", func(context.Context) error { return nil }, subject.CheckSettings{})
	})
}

// GroupsInside checks HEALTH-14. It asks for readiness of groups, by both ways, and says
// why the service is not ready, inside a check.
func GroupsInside(c *Checker) {
	h := c.health()
	c.fromInside("ReadinessOf, CheckOf and SetNotReady", h, func() {
		h.ReadinessOf("none")
		if c.offered[subject.NeedCheckOf] {
			asked, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			h.CheckOf(asked, "none")
		}
		if c.offered[subject.NeedSetNotReady] {
			h.SetNotReady("from inside")
			h.SetReady(true)
		}
	})
}

// FollowInside checks HEALTH-14: Follow from inside a check.
func FollowInside(c *Checker) {
	h := c.health()
	_ = c.run(func(ctx context.Context) error {
		c.fromInside("Follow", h, func() { h.Follow(ctx) })
		return nil
	}, subject.Settings{Signals: make(chan os.Signal)})
}

// ReadinessInside checks HEALTH-14. It has a check ask for readiness, which it is itself a
// part of. That is answered at all.
func ReadinessInside(c *Checker) {
	c.mayBeOf("HEALTH-9") // whose timeout ends it, where checks have one
	c.bubble(func() {
		h := c.health()
		var once atomic.Bool
		h.AddCheck("asks", func() error {
			if once.CompareAndSwap(false, true) {
				play.Ask(h.Readiness, http.MethodGet)
			}
			return nil
		})
		c.inTime("a probe with a check that asks for readiness", func() { play.Ask(h.Readiness, http.MethodGet) })
	})
}

// ProbesInside checks HEALTH-14. It has a check ask what it is itself a part of. That is
// answered by its timeout, as HEALTH-9 has it; here it is answered at all.
func ProbesInside(c *Checker) {
	c.bubble(func() {
		h, asked := c.health(), make(chan time.Duration, 1)
		var once atomic.Bool
		h.AddCheckContext("asks", func(context.Context) error {
			if once.CompareAndSwap(false, true) {
				began := time.Now()
				play.Ask(h.Startup, http.MethodGet)
				asked <- time.Since(began)
				play.Ask(h.Readiness, http.MethodGet)
			}
			return nil
		}, subject.CheckSettings{Timeout: time.Second})
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Invalid == nil, "with a check that asks for readiness, the body is not JSON: %s", r.Body)
		took := <-asked
		c.expect(took < slack, "start-up is answered after %v from inside a check, want at once", took)
		time.Sleep(time.Second)
	})
}

// InsideLogger checks HEALTH-14: every function from inside the logger.
func InsideLogger(c *Checker) {
	c.insideDelivery("logger", func(call func()) subject.HealthSettings {
		return subject.HealthSettings{Log: func(string, string) { call() }}
	})
}

// InsideObserver checks HEALTH-14: every function from inside an observer of checks.
func InsideObserver(c *Checker) {
	c.insideDelivery("observer of checks", func(call func()) subject.HealthSettings {
		return subject.HealthSettings{Log: func(string, string) {}, Observe: func(string, error, time.Time) { call() }}
	})
}

// insideDelivery has what is called by a handler call the handler, which comes to its end,
// and so do probes and calls from elsewhere. It takes real time, for the sake of locks.
func (c *Checker) insideDelivery(who string, settings func(call func()) subject.HealthSettings) {
	all := map[string]func(h subject.HealthFuncs, run context.Context){
		"AddCheck":  func(h subject.HealthFuncs, _ context.Context) { h.AddCheck("another", func() error { return nil }) },
		"SetReady":  func(h subject.HealthFuncs, _ context.Context) { h.SetReady(false); h.SetReady(true) },
		"liveness":  func(h subject.HealthFuncs, _ context.Context) { play.Ask(h.Liveness, http.MethodGet) },
		"readiness": func(h subject.HealthFuncs, _ context.Context) { play.Ask(h.Readiness, http.MethodGet) },
		"AddCheckContext": func(h subject.HealthFuncs, _ context.Context) {
			h.AddCheckContext("another", func(context.Context) error { return nil }, subject.CheckSettings{})
		},
	}
	if c.offered[subject.NeedRemoveCheck] {
		all["RemoveCheck"] = func(h subject.HealthFuncs, _ context.Context) { h.RemoveCheck("none") }
	}
	if c.offered[subject.NeedFollow] {
		all["Follow"] = func(h subject.HealthFuncs, run context.Context) { h.Follow(run) }
	}
	if c.offered[subject.NeedStartup] {
		all["start-up"] = func(h subject.HealthFuncs, _ context.Context) { play.Ask(h.Startup, http.MethodGet) }
	}
	if c.offered[subject.NeedSetNotReady] {
		all["SetNotReady"] = func(h subject.HealthFuncs, _ context.Context) { h.SetNotReady("the reason for it"); h.SetReady(true) }
	}
	_ = c.run(func(run context.Context) error {
		for what, call := range all {
			if !c.insideOne(who, what, settings, func(h subject.HealthFuncs) { call(h, run) }) {
				break // the others may take as long
			}
		}
		return nil
	}, subject.Settings{Signals: make(chan os.Signal)})
}

// insideOne has one call be made by what a failing check has called.
func (c *Checker) insideOne(who, what string, settings func(call func()) subject.HealthSettings, call func(h subject.HealthFuncs)) (ok bool) {
	const long = 5 * time.Second
	var h subject.HealthFuncs
	var armed atomic.Bool
	begun, ended := make(chan struct{}), make(chan struct{})
	h = c.Impl.HealthWith("the tool", "1.2.3", settings(func() {
		if armed.CompareAndSwap(true, false) {
			close(begun)
			call(h)
			close(ended)
		}
	}))
	h.AddCheckContext("fails", func(context.Context) error { return errors.New("the reason") }, subject.CheckSettings{Timeout: time.Second})
	armed.Store(true)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		play.Ask(h.Readiness, http.MethodGet)
		h.AddCheckContext("one more", func(context.Context) error { return nil }, subject.CheckSettings{})
		h.SetReady(true)
		play.Ask(h.Readiness, http.MethodGet)
	}()
	play.Wait(answered, long)
	play.Wait(begun, soon)
	select {
	case <-begun:
	default:
		return false // another clause says when it is called
	}
	play.Wait(ended, long)
	for done, which := range map[chan struct{}]string{answered: "a probe", ended: "the call"} {
		select {
		case <-done:
		default:
			c.Errorf("a check fails, and the %s calls %s: %s does not come to its end", who, what, which)
			return false
		}
	}
	return true
}
