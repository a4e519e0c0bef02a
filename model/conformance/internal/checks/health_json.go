package checks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// unusualTexts are names and texts that a hand-made JSON body gets wrong.
var unusualTexts = []string{
	"plain", "", `quo"te`, `back\slash`, "new\nline", "tab\t", "nul\x00", "bell\x07", "del\x7f", "<b>&amp;</b>",
	"\u2028\u2029", "日本語", "🙂", "bad\xffutf8", "\xc3", "{}", `","x":"y`, "100% %d %s %!x(", " spaces ", "a/b.c:d", "__proto__", strings.Repeat("long ", 100),
}

// UnusualTexts checks HEALTH-12: unusual names and texts.
func UnusualTexts(c *Checker) {
	c.mayBeOf("HEALTH-2")
	c.bubble(func() {
		for _, text := range unusualTexts {
			h := c.Impl.Health(text, text)
			h.AddCheck(text, func() error { return errors.New("why: " + text) })
			alive := play.Ask(h.Liveness, http.MethodGet)
			c.expect(alive.Invalid == nil && (!utf8.ValidString(text) || alive.Tool == text && alive.Version == text) && utf8.Valid(alive.Body), "a tool and a version of %q: liveness is %s", text, alive.Body)
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Invalid == nil && utf8.Valid(r.Body), "%q: the body is not JSON: %v: %s", text, r.Invalid, r.Body)
			if utf8.ValidString(text) {
				c.expect(r.Checks[text] == "why: "+text, "%q is reported as %q", text, r.Checks)
				c.expect(r.Tool == text && r.Version == text, "%q: tool is %q, version %q", text, r.Tool, r.Version)
			}
		}
	})
}

// SortedKeys checks HEALTH-12: keys are sorted, those that are not UTF-8 by what
// they are or, as encoding/json would, by what they were.
func SortedKeys(c *Checker) {
	c.bubble(func() {
		for _, names := range [][]string{
			{"c", "a", "d", "b", "é", "A"},
			{"A", "\"", "\n", "\\", "<", "0"},
			{"z", "b\xff", "\xff", "\uffff", "🙂", "é"},
		} {
			h := c.health()
			var bad error
			for n, name := range names {
				h.AddCheck(name, func() error {
					if n%2 == 0 {
						return bad
					}
					return nil
				})
			}
			slices.Sort(names)
			for i := range names {
				names[i] = strings.ToValidUTF8(names[i], "\ufffd")
			}
			for _, bad = range []error{nil, errors.New("the reason")} {
				keys := checkKeys(play.Ask(h.Readiness, http.MethodGet).Body)
				if len(keys) != len(names) {
					c.mayBeOf("HEALTH-2", "HEALTH-13")
					c.Errorf("of the checks %q, these are listed: %q", names, keys)
					return
				}
				c.expect(slices.IsSorted(keys) || slices.Equal(keys, names), "the checks, of which some fail with %v, come as %q", bad, keys)
			}
		}
	})
}

// SortedKeysOfLater checks HEALTH-12: keys are sorted when checks are added, and removed,
// between probes.
func SortedKeysOfLater(c *Checker) {
	c.bubble(func() {
		h, want := c.health(), []string{}
		random := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			for range 1 + random.IntN(3) {
				name := string('a' + rune(random.IntN(26)))
				at, there := slices.BinarySearch(want, name)
				switch {
				case !there:
					h.AddCheck(name, func() error { return nil })
					want = slices.Insert(want, at, name)
				case c.offered[subject.NeedRemoveCheck]:
					h.RemoveCheck(name)
					want = slices.Delete(want, at, at+1)
				}
			}
			keys := checkKeys(play.Ask(h.Readiness, http.MethodGet).Body)
			if !slices.Equal(slices.Sorted(slices.Values(keys)), want) {
				return // for HEALTH-13 to say
			}
			c.expect(slices.Equal(keys, want), "after checks were added and removed, they come as %q, want %q", keys, want)
		}
	})
}

// checkKeys returns the names of the checks in the order of the body.
func checkKeys(body []byte) (keys []string) {
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(top["checks"]))
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return keys
		}
		keys = append(keys, fmt.Sprint(key))
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return keys
		}
	}
	return keys
}

