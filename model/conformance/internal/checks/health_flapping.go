package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
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

// TextsThatFlap checks HEALTH-16: a check that never passes fails with several texts, of
// which most are too brief to be logged, and then with one that stays for three minutes.
// That one is logged, once, and last.
func TextsThatFlap(c *Checker) {
	c.bubble(func() {
		w, n := c.observedHealth(), 0
		var result error
		w.AddCheckContext("db-primary", func(context.Context) error { return result }, subject.CheckSettings{})
		fails := func(probes int, every time.Duration) {
			n++
			result = fmt.Errorf("reason (%d)", n)
			for range probes {
				play.Ask(w.Readiness, http.MethodGet)
				time.Sleep(every)
			}
		}
		for _, brief := range []int{0, 2, 1, 3, 7, 30, 2} {
			for range brief {
				fails(2, time.Second)
			}
			fails(36, 5*time.Second)
			time.Sleep(soon)
			what := fmt.Sprintf("a check fails with %d texts for 2s each, and with another for three minutes", brief)
			lines, with := w.linesAbout("db-primary"), 0
			for _, line := range lines {
				if strings.Contains(line, result.Error()) {
					with++
				}
			}
			c.expect(with == 1 && strings.Contains(lines[len(lines)-1], result.Error()), "%s: %d lines have the last text, want one, at the end; the log:\n%s", what, with, &w.log)
			if c.offered[subject.NeedHealthObserver] {
				changes := w.seen()
				c.expect(len(changes) == len(lines) && changes[len(changes)-1].text == result.Error(), "%s: the observer has %d calls, and %d lines are logged: %v", what, len(changes), len(lines), changes)
			}
			time.Sleep(time.Minute)
		}
	})
}

// TextsUntilItFails checks HEALTH-16: a check with FailAfter has another text in each
// run. The one with which it begins to fail is that of the n-th.
func TextsUntilItFails(c *Checker) {
	for _, n := range []int{1, 2, 3, 7} {
		c.bubble(func() {
			w, texts, run := c.observedHealth(), []string{}, 0
			var result error
			w.AddCheckContext("db-primary", func(context.Context) error { return result }, subject.CheckSettings{FailAfter: n})
			probe := func(err error) {
				result = err
				play.Ask(w.Readiness, http.MethodGet)
				time.Sleep(time.Second)
			}
			for range 3 {
				for range n {
					run++
					probe(fmt.Errorf("reason (%d)", run))
				}
				texts = append(texts, result.Error())
				c.expectChanges(fmt.Sprintf("FailAfter(%d), with another text in each run", n), w, "db-primary", texts...)
				texts = append(texts, "")
				probe(nil)
				c.expectChanges(fmt.Sprintf("FailAfter(%d), with another text in each run, and then a pass", n), w, "db-primary", texts...)
			}
		})
	}
}

// ChangesInOrder checks HEALTH-16: of checks that fail and pass in turn, thousands of
// times without a pause, each change is logged and observed after the one before.
func ChangesInOrder(c *Checker) {
	c.bubble(func() {
		const rounds, checks = 1500, 4
		w, round := c.observedHealth(), 0
		names, want := []string{}, []string{}
		for n := range checks {
			names = append(names, fmt.Sprintf("number-%d", n))
			w.AddCheckContext(names[n], func(context.Context) error {
				if round%2 == 0 {
					return fmt.Errorf("reason (%d)", round)
				}
				return nil
			}, subject.CheckSettings{})
		}
		for ; round < rounds; round++ {
			want = append(want, "")
			if round%2 == 0 {
				want[round] = fmt.Sprintf("reason (%d)", round)
			}
			play.Ask(w.Readiness, http.MethodGet)
		}
		time.Sleep(time.Hour) // an observer may take its time over each of them
		for _, name := range names {
			got := []string{}
			for _, change := range w.seen() {
				if change.check == name {
					got = append(got, change.text)
				}
			}
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			c.expect(!c.offered[subject.NeedHealthObserver] || at == len(want) && len(got) == at, "of %d changes in turn an observer gets %d, and the first %d as they come", len(want), len(got), at)
			lines := w.linesAbout(name)
			at = 0
			for at < min(len(lines), len(want)) && strings.Contains(lines[at], want[at]) && (want[at] != "" || !strings.Contains(lines[at], "reason (")) {
				at++
			}
			c.expect(at == len(want) && len(lines) == at, "of %d changes in turn %d are logged, and the first %d as they come", len(want), len(lines), at)
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

// TimeOfTimeout checks HEALTH-16: an observer gets the times at which a run has exceeded
// its timeout, and the next has passed, of a handler that is old.
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
			c.expect(!at.Before(began) && !at.After(time.Now()), "a check %s between %v and %v, and the observer gets the time %v, want one between", what, began, time.Now(), at)
		}
	})
}
