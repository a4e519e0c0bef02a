package statusz_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestContentSecurityPolicy(t *testing.T) {
	for _, state := range fsm.States() {
		w := ask(carrying(&fixedSource{snapshot: lifecycle.Snapshot{State: state}}), "GET", "")
		policy := w.Header().Get("Content-Security-Policy")
		for _, kind := range []string{"script", "style"} {
			_, allowed, _ := strings.Cut(policy, kind+"-src ")
			allowed, _, _ = strings.Cut(allowed, ";")
			var found []string
			for _, match := range regexp.MustCompile(`(?s)<`+kind+`>(.*?)</`+kind+`>`).FindAllStringSubmatch(w.Body.String(), -1) {
				sum := sha256.Sum256([]byte(match[1]))
				found = append(found, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
			}
			if got := strings.Join(found, " "); got != allowed {
				t.Errorf("in state %v the page has the %s %s, and allows %s", state, kind, got, allowed)
			}
		}
		if loads := regexp.MustCompile(`(?i) (src|style|on[a-z]+)=|url\(|@import|href="[^d]`).FindString(w.Body.String()); loads != "" {
			t.Errorf("the page has%s", loads)
		}
	}
}

func TestPageIsValidHTML(t *testing.T) {
	page := ask(carrying(&fixedSource{snapshot: lifecycle.Snapshot{State: fsm.Hooks, Hooks: make([]lifecycle.HookStatus, 2), Groups: make([]lifecycle.GroupStatus, 2)}}), "GET", "").Body.String()
	parse(t, []byte(page))
	for _, want := range []string{
		"<!DOCTYPE html>\n<html lang=\"en\">", `<meta charset="utf-8"/>`, `<meta name="viewport" content="width=device-width, initial-scale=1"/>`,
		`<title>hooks · service lifecycle</title>`, `<noscript><meta http-equiv="refresh" content="2"/></noscript>`,
		`<p id="state" data-live="" role="status" class="pill state-hooks">hooks</p>`, `<svg xmlns="http://www.w3.org/2000/svg" class="mist-fsm"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	if n := strings.Count(page, "<h1>"); n != 1 {
		t.Errorf("%d titles", n)
	}
	for _, cell := range regexp.MustCompile(`<th( [^>]*)?>`).FindAllString(page, -1) {
		if !strings.Contains(cell, "scope=") {
			t.Errorf("a heading without scope: %s", cell)
		}
	}
	ids := map[string]bool{}
	for _, match := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[match[1]] {
			t.Errorf("two elements have the id %s", match[1])
		}
		ids[match[1]] = true
	}
	for _, match := range regexp.MustCompile(` aria-labelledby="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		for id := range strings.FieldsSeq(match[1]) {
			if !ids[id] {
				t.Errorf("nothing has the id %s, which is to be a label", id)
			}
		}
	}
}

func TestSourceWithoutASnapshot(t *testing.T) {
	m := fsm.New()
	for _, e := range []fsm.Event{fsm.Started, fsm.StopRequested} {
		if _, err := m.Fire(e); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		src  fsm.Source
		want []string
		not  string
	}{
		"a machine, with its history": {m, []string{"reports only its state and its history", "tbody/tr/th: running", "stop_"}, "Hooks"},
		"nothing but a state":         {bare{m}, []string{"reports only its state."}, "History"},
	} {
		t.Run(name, func(t *testing.T) {
			page := parse(t, ask(carrying(c.src), "GET", "").Body.Bytes())
			for _, want := range append(c.want, "p: draining", "svg/g/text: draining") {
				if !strings.Contains(page, want) {
					t.Errorf("the page does not say %q:\n%s", want, page)
				}
			}
			if strings.Contains(page, "h2: "+c.not) {
				t.Errorf("the page says %q", c.not)
			}
		})
	}
	const want = `^\{"state":"draining","at":"[^"]+","history":\[\{"state":"starting"\},` +
		`\{"state":"running","on":"started","at":"[^"]+","lasted_seconds":0[.0-9]*\},` +
		`\{"state":"draining","on":"stop_requested","at":"[^"]+","lasted_seconds":0[.0-9]*\}\]\}\s*$`
	if got := ask(carrying(m), "GET", "application/json").Body.String(); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("JSON %s", got)
	}
	if got := ask(carrying(bare{m}), "GET", "application/json").Body.String(); !regexp.MustCompile(`^\{"state":"draining","at":"[^"]+"\}\s*$`).MatchString(got) {
		t.Errorf("JSON %s", got)
	}
}

// bare is a source that has nothing but what a source must have.
type bare struct{ fsm.Source }
