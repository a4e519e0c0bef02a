package statusz_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

// ask asks the handler of a context, as somebody who accepts one kind.
func ask(ctx context.Context, method, accept string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	req := httptest.NewRequest(method, "/statusz", nil)
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	statusz.Handler(ctx).ServeHTTP(w, req)
	return w
}

func carrying(src fsm.Source) context.Context { return fsm.NewContext(context.Background(), src) }

// parse reads a page, which is well-formed XML too, into the text of its
// elements, each with the elements that it is in: "html/body/main: text".
func parse(t *testing.T, page []byte) string {
	t.Helper()
	var in []string
	var text strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(page)); ; {
		token, err := d.Token()
		switch x := token.(type) {
		case xml.StartElement:
			in = append(in, x.Name.Local)
		case xml.EndElement:
			in = in[:len(in)-1]
		case xml.CharData:
			if s := strings.TrimSpace(string(x)); s != "" && in[len(in)-1] != "style" && in[len(in)-1] != "script" {
				text.WriteString(strings.Join(in, "/") + ": " + s + "\n")
			}
		}
		if err == io.EOF {
			return text.String()
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v\n%s", err, page)
		}
	}
}

func TestResponseHeaders(t *testing.T) {
	running := carrying(&fixedSource{snapshot: lifecycle.Snapshot{State: fsm.Running}})
	for _, c := range []struct {
		name, method, accept, kind, allow string
		ctx                               context.Context
		code                              int
	}{
		{"a page", "GET", "text/html", "text/html; charset=utf-8", "", running, 200},
		{"a page for curl", "GET", "*/*", "text/html; charset=utf-8", "", running, 200},
		{"JSON", "GET", "application/json", "application/json", "", running, 200},
		{"HEAD of a page", "HEAD", "", "text/html; charset=utf-8", "", running, 200},
		{"HEAD of JSON", "HEAD", "application/json", "application/json", "", running, 200},
		{"POST", "POST", "", "text/html; charset=utf-8", "GET, HEAD", running, 405},
		{"a method of their own", "BREW", "application/json", "application/json", "GET, HEAD", running, 405},
		{"POST without a lifecycle", "POST", "", "text/html; charset=utf-8", "GET, HEAD", context.Background(), 405},
		{"no lifecycle", "GET", "", "text/html; charset=utf-8", "", context.Background(), 404},
		{"no lifecycle in JSON", "GET", "application/json", "application/json", "", context.Background(), 404},
		{"no context at all", "GET", "", "text/html; charset=utf-8", "", nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(c.ctx, c.method, c.accept)
			if w.Code != c.code || w.Header().Get("Content-Type") != c.kind || w.Header().Get("Allow") != c.allow {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			if policy := w.Header().Get("Content-Security-Policy"); strings.HasPrefix(c.kind, "text/html") != strings.HasPrefix(policy, "default-src 'none'; ") {
				t.Errorf("policy %q", policy)
			}
			length, _ := strconv.Atoi(w.Header().Get("Content-Length"))
			if c.method == "HEAD" && (w.Body.Len() != 0 || length == 0) || c.method != "HEAD" && w.Body.Len() != length {
				t.Errorf("Content-Length %d of %d bytes", length, w.Body.Len())
			}
		})
	}
}

func TestWithoutALifecycle(t *testing.T) {
	page := parse(t, ask(context.Background(), "GET", "").Body.Bytes())
	if !strings.Contains(page, "html/body/main/p: There is no lifecycle to show: ") {
		t.Error(page)
	}
	var answer struct{ Error string }
	if err := json.Unmarshal(ask(context.Background(), "GET", "application/json").Body.Bytes(), &answer); err != nil ||
		!strings.HasPrefix(answer.Error, "There is no lifecycle to show: ") {
		t.Error(answer, err)
	}
}

func TestLifecycleOfTheRequestIsTheFallback(t *testing.T) {
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Accept", "application/json")
	req = req.WithContext(carrying(fsm.New()))
	for ctx, want := range map[context.Context]string{
		context.Background(): "starting", carrying(&fixedSource{snapshot: lifecycle.Snapshot{State: fsm.Hooks}}): "hooks",
	} {
		w := httptest.NewRecorder()
		statusz.Handler(ctx).ServeHTTP(w, req)
		var answer struct{ State string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.State != want {
			t.Error(want, answer, err)
		}
	}
}

func TestHandlerIsIdleBetweenRequests(t *testing.T) {
	src := &fixedSource{}
	h := statusz.Handler(carrying(src))
	if src.asked != 0 {
		t.Errorf("asked %d times before anybody looked", src.asked)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if src.asked != 1 {
		t.Errorf("asked %d times for one look", src.asked)
	}
}

type panics struct{}

func (panics) Error() string { panic("no text") }

func TestHostileTextIsEscaped(t *testing.T) {
	const hostile = `</style></script><script>alert("1")</script><img src=x onerror='alert(1)'>&amp;` + "\x00\xff\u2028{{.}}"
	now := time.Now()
	ctx := carrying(&fixedSource{snapshot: lifecycle.Snapshot{
		State: fsm.Hooks, At: now, Began: now.Add(-time.Hour), Entered: now, Budget: time.Second, Deadline: now.Add(time.Second),
		History: []fsm.Step{{Transition: fsm.Transition{From: fsm.Starting, To: fsm.State(77), On: fsm.Event(99)}, At: now}},
		Cause:   errors.New(hostile),
		Groups:  []lifecycle.GroupStatus{{Place: hostile, Made: now}},
		Tasks:   []lifecycle.TaskStatus{{Place: "", Began: now}},
		Hooks: []lifecycle.HookStatus{{Name: hostile, Place: "/a/" + hostile + ".go:7", Began: now, Ended: now, Err: errors.New(hostile)},
			{Name: "panics", Began: now, Ended: now, Err: panics{}}, {Name: "empty", Began: now, Ended: now, Err: errors.New("")}},
	}})
	w := ask(ctx, "GET", "")
	page := w.Body.String()
	if n := strings.Count(page, "<script>"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	if strings.Contains(page, "<img") {
		t.Error("there is an image in the page")
	}
	for _, want := range []string{`&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;`, "whose Error method panics", "an error with an empty text"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	parse(t, bytes.ToValidUTF8(w.Body.Bytes(), []byte("?")))
	var answer struct {
		Hooks []struct{ Name, Error string }
	}
	if err := json.Unmarshal(ask(ctx, "GET", "application/json").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if want := strings.ToValidUTF8(hostile, "\uFFFD"); len(answer.Hooks) != 3 || answer.Hooks[0].Name != want || answer.Hooks[0].Error != want {
		t.Errorf("%q", answer.Hooks)
	}
}
