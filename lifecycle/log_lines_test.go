package lifecycle_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// lineLog is a slog.Handler that keeps whole lines, each with its source. Places in
// the code have names, or else no line number.
type lineLog struct {
	mu    sync.Mutex
	names map[string]string
	lines []string
}

func newLineLog() *lineLog { return &lineLog{names: map[string]string{}} }

// name names the line after the one that calls it.
func (l *lineLog) name(name string) {
	_, file, line, _ := runtime.Caller(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names[fmt.Sprintf("%s:%d", file, line+1)] = name
}

func (l *lineLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *lineLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lineLog) WithGroup(string) slog.Handler            { return l }

func (l *lineLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "stack" {
			a.Value = slog.BoolValue(strings.HasPrefix(a.Value.String(), "goroutine "))
		}
		line += " " + a.Key + "=" + a.Value.Resolve().String()
		return true
	})
	source := r.Source()
	line += fmt.Sprintf(" @%s:%d", source.File, source.Line)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, l.named(line))
	return nil
}

var (
	placeInText = regexp.MustCompile(`[^ (=@]*/\w+\.go:\d+`)
	stackInText = regexp.MustCompile(`(main is still running): .*? in (\S+) \(.*?\)(, called by \S+ \(.*?\))*`)
)

func (l *lineLog) named(text string) string {
	text = stackInText.ReplaceAllString(text, "$1: $2")
	return placeInText.ReplaceAllStringFunc(text, func(place string) string {
		if name := l.names[place]; name != "" {
			return "<" + name + ">"
		}
		file, _, _ := strings.Cut(filepath.Base(place), ":")
		return file
	})
}

func (l *lineLog) expect(t *testing.T, want string, inOrder bool) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var wanted []string
	for line := range strings.SplitSeq(strings.TrimSpace(want), "\n") {
		wanted = append(wanted, strings.TrimSpace(line))
	}
	if !inOrder {
		slices.Sort(l.lines)
		slices.Sort(wanted)
	}
	if !slices.Equal(l.lines, wanted) {
		t.Errorf("the log:\n%s\nwhat it should be:\n%s", strings.Join(l.lines, "\n"), strings.Join(wanted, "\n"))
	}
}

// logCase is a run and what it logs.
type logCase struct {
	main func(w *world, l *lineLog, ctx context.Context) error
	opts []lifecycle.Option
	want string
}

// expectLines demands the whole log of each run: the levels, the texts, what is known,
// and the source of each line (LOG-1, LOG-2). Their order is the one in which they
// come, unless servers and the loop log at the same instant.
func expectLines(t *testing.T, inOrder bool, cases map[string]logCase) {
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				l := newLineLog()
				_ = w.run(func(ctx context.Context) error { return tc.main(w, l, ctx) },
					append(tc.opts, lifecycle.WithLogger(slog.New(l)))...)
				sleep(100) // what came too late is logged
				l.expect(t, tc.want, inOrder)
			})
		})
	}
}
