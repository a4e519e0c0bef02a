package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// misleadingTexts are texts of failures that look like something else, and texts of
// lengths around the limit.
var misleadingTexts = []string{
	"ok", "OK", "Ok", "ok ", "okay", "ok: 3 of 5", "pass", "passed", "null", "true", "0", "<nil>", "degraded", "healthy",
	strings.Repeat("x", 1000), strings.Repeat("x", 1024), strings.Repeat("x", 1025), strings.Repeat("日", 342), strings.Repeat("é", 40_000),
}

// failingWay is a way in which a check fails with a text.
type failingWay struct {
	what string
	add  func(h subject.HealthFuncs, name, text string)
}

// failingWays are the ways that do not panic, which is for HEALTH-8.
func failingWays() []failingWay {
	ways := []failingWay{
		{what: "AddCheck", add: func(h subject.HealthFuncs, name, text string) {
			h.AddCheck(name, func() error { return errors.New(text) })
		}},
	}
	for what, s := range map[string]subject.CheckSettings{
		"AddCheckContext":      {},
		"one that is cached":   {CacheFor: time.Hour},
		"one of a group":       {Groups: []string{"read"}},
		"one that is optional": {Optional: true},
	} {
		ways = append(ways, failingWay{what: what, add: func(h subject.HealthFuncs, name, text string) {
			h.AddCheckContext(name, func(context.Context) error { return errors.New(text) }, s)
		}})
	}
	return ways
}

// wrongText says what is wrong with how a text of a failure is shown, "" if nothing is.
// How much is left of one that is over 1 KiB is open.
func wrongText(text, shown string) string {
	switch {
	case shown == "" || shown == "ok":
		return "this does not say that the check failed"
	case len(shown) > 1100:
		return fmt.Sprintf("%d bytes are too many", len(shown))
	case strings.EqualFold(strings.TrimSpace(text), "ok") && strings.Contains(shown, text): // it may say more
	case text != "" && text != "ok" && len(text) <= 1<<10 && utf8.ValidString(text) && shown != text:
		return "it differs"
	}
	return ""
}

// FailingTexts checks HEALTH-12. It has checks of every sort fail in every way with every
// text.
func FailingTexts(c *Checker) {
	c.bubble(func() {
		for _, way := range failingWays() {
			for _, text := range slices.Concat(unusualTexts, misleadingTexts) {
				h := c.health()
				way.add(h, "db", text)
				r := play.Ask(h.Readiness, http.MethodGet)
				what := fmt.Sprintf("%s fails with %.40q", way.what, text)
				c.expect(r.Invalid == nil && utf8.Valid(r.Body), "%s: the body is not JSON: %v", what, r.Invalid)
				wrong := wrongText(text, r.Checks["db"])
				c.expect(wrong == "", "%s, and is shown as %.60q: %s", what, r.Checks["db"], wrong)
			}
		}
	})
}

// InvalidTexts checks HEALTH-12: texts of bytes that are not UTF-8, short ones and such as
// must be cut. What is shown for such bytes is open, but not that something is, and what
// comes before them stays.
func InvalidTexts(c *Checker) {
	c.bubble(func() {
		shown := func(text string) string {
			h := c.health()
			h.AddCheck("db", func() error { return errors.New(text) })
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Invalid == nil && utf8.Valid(r.Body), "a check fails with %.40q, %d bytes: the body is not JSON: %v", text, len(text), r.Invalid)
			return r.Checks["db"]
		}
		for _, unit := range []string{"\x80", "\xff", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x99", "\x80x"} {
			first, _ := utf8.DecodeRuneInString(shown(unit + unit))
			for _, n := range []int{340, 341, 342, 1000, 1020, 1021, 1022, 1023, 1024, 1025, 2000, 5000} {
				text := strings.Repeat(unit, n)
				got := shown(text)
				c.expect(strings.HasPrefix(got, string(first)), "a check fails with %d times %q, and is shown as %.60q, and begins with %q if there are two", n, unit, got, first)
				got = shown("why: " + text)
				c.expect(strings.HasPrefix(got, "why: "), "a check fails with \"why: \" and %d times %q, and is shown as %.60q", n, unit, got)
			}
		}
	})
}

// LargeBody checks HEALTH-12: hundreds and thousands of checks that fail with long texts, in
// bodies of hundreds of kilobytes and of megabytes.
func LargeBody(c *Checker) {
	c.mayBeOf("HEALTH-2")
	text := strings.Repeat("x", 900)
	for _, n := range []int{300, 3000} {
		c.bubble(func() {
			h := c.health()
			for i := range n {
				h.AddCheck(fmt.Sprint("check ", i), func() error { return errors.New(text) })
			}
			r := play.Ask(h.Readiness, http.MethodGet)
			what := fmt.Sprintf("of %d checks that fail with texts of %d bytes", n, len(text))
			c.expect(r.Invalid == nil, "%s the body, of %d bytes, is not JSON: %v", what, len(r.Body), r.Invalid)
			c.expect(r.Invalid != nil || len(r.Checks) == n && r.Checks[fmt.Sprint("check ", n-1)] == text, "%s, %d are listed", what, len(r.Checks))
			keys := checkKeys(r.Body)
			c.expect(slices.IsSorted(keys), "%s, the keys are not sorted: %.100q", what, keys)
		})
	}
}

