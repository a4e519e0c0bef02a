package lifecycle_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func TestMain(m *testing.M) {
	if child := os.Getenv("LIFECYCLE_TEST_CHILD"); child != "" {
		os.Exit(children[child]())
	}
	// The runtime starts its signal goroutine at the first Notify. In a bubble
	// of virtual time that would end the test binary, so it happens here.
	started := make(chan os.Signal, 1)
	signal.Notify(started, syscall.SIGTERM)
	signal.Stop(started)
	goleak.VerifyTestMain(m)
}

// world is a run in virtual time, with a source of signals and everything that
// can be observed written down.
type world struct {
	*testing.T
	began   time.Time
	signals chan os.Signal
	log     *logRecorder

	mu    sync.Mutex
	notes []string
	steps []fsm.Step
}

// inVirtualTime runs test in a bubble in which waiting costs nothing.
func inVirtualTime(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(&world{T: t, began: time.Now(), signals: make(chan os.Signal, 8), log: &logRecorder{}})
	})
}

// run is lifecycle.Run with the world's signals, log and observer.
func (w *world) run(main func(context.Context) error, opts ...lifecycle.Option) error {
	return lifecycle.Run(main, append([]lifecycle.Option{
		lifecycle.WithSignalSource(w.signals),
		lifecycle.WithLogger(slog.New(w.log)),
		lifecycle.WithObserver(func(s fsm.Step) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.steps = append(w.steps, s)
		}),
	}, opts...)...)
}

// note writes down that something happened, with the virtual time.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, fmt.Sprintf("%v %s", time.Since(w.began), fmt.Sprintf(format, args...)))
}

// expect waits until all that goes on at this instant is done, and compares what
// happened, in order.
func (w *world) expect(want ...string) {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.notes, want) {
		w.Errorf("what happened:\n\t%s\nwhat should have:\n\t%s", strings.Join(w.notes, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// expectPath compares the transitions that were taken, with their times.
func (w *world) expectPath(want ...string) {
	w.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, s := range w.steps {
		got = append(got, fmt.Sprintf("%v %v %v", s.At.Sub(w.began), s.On, s.To))
	}
	if !slices.Equal(got, want) {
		w.Errorf("path taken:\n\t%s\nshould be:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// sleep waits for a number of virtual seconds.
func sleep(seconds float64) { time.Sleep(time.Duration(seconds * float64(time.Second))) }

// here returns the call site of its caller, offset by some lines, as in errors and
// log lines.
func here(further int) string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line+further)
}

// logRecorder is a slog.Handler that keeps what it is given.
type logRecorder struct {
	mu    sync.Mutex
	lines []string
}

func (l *logRecorder) Enabled(context.Context, slog.Level) bool { return true }
func (l *logRecorder) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logRecorder) WithGroup(string) slog.Handler            { return l }

func (l *logRecorder) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

func (l *logRecorder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// expectLog demands a line that holds all the parts.
func (w *world) expectLog(parts ...string) {
	w.Helper()
	synctest.Wait()
	if !w.log.has(parts...) {
		w.Errorf("no log line has all of %q; the log:\n%s", parts, w.log)
	}
}

// expectNoLog demands that no line holds all the parts.
func (w *world) expectNoLog(parts ...string) {
	w.Helper()
	synctest.Wait()
	if w.log.has(parts...) {
		w.Errorf("a log line has %q; the log:\n%s", parts, w.log)
	}
}

func (l *logRecorder) has(parts ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, func(line string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	})
}

// defaultLog replaces slog's default logger, for what is logged without a run.
func defaultLog(t *testing.T) *logRecorder {
	restoreDefaultLog(t)
	book := &logRecorder{}
	slog.SetDefault(slog.New(book))
	return book
}

// restoreDefaultLog restores slog's default logger at the end of the test, and the
// output of package log, which slog.SetDefault replaces too: the default logger would
// otherwise keep writing to the test's handler through it.
func restoreDefaultLog(t *testing.T) {
	logger, output, flags := slog.Default(), log.Writer(), log.Flags()
	t.Cleanup(func() {
		slog.SetDefault(logger)
		log.SetOutput(output)
		log.SetFlags(flags)
	})
}
