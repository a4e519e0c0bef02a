package health_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

// journal is a logger whose records a test can read.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) option() health.Option {
	return health.WithLogger(slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{AddSource: true})))
}

// take returns the records since the last call.
func (j *journal) take(t testing.TB) (records []map[string]any) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.buf.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	j.buf.Reset()
	return records
}

// lines are the records as "LEVEL message check error".
func (j *journal) lines(t testing.TB) (lines []string) {
	for _, r := range j.take(t) {
		line := r["level"].(string) + " " + r["msg"].(string)
		for _, key := range []string{"check", "error"} {
			if v, ok := r[key].(string); ok {
				line += " " + v
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestFailureAndRecoveryAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h := health.New("tool", "1", j.option(), health.WithoutDetails())
		var result error
		takes := time.Duration(0)
		h.AddCheck("db", func() error { time.Sleep(takes); return result })
		probe := func(shown string, want ...string) {
			t.Helper()
			ask(t, h.Readiness()).expectCheck(t, "db", shown)
			synctest.Wait()
			if got := j.lines(t); !slices.Equal(got, want) {
				t.Errorf("want %q\n got %q", want, got)
			}
		}
		probe("ok")
		result = errors.New("at 10.0.0.1")
		probe("failed", "WARN health: check fails db at 10.0.0.1")
		probe("failed")
		result = nil
		probe("ok", "INFO health: check passes again db")
		probe("ok")
		takes = 4 * time.Second
		probe("failed", "WARN health: check fails db timed out after 3s")
		time.Sleep(5 * time.Second)
		probe("failed") // it came back after 4 s, which is no recovery
		time.Sleep(5 * time.Second)
		takes = 0
		probe("ok", "INFO health: check passes again db")
	})
}

func TestPanicOfACheckIsLoggedWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		h := health.New("tool", "1", j.option())
		h.AddCheckContext("db", func(context.Context) error { panicsHere(); return nil }, health.Optional())
		ask(t, h.Readiness()).expect(t, 200, "ok").expectCheck(t, "db", "panicked: here")
		synctest.Wait()
		r := j.take(t)
		if len(r) != 1 || r[0]["optional"] != true || !strings.Contains(r[0]["stack"].(string), "panicsHere") {
			t.Errorf("%v", r)
		}
	})
}

func panicsHere() { panic("here") }

// slowHandler is a logger that does its worst.
type slowHandler struct {
	slog.Handler
	do func(slog.Record)
}

func (s slowHandler) Handle(_ context.Context, r slog.Record) error { s.do(r); return nil }

func TestMisbehavingLoggerDoesNotDelayProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, seen := make(chan struct{}), 0
		worst := slowHandler{slog.NewTextHandler(nil, nil), func(slog.Record) {
			<-release
			seen++
			if seen%2 == 0 {
				runtime.Goexit()
			}
			panic("logger")
		}}
		h := health.New("tool", "1", health.WithLogger(slog.New(worst)))
		fails := false
		h.AddCheck("db", func() error {
			if fails = !fails; fails {
				return errors.New("down")
			}
			return nil
		})
		start := time.Now()
		for range 66_000 {
			h.Check(t.Context())
		}
		synctest.Wait()
		if took, n := time.Since(start), started(); took != 0 || n != 1 {
			t.Errorf("took %v, %d goroutines", took, n)
		}
		close(release)
		synctest.Wait()
		if seen < 65_536 || seen > 65_540 { // the rest was too much to keep
			t.Errorf("%d records", seen)
		}
	})
}

// here is the file and line of its caller, as a record has it.
func here() (file string, line int) {
	_, file, line, _ = runtime.Caller(1)
	return file, line
}