// EqualNames checks HEALTH-12: names that become equal, of which one fails: the first, the
// last, or one between. It is shown if it is optional too, and where the others have a
// text, but pass, by FailAfter.
func EqualNames(c *Checker) {
	tolerates := c.offered[subject.NeedFailAfter] && c.tolerates()
	for _, n := range []int{2, 3, 7} {
		for fails := range n {
			c.bubble(func() { c.equalNames(n, fails, subject.CheckSettings{}, false) })
			c.bubble(func() { c.equalNames(n, fails, subject.CheckSettings{Optional: true}, false) })
			if tolerates {
				c.bubble(func() { c.equalNames(n, fails, subject.CheckSettings{}, true) })
			}
		}
	}
}

// tolerates reports whether a check with FailAfter passes when it fails once. If not, that
// is for HEALTH-18.
func (c *Checker) tolerates() (passes bool) {
	c.bubble(func() {
		h := c.health()
		h.AddCheckContext("db", func(context.Context) error { return errors.New("tolerated") }, subject.CheckSettings{FailAfter: 9})
		passes = play.Ask(h.Readiness, http.MethodGet).Status == "ok"
	})
	return passes
}

func (c *Checker) equalNames(n, fails int, s subject.CheckSettings, tolerated bool) {
	h := c.health()
	for i := range n {
		name := "db" + string([]byte{byte(0x80 + i)})
		switch {
		case i == fails:
			h.AddCheckContext(name, func(context.Context) error { return errors.New("the failing one") }, s)
		case tolerated:
			h.AddCheckContext(name, func(context.Context) error { return errors.New("tolerated") }, subject.CheckSettings{FailAfter: 9})
		default:
			h.AddCheck(name, func() error { return nil })
		}
	}
	r, shown := play.Ask(h.Readiness, http.MethodGet), false
	for _, text := range r.Checks { // under what name is open
		shown = shown || text == "the failing one"
	}
	c.expect(shown && r.Invalid == nil, "of %d names that become equal, check %d fails (optional: %t) and is not shown (FailAfter lets the others pass: %t): %s", n, fails+1, s.Optional, tolerated, r.Body)
}

// NoChecksLeft checks HEALTH-2: checks is absent too when none is left.
func NoChecksLeft(c *Checker) {
	c.bubble(func() {
		h := c.health()
		for _, n := range []int{1, 2, 7} {
			for i := range n {
				h.AddCheck(fmt.Sprint("check ", i), func() error { return nil })
			}
			play.Ask(h.Readiness, http.MethodGet)
			for i := range n {
				h.RemoveCheck(fmt.Sprint("check ", i))
			}
			r := play.Ask(h.Readiness, http.MethodGet)
			if len(r.Checks) > 0 {
				return // for HEALTH-13 to say
			}
			c.expectReply("after the removal of all checks", r, http.StatusOK, "ok")
			c.expect(!lists(r), "after the removal of all checks the body has them: %s", r.Body)
		}
	})
}

// ObservedTexts checks HEALTH-16: what an observer gets is what readiness shows, with
// the name as it was given.
func ObservedTexts(c *Checker) {
	c.bubble(func() {
		for _, way := range failingWays() {
			for _, text := range slices.Concat(unusualTexts, misleadingTexts) {
				w, name := c.observedHealth(), "DB of "+text
				way.add(w.HealthFuncs, name, text)
				shown := play.Ask(w.Readiness, http.MethodGet).Checks[name]
				time.Sleep(soon) // on no probe's time
				changes := w.seen()
				what := fmt.Sprintf("%s fails with %.40q", way.what, text)
				if !utf8.ValidString(text) || shown == "" {
					continue
				}
				if len(changes) != 1 {
					c.Errorf("%s: the observer has %d calls, want 1", what, len(changes))
					continue
				}
				got := changes[0]
				c.expect(got.check == name && got.text == shown, "%s: the observer gets %.60q with %.60q, and readiness shows %.60q", what, got.check, got.text, shown)
			}
		}
	})
}

// LongNames checks HEALTH-12: only texts are cut, and not the names of checks.
func LongNames(c *Checker) {
	c.bubble(func() {
		h, name := c.health(), strings.Repeat("name ", 1000)
		h.AddCheck(name+"1", func() error { return nil })
		h.AddCheck(name+"2", func() error { return nil })
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(len(r.Checks) == 2 && r.Checks[name+"1"] == "ok" && r.Checks[name+"2"] == "ok", "two checks have names of %d bytes, and readiness lists %d with these names", len(name)+1, len(r.Checks))
	})
}

// AnyTool checks HEALTH-6: every body has tool and version as they were given.
func AnyTool(c *Checker) {
	c.mayBeOf("HEALTH-12") // which has JSON of any text
	for _, given := range [][2]string{{strings.Repeat("tool ", 1000), strings.Repeat("1.", 3000)}, {" padded ", "\tv1\n"}, {"größe 日本語", "é"}, {"<a&b>", "\"1\""}} {
		c.bubble(func() {
			h := c.Impl.Health(given[0], given[1])
			for what, endpoint := range map[string]http.Handler{"liveness": h.Liveness, "readiness": h.Readiness} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					r := play.Ask(endpoint, method)
					c.expect(r.Tool == given[0] && r.Version == given[1], "%s: %s: the tool is %.20q, %d bytes, and its version %.20q, %d bytes; the answer has %.20q, %d bytes, and %.20q, %d bytes",
						what, method, given[0], len(given[0]), given[1], len(given[1]), r.Tool, len(r.Tool), r.Version, len(r.Version))
				}
			}
		})
	}
}
