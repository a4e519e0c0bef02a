package health_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is the answer to a probe.
type answer struct {
	code   int
	header http.Header
	raw    string
	body   health.Response
}

// ask probes the handler with a GET and holds the answer to what is true of
// every answer (HEALTH-6, HEALTH-12).
func ask(t testing.TB, h http.Handler) answer {
	t.Helper()
	return askContext(t, context.Background(), h)
}

func askContext(t testing.TB, ctx context.Context, h http.Handler) answer {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	return examine(t, rec)
}

func examine(t testing.TB, rec *httptest.ResponseRecorder) answer {
	t.Helper()
	a := answer{code: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	if err := json.Unmarshal([]byte(a.raw), &a.body); err != nil {
		t.Fatalf("the body is not JSON: %v\n%s", err, a.raw)
	}
	for key, want := range map[string]string{
		"Content-Type":   "application/json",
		"Cache-Control":  "no-store",
		"Content-Length": strconv.Itoa(len(a.raw)),
	} {
		if got := a.header.Values(key); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	return a
}

// expect holds an answer to a code and a status.
func (a answer) expect(t testing.TB, code int, status string) answer {
	t.Helper()
	if a.code != code || a.body.Status != status {
		t.Errorf("want %d %q, got %d %s", code, status, a.code, a.raw)
	}
	return a
}

func (a answer) expectCheck(t testing.TB, name, want string) answer {
	t.Helper()
	if got, ok := a.body.Checks[name]; !ok || got != want {
		t.Errorf("check %q: want %q, got %q (present: %v) in %.300s", name, want, got, ok, a.raw)
	}
	return a
}

func quiet() health.Option {
	return health.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func newHandler(opts ...health.Option) *health.Handler {
	return health.New("matchspec", "1.4.0", append([]health.Option{quiet()}, opts...)...)
}

func pass() error { return nil }

// path is the events that lead a new machine to each state.
var path = map[fsm.State][]fsm.Event{
	fsm.Starting: {},
	fsm.Running:  {fsm.Started},
	fsm.Draining: {fsm.Started, fsm.StopRequested},
	fsm.Hooks:    {fsm.Started, fsm.StopRequested, fsm.Drained},
	fsm.Stopped:  {fsm.Started, fsm.StopRequested, fsm.Drained, fsm.HooksFinished},
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// machineIn returns a machine in that state.
func machineIn(t fataler, s fsm.State) *fsm.Machine {
	t.Helper()
	m := fsm.New()
	fire(t, m, path[s]...)
	return m
}

func fire(t fataler, m *fsm.Machine, events ...fsm.Event) {
	t.Helper()
	for _, e := range events {
		if _, err := m.Fire(e); err != nil {
			t.Fatal(err)
		}
	}
}
