package statusz_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

// rows are the rows of the table of that section, each with the texts of its
// cells.
func rows(t *testing.T, page, section string) []string {
	t.Helper()
	_, table, ok := strings.Cut(page, `id="`+section+`"`)
	if !ok {
		t.Fatalf("the page has no %s", section)
	}
	table, _, _ = strings.Cut(table, "</section>")
	_, body, _ := strings.Cut(table, "<tbody>")
	body, _, _ = strings.Cut(body, "</tbody>")
	return strings.Split(body, "<tr>")[1:]
}

// What is busy or failed comes first, at most 200 rows a table are shown, and
// how many more there are; so a page stays small however much there is.
func TestTablesAreSortedByUrgencyAndCapped(t *testing.T) {
	now := time.Now()
	snap := lifecycle.Snapshot{State: fsm.Hooks, At: now, Began: now.Add(-time.Hour), Entered: now, GroupCount: 40_000, TaskCount: 3, HookCount: 10_000}
	for i := range 1000 {
		snap.Groups = append(snap.Groups, lifecycle.GroupStatus{Place: fmt.Sprintf("/g.go:%d", i), Made: now, Busy: i == 700, Idle: i != 700})
	}
	for i := range 3 {
		snap.Tasks = append(snap.Tasks, lifecycle.TaskStatus{Place: fmt.Sprintf("/t.go:%d", i), Began: now})
	}
	for i := range 1000 {
		hook := lifecycle.HookStatus{Place: fmt.Sprintf("/h.go:%d", i), Began: now, Ended: now}
		switch i {
		case 300:
			hook.Err = errors.New("boom")
		case 900:
			hook.Ended = time.Time{}
		}
		snap.Hooks = append(snap.Hooks, hook)
	}
	ctx := carrying(&fixedSource{snapshot: snap})
	page := ask(ctx, "GET", "").Body.String()
	if len(page) > 250_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, tc := range []struct {
		section string
		first   []string
		more    string
	}{
		{"work", []string{"g.go:700", "t.go:0", "t.go:1", "t.go:2", "g.go:0"}, "And 39803 more."},
		{"hooks", []string{"h.go:900", "h.go:300", "h.go:0"}, "And 9800 more."},
	} {
		got := rows(t, page, tc.section)
		if len(got) != 200 || !strings.Contains(page, tc.more) {
			t.Errorf("%s: %d rows; %q is there: %v", tc.section, len(got), tc.more, strings.Contains(page, tc.more))
		}
		for i, want := range tc.first {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: row %d is not %s: %s", tc.section, i+1, want, got[i])
			}
		}
	}
	var body struct {
		Work, Hooks         []struct{ Place string }
		More_Work           int
		More_Hooks          int
		Checks, More_Checks json.RawMessage
	}
	if err := json.Unmarshal(ask(ctx, "GET", "application/json").Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	has := func(place string) bool {
		return slices.ContainsFunc(body.Hooks, func(h struct{ Place string }) bool { return h.Place == place })
	}
	if len(body.Work) != 200 || len(body.Hooks) != 200 || body.More_Work != 39803 || body.More_Hooks != 9800 || !has("/h.go:300") || !has("/h.go:900") {
		t.Errorf("JSON: %d and %d rows, %d and %d more", len(body.Work), len(body.Hooks), body.More_Work, body.More_Hooks)
	}
	if body.Checks != nil || body.More_Checks != nil {
		t.Error("checks are shown that were not asked for")
	}
}

func healthOf(ctx context.Context, h *health.Handler, accept string) string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept", accept)
	statusz.Handler(ctx, statusz.WithHealth(h)).ServeHTTP(w, r)
	return w.Body.String()
}

func TestChecksAreShownButNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := health.New("tool", "1", health.WithLogger(slog.New(slog.DiscardHandler)))
		ctx := carrying(&fixedSource{snapshot: lifecycle.Snapshot{State: fsm.Running}})
		if page := healthOf(ctx, h, "text/html"); !strings.Contains(page, "No checks have been added.") {
			t.Error("the page does not say that there is no check")
		}
		runs := 0
		release := make(chan struct{})
		defer close(release)
		h.AddCheck("a, fine", func() error { runs++; time.Sleep(time.Second); return nil })
		h.AddCheckContext("b, optional", func(context.Context) error { return errors.New("<cold>") }, health.Optional(), health.Group("x"))
		h.AddCheckContext("c, not yet", func(context.Context) error { return errors.New("blip") }, health.FailAfter(3))
		h.AddCheck("d, hangs", func() error { <-release; return nil })
		h.Check(t.Context())
		h.AddCheck("e, new", nil)
		time.Sleep(2 * time.Second)
		m := fsm.New() // its time is that of the bubble
		page, text := healthOf(carrying(m), h, "text/html"), healthOf(carrying(m), h, "application/json")
		parse(t, []byte(page))
		got := rows(t, page, "checks")
		for i, want := range [][]string{
			{"d, hangs", "failing", "for 2 s", "timed out after 3s", "running 5 s"},
			{"b, optional", "failing", "for 5 s", "optional", "&lt;cold&gt;"},
			{"c, not yet", "passing", "blip"},
			{"e, new", "not run", "–"},
			{"a, fine", "passing", "for 4 s", "1 s"},
		} {
			for _, part := range want {
				if i >= len(got) || !strings.Contains(got[i], part) {
					t.Errorf("row %d does not have %q: %s", i+1, part, append(got, make([]string, 9)...)[i])
				}
			}
		}
		for _, want := range []string{
			`{"name":"d, hangs","state":"failing","text":"timed out after 3s","since":`, `"for_seconds":2,"running_seconds":5}`, // no run has ended
			`{"name":"b, optional","state":"failing","optional":true,"groups":["x"],`, `"for_seconds":5,"took_seconds":0}`, `{"name":"e, new","state":"not run"}`, `"for_seconds":4,"took_seconds":1}`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("JSON does not have %s: %s", want, text)
			}
		}
		if runs != 1 {
			t.Errorf("%d runs", runs)
		}
		for i := range 1000 {
			h.AddCheck(fmt.Sprint(i), nil)
		}
		page = healthOf(ctx, h, "text/html")
		if got := rows(t, page, "checks"); len(got) != 200 || !strings.Contains(page, "And 805 more.") || !strings.Contains(got[0], "d, hangs") {
			t.Errorf("%d rows of 1005", len(got))
		}
	})
}

func TestInvalidOptionIsLoggedWithItsCallSite(t *testing.T) {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	defer slog.SetDefault(before)
	statusz.Handler(context.Background(), nil, statusz.WithHealth(nil))
	text := b.String()
	for _, want := range []string{"statusz: Handler: an option is nil", "statusz: Handler: WithHealth(nil); no checks are shown", "limits_test.go:"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not logged: %s", want, text)
		}
	}
}