// Clipped checks HEALTH-12: long, empty and misleading texts.
func Clipped(c *Checker) {
	c.bubble(func() {
		h := c.health()
		h.AddCheck("long", func() error { return errors.New(strings.Repeat("é", 3000)) })
		h.AddCheck("empty", func() error { return errors.New("") })
		h.AddCheck("ok", func() error { return errors.New("ok") })
		h.AddCheck("panics", func() error { panic("") })
		h.AddCheck("panics with ok", func() error { panic("ok") })
		h.AddCheck("same\xff", func() error { return nil })
		h.AddCheck("same\xfe", func() error { return errors.New("the failing one") })
		h.AddCheck("two\xc3", func() error { return errors.New("the failing one") })
		h.AddCheck("two日", func() error { return nil }) // which is between the two as bytes go
		h.AddCheck("two\xff", func() error { return nil })
		r := play.Ask(h.Readiness, http.MethodGet)
		c.expect(r.Invalid == nil, "the body is not JSON: %s", r.Body)
		long := r.Checks["long"]
		c.expect(len(long) > 100 && len(long) <= 1100 && !strings.Contains(long, "\ufffd"), "a long text has %d bytes: %q", len(long), long)
		for _, name := range []string{"empty", "ok", "panics", "panics with ok"} {
			c.expect(r.Checks[name] != "" && r.Checks[name] != "ok", "a failure of the check %q is reported as %q", name, r.Checks[name])
		}
		// What is put for bytes that are not UTF-8 is open.
		for _, name := range []string{"same", "two"} {
			shown := false
			for key, text := range r.Checks {
				shown = shown || strings.HasPrefix(key, name) && text == "the failing one"
			}
			c.expect(shown, "of two names that become equal, the failing one is not shown: %v", r.Checks)
		}
		c.expectCut()
	})
}

// UnusualReasons checks HEALTH-12. It has every unusual text as a reason.
func UnusualReasons(c *Checker) {
	c.mayBeOf("HEALTH-19")
	c.bubble(func() {
		h := c.health()
		for _, text := range unusualTexts {
			h.SetNotReady(text)
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Invalid == nil, "the reason %q: the body is not JSON: %v: %s", text, r.Invalid, r.Body)
			c.expect(!utf8.ValidString(text) || r.Reason == text || r.Reason == "", "the reason %q is shown as %q", text, r.Reason)
		}
		for n := range 5 { // whether a long one is cut is open, and where; not between the bytes of a rune
			h.SetNotReady(strings.Repeat("x", n) + strings.Repeat("日", 3000))
			r := play.Ask(h.Readiness, http.MethodGet)
			c.expect(r.Invalid == nil && utf8.Valid(r.Body) && !strings.Contains(r.Reason, "\ufffd"), "a long reason is cut within a rune: …%q", r.Reason[max(0, len(r.Reason)-12):])
		}
	})
}

// expectCut demands that a text is cut between two runes, wherever the limit
// falls, and is not cut when it is within it, in bytes before they are escaped.
func (c *Checker) expectCut() {
	for _, r := range []string{"x", "é", "日", "🙂", `"`, "\n", "<"} {
		for before := range 4 {
			for _, n := range []int{900, 1022, 1023, 1024, 1025, 1026, 1027, 1028, 3000, 1 << 20} {
				text := strings.Repeat("x", before) + strings.Repeat(r, (n-before)/len(r))
				h := c.health()
				h.AddCheck("long", func() error { return errors.New(text) })
				got := play.Ask(h.Readiness, http.MethodGet).Checks["long"]
				kept := 0
				for kept < min(len(got), len(text)) && got[kept] == text[kept] {
					kept++
				}
				// How much is left of what is over 1 KiB, and how that is said, is open.
				c.expect(utf8.ValidString(got) && !strings.Contains(got, "\ufffd") && len(got) <= 1100 &&
					(got == text || len(text) > 1<<10 && kept > 100 && len(got)-kept < 80),
					"a text of %d bytes, of %q after %d others, has %d bytes: …%q", len(text), r, before, len(got), got[max(0, len(got)-12):])
			}
		}
	}
}

// lists reports whether an answer has checks, be they none.
func lists(r play.Reply) bool {
	var top map[string]json.RawMessage
	_ = json.Unmarshal(r.Body, &top)
	_, has := top["checks"]
	return has
}
