package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// nasty draws strings that break what is careless with them: pieces of what
// JSON, HTML, UTF-8 and the cut at 1 KiB treat specially.
func nasty() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"", "ok", "db", `"`, `\`, "\n", "\r\n", "\t", "\b", "\f", "\x00", "\x1f", "\x7f", "<script>", "&amp;",
		"\u2028", "\u2029", "\ufffd", "é", "漢字", "😀", "\xff", "\xc3", "\xe6\xbc", "\xed\xa0\x80", "\xf0\x9f\x98",
		strings.Repeat("x", 1000), strings.Repeat("é", 512), `","checks":{"db":"ok"}}`,
	})
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOfN(piece, 0, 6), func(s []string) string { return strings.Join(s, "") }),
	)
}

// decoded is s after a trip through encoding/json.
func decoded(s string) string {
	b, _ := json.Marshal(s)
	var back string
	_ = json.Unmarshal(b, &back)
	return back
}

// shown is what the documentation says of the text of a failing check.
func shown(text string) string {
	switch text {
	case "":
		return "failed"
	case "ok":
		return "failed: ok"
	}
	text = decoded(text)
	if len(text) <= 1024 {
		return text
	}
	cut := 1024 - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// HEALTH-12: any names and texts give JSON that decodes to what was put in.
func TestRandomNamesAndTextsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tool, version := nasty().Draw(t, "tool"), nasty().Draw(t, "version")
		// A "" stands for a check that passes, so as to have both.
		texts := rapid.MapOf(nasty(), rapid.OneOf(nasty(), rapid.Just("pass"))).Draw(t, "texts")
		h := health.New(tool, version, quiet())
		want := map[string]string{}
		healthy := true
		for name, text := range texts {
			if text == "pass" {
				h.AddCheck(name, pass)
				if _, there := want[decoded(name)]; !there {
					want[decoded(name)] = "ok"
				}
				continue
			}
			healthy = false
			h.AddCheck(name, func() error { return errors.New(text) })
			want[decoded(name)] = shown(text)
		}
		ctx := fsm.NewContext(context.Background(), machineIn(t, fsm.Running))
		r, ready := h.Check(ctx)
		body := bodyOf(h, ctx)
		var got health.Response
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if got.Tool != decoded(tool) || got.Version != decoded(version) || got.State != "running" || ready != healthy {
			t.Fatalf("ready %v: %s", ready, body)
		}
		if len(got.Checks) != len(want) {
			t.Fatalf("want %q\n got %q", want, got.Checks)
		}
		failing := map[string]bool{}
		for name, text := range texts {
			failing[decoded(name)] = failing[decoded(name)] || text != "pass"
		}
		for key, text := range got.Checks {
			if (text != "ok") != failing[key] {
				t.Fatalf("%q: %q, failing: %v", key, text, failing[key])
			}
			if len(names(texts, key)) == 1 && text != want[key] {
				t.Fatalf("%q: want %q, got %q", key, want[key], text)
			}
		}
		// The bytes are those of encoding/json, and Check says the same.
		for name, r := range map[string]health.Response{"the body": got, "Check": r} {
			r.Uptime = got.Uptime
			if b, err := json.Marshal(r); err != nil || string(b) != body {
				t.Fatalf("%s: %v\nwant %s\n got %s", name, err, b, body)
			}
		}
	})
}

// names returns those that JSON shows as key.
func names(texts map[string]string, key string) (all []string) {
	for name := range texts {
		if decoded(name) == key {
			all = append(all, name)
		}
	}
	return all
}

func bodyOf(h *health.Handler, ctx context.Context) string {
	var w recorder
	w.serve(h.Readiness(), ctx)
	return string(w.body)
}

// HEALTH-12: a name of 1 MiB is kept whole; only texts are cut.
func TestNameOfAMegabyte(t *testing.T) {
	name := strings.Repeat("\"é<\n", 1<<18)
	h := newHandler()
	h.AddCheck(name, func() error { return errors.New(name) })
	h.AddCheck("other", pass)
	ask(t, h.Readiness()).expectCheck(t, name, shown(name)).expectCheck(t, "other", "ok")
	ask(t, h.Liveness()).expect(t, 200, "ok")
}

// HEALTH-6: the length is right for a body of any length.
func TestContentLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for n := range 300 {
			h := health.New(strings.Repeat("t", n), "v", quiet())
			ask(t, h.Readiness())
			h.AddCheck(fmt.Sprint(n), func() error { return errors.New(strings.Repeat("x", n)) })
			ask(t, h.Readiness()) // examines the length
		}
	})
}