// HEALTH-4: Follow with a context that carries no lifecycle changes nothing.
// Misuse of the rest is left out, and logged in the same way: as an error with
// the place of the call.
func TestMisuseIsLoggedWithTheCallSite(t *testing.T) {
	var j journal
	h := health.New("tool", "1", j.option())
	h.Follow(fsm.NewContext(context.Background(), machineIn(t, fsm.Draining)))
	for _, tc := range []struct {
		call func() int // returns its line
		msgs []string
	}{
		{func() int { h.Follow(context.Background()); _, l := here(); return l },
			[]string{"health: Follow: the context carries no lifecycle; pass main's context from lifecycle.Run"}},
		{func() int { h.Follow(nil); _, l := here(); return l }, //lint:ignore SA1012 the test
			[]string{"health: Follow: the context carries no lifecycle; pass main's context from lifecycle.Run"}},
		{func() int {
			health.New("tool", "1", nil, j.option(), health.WithCheckTimeout(0), health.WithCheckTimeout(-1), health.WithObserver(nil))
			_, l := here()
			return l - 1
		}, []string{
			"health: New: option 1 is nil",
			"health: New: WithCheckTimeout(0s) is not positive; the timeout stays 3s",
			"health: New: WithCheckTimeout(-1ns) is not positive; the timeout stays 3s",
			"health: New: WithObserver(nil); the option is ignored",
		}},
		{func() int {
			h.AddCheckContext("db", fine, health.Timeout(0), nil, health.CacheFor(-time.Second), health.FailAfter(0), health.FailAfter(-1), health.RefreshAhead())
			_, l := here()
			return l - 1
		}, []string{
			"health: AddCheckContext: Timeout(0s) is not positive; the timeout stays 3s",
			"health: AddCheckContext: option 2 is nil",
			"health: AddCheckContext: CacheFor(-1s) is negative; the duration stays 0s",
			"health: AddCheckContext: FailAfter(0) is not positive; the number stays 1",
			"health: AddCheckContext: FailAfter(-1) is not positive; the number stays 1",
			"health: AddCheckContext: RefreshAhead needs CacheFor; nothing is cached",
		}},
	} {
		line := tc.call()
		records := j.take(t)
		if len(records) != len(tc.msgs) {
			t.Fatalf("want %q\n got %v", tc.msgs, records)
		}
		for i, r := range records {
			file, _ := here()
			source, at := r["source"].(map[string]any), r["at"].(string)
			if r["level"] != "ERROR" || r["msg"] != tc.msgs[i] || source["file"] != file ||
				int(source["line"].(float64)) != line || !strings.HasPrefix(at, file+":") {
				t.Errorf("want %q at line %d\n got %v", tc.msgs[i], line, r)
			}
		}
	}
	if a := ask(t, h.Readiness()).expect(t, 503, "not_ready"); a.body.State != "draining" {
		t.Errorf("%s", a.raw)
	}
}

func TestNilLoggerIsIgnored(t *testing.T) {
	var j journal
	old := slog.Default()
	defer slog.SetDefault(old)
	slog.SetDefault(slog.New(slog.NewJSONHandler(&j, nil)))
	h := health.New("tool", "1", health.WithLogger(nil))
	h.Follow(context.Background())
	if got := j.lines(t); len(got) != 2 || got[0] != "ERROR health: New: WithLogger(nil); slog.Default() is used" {
		t.Errorf("%q", got)
	}
}

// WithoutDetails: whatever fails, the body says no more than that.
func TestWithoutDetailsHidesErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(health.WithoutDetails())
		h.AddCheck("a", func() error { return errors.New("secret") })
		h.AddCheck("b", func() error { panic("secret") })
		h.AddCheck("c", func() error { time.Sleep(4 * time.Second); return nil })
		h.AddCheck("d", nil)
		h.AddCheck("e", pass)
		a := ask(t, h.Readiness()).expect(t, 503, "degraded")
		for _, name := range []string{"a", "b", "c", "d"} {
			a.expectCheck(t, name, "failed")
		}
		a.expectCheck(t, "e", "ok")
		if r, _ := h.Check(context.Background()); r.Checks["a"] != "failed" {
			t.Errorf("%v", r)
		}
		time.Sleep(4 * time.Second)
	})
}

// A logger that panics does so into no call, and nothing is left undone for it.
func TestPanicOfTheLoggerIsContained(t *testing.T) {
	log := health.WithLogger(slog.New(slowHandler{slog.NewTextHandler(nil, nil), func(slog.Record) { panic("logger") }}))
	h := health.New("tool", "1", log, nil)
	h.Follow(context.Background())
	h.AddCheckContext("db", down, nil)
	ask(t, h.Readiness()).expect(t, 503, "degraded").expectCheck(t, "db", "down")
}
