package checks

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// logbook keeps the lines of a log.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) log(level, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, level+" "+line)
}

// hasLine says whether there is such a line.
func (l *logbook) hasLine(such func(line string) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, such)
}

// count is how many lines there are.
func (l *logbook) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// after returns the lines after the first so many.
func (l *logbook) after(lines int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines[lines:])
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// warns says whether a level, or a line that begins with one, is that of a warning or more.
func warns(line string) bool {
	return strings.HasPrefix(line, "WARN") || strings.HasPrefix(line, "ERROR")
}

// containsFold is strings.Contains, whatever the case of the letters.
func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// expectLog demands a line with all the parts.
func (c *Checker) expectLog(l *logbook, parts ...string) {
	has := l.hasLine(func(line string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	})
	c.expect(has, "no log line has all of %q; the log:\n%s", parts, l)
}

// defaultLog keeps what is written to slog's default logger from here on,
// until restore is called.
func defaultLog() (l *logbook, restore func()) {
	l = &logbook{}
	return l, defaultLogTo(l.log)
}

// defaultLogTo has what is written to slog's default logger go to write, until
// restore is called.
func defaultLogTo(write func(level, line string)) (restore func()) {
	was := slog.Default()
	slog.SetDefault(slog.New(bookHandler{write: write}))
	return func() { slog.SetDefault(was) }
}

// bookHandler is a slog.Handler that makes a line of each record.
type bookHandler struct {
	attributes
	write func(level, line string)
}

// WithAttrs returns a handler whose lines have these too.
func (h bookHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attributes = h.with(attrs)
	return h
}

// WithGroup returns a handler that puts attributes into a group.
func (h bookHandler) WithGroup(name string) slog.Handler {
	h.attributes = h.in(name)
	return h
}

// Handle hands the line on.
func (h bookHandler) Handle(ctx context.Context, r slog.Record) error {
	line := r.Message
	h.each(ctx, r, func(key string, v slog.Value) { line += " " + key + "=" + v.String() })
	h.write(r.Level.String(), line)
	return nil
}
