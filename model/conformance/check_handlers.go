package conformance

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

func checkReplaced(c *checker) {
	c.bubble(func() {
		h := c.health()
		first := false
		h.AddCheck("db", func() error { first = true; return errors.New("the first") })
		h.AddCheck("db", func() error { return nil })
		r := ask(h.Readiness, http.MethodGet)
		c.expectReply("after a check was replaced", r, http.StatusOK, "ok")
		c.expect(!first && len(r.Checks) == 1, "the replaced check is run: %t; checks are %v", first, r.Checks)
	})
}

func checkNilCheck(c *checker) {
	c.bubble(func() {
		h := c.health()
		h.AddCheck("nothing", nil)
		r := ask(h.Readiness, http.MethodGet)
		c.expect(strings.Contains(r.Checks["nothing"], "nil"), "a nil check says %q", r.Checks["nothing"])
	})
}

// checkReentrant runs in real time, for the sake of locks.
func checkReentrant(c *checker) {
	h := c.health()
	var liveness reply
	var once sync.Once
	h.AddCheck("calls back", func() error {
		once.Do(func() {
			h.AddCheck("another", func() error { return nil })
			h.SetReady(true)
			liveness = ask(h.Liveness, http.MethodGet)
		})
		return nil
	})
	answered := make(chan reply, 1)
	go func() { answered <- ask(h.Readiness, http.MethodGet) }()
	select {
	case r := <-answered:
		c.expectReply("with a check that calls back", r, http.StatusOK, "ok")
		c.expectReply("asked from inside a check", liveness, http.StatusOK, "ok")
	case <-time.After(2500 * time.Millisecond):
		c.errorf("a check that calls back does not come to its end")
	}
}

func checkConcurrentHealth(c *checker) {
	h := c.health()
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for j := range 50 {
				h.AddCheck(fmt.Sprint("check ", i, j%5), func() error { return nil })
				h.SetReady(j%2 == 0)
				ask(h.Liveness, http.MethodGet)
				r := ask(h.Readiness, http.MethodGet)
				c.expect(r.invalid == nil, "the body is not JSON: %s", r.body)
			}
		})
	}
	users.Wait()
	h.SetReady(true)
	r := ask(h.Readiness, http.MethodGet)
	c.expectReply("when all is over", r, http.StatusOK, "ok")
	c.expect(len(r.Checks) == 40, "%d of 40 checks are there", len(r.Checks))
}
