package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// TextsThatStay checks HEALTH-16: a check that never passes fails with one text after
// another, each for ten minutes. More than one a minute is not asked for, but each of
// these is.
func TextsThatStay(c *Checker) {
	c.bubble(func() {
		w, texts := c.observedHealth(), []string{}
		var result error
		w.AddCheckContext("db-primary", func(context.Context) error { return result }, subject.CheckSettings{})
		for n := range 5 {
			result = fmt.Errorf("reason %d", n+1)
			for range 60 {
				play.Ask(w.Readiness, http.MethodGet)
				time.Sleep(10 * time.Second)
			}
			texts = append(texts, result.Error())
			c.expectChanges(fmt.Sprintf("of a check that fails for ten minutes with each text, number %d", n+1), w, "db-primary", texts...)
		}
	})
}

// ReplacedEachSecond checks HEALTH-16: a failing check is replaced each second by one
// that fails with another text, which is logged at most once a minute.
func ReplacedEachSecond(c *Checker) {
	for _, how := range []string{"AddCheck", "AddCheckContext"} {
		c.bubble(func() {
			w := c.observedHealth()
			for n := range 40 {
				bad := errors.New(fmt.Sprint("reason ", n+1))
				if how == "AddCheck" {
					w.AddCheck("db-primary", func() error { return bad })
				} else {
					w.AddCheckContext("db-primary", func(context.Context) error { return bad }, subject.CheckSettings{})
				}
				play.Ask(w.Readiness, http.MethodGet)
				time.Sleep(time.Second)
			}
			lines := w.linesAbout("db-primary")
			c.expect(len(lines) <= 3, "of a failing check that %s replaces each second by one that fails with another text, %d lines are logged within 40 seconds; the log:\n%s", how, len(lines), &w.log)
		})
	}
}

// TimeOfTimeout checks HEALTH-16: an observer is told when a run has exceeded its timeout,
// and when the next has passed, of a handler that is old.
func TimeOfTimeout(c *Checker) {
	c.bubble(func() {
		w := c.observedHealth()
		check, release := hung()
		time.Sleep(5 * time.Hour)
		w.AddCheckContext("db-primary", func(context.Context) error { return check() }, subject.CheckSettings{Timeout: 3 * time.Second})
		for n, what := range []string{"exceeds its timeout", "passes again"} {
			time.Sleep(time.Minute)
			began := time.Now().Truncate(time.Second)
			play.Ask(w.Readiness, http.MethodGet)
			release()
			time.Sleep(soon)
			release = func() {}
			changes := w.seen()
			if len(changes) != n+1 {
				c.Errorf("the observer of a check that %s has %d calls, want %d", what, len(changes), n+1)
				return
			}
			at := changes[n].at
			c.expect(!at.Before(began) && !at.After(time.Now()), "a check %s between %v and %v, and the observer gets the time %v", what, began, time.Now(), at)
		}
	})
}
