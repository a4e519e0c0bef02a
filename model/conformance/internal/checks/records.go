package checks

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model"
)

// line is one record of a log.
type line struct {
	at      time.Time
	level   slog.Level
	message string
	attrs   map[string]slog.Value // resolved; those of a group by their path
	source  string                // file.go:12, "" without one
}

// text is an attribute as text.
func (l line) text(key string) string {
	if v, ok := l.attrs[key]; ok {
		return v.String()
	}
	return ""
}

// under is an attribute as text, which may be a group.
func (l line) under(key string) string {
	text := l.text(key)
	for _, k := range slices.Sorted(maps.Keys(l.attrs)) {
		if strings.HasPrefix(k, key+".") {
			text += " " + l.text(k)
		}
	}
	return text
}

// String is the whole record on one line.
func (l line) String() string {
	text := fmt.Sprintf("%v %s (%s)", l.level, l.message, l.source)
	for _, key := range slices.Sorted(maps.Keys(l.attrs)) {
		text += " " + key + "=" + l.text(key)
	}
	return text
}

// records is a slog.Handler that keeps what it is given. The handlers that it
// makes keep it in the same place.
type records struct {
	*kept
	attributes
}

type kept struct {
	mu    sync.Mutex
	lines []line
}

func newRecords() records { return records{kept: &kept{}} }

// WithAttrs returns a handler whose records have these too.
func (r records) WithAttrs(attrs []slog.Attr) slog.Handler {
	r.attributes = r.with(attrs)
	return r
}

// WithGroup returns a handler that puts attributes into a group.
func (r records) WithGroup(name string) slog.Handler {
	r.attributes = r.in(name)
	return r
}

// Handle keeps a record.
func (r records) Handle(ctx context.Context, record slog.Record) error {
	l := line{at: record.Time, level: record.Level, message: record.Message, attrs: map[string]slog.Value{}}
	if record.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{record.PC}).Next()
		l.source = fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
	}
	r.each(ctx, record, func(key string, v slog.Value) { l.attrs[key] = v })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l)
	return nil
}

// attributes are those that a slog.Handler was given before a record.
type attributes struct {
	prefix string
	given  []prefixed
}

// prefixed is an attribute in a group.
type prefixed struct {
	prefix string
	slog.Attr
}

// Enabled is always true.
func (attributes) Enabled(context.Context, slog.Level) bool { return true }

func (as attributes) with(attrs []slog.Attr) attributes {
	for _, a := range attrs {
		as.given = append(slices.Clip(as.given), prefixed{as.prefix, a})
	}
	return as
}

func (as attributes) in(group string) attributes {
	if group != "" {
		as.prefix += group + "."
	}
	return as
}

// each calls f for those and for those of the record. It looks into ctx, as a handler
// that adds the ID of a trace does.
func (as attributes) each(ctx context.Context, record slog.Record, f func(key string, v slog.Value)) {
	_ = ctx.Value(valueKey{})
	for _, a := range as.given {
		eachOf(a.prefix, a.Attr, f)
	}
	record.Attrs(func(a slog.Attr) bool { eachOf(as.prefix, a, f); return true })
}

// eachOf calls f for what an attribute is, as slog.Handler says: an empty one is none, and
// a group without a key has its attributes where it stands.
func eachOf(prefix string, a slog.Attr, f func(key string, v slog.Value)) {
	a.Value = a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}):
	case a.Value.Kind() != slog.KindGroup:
		f(prefix+a.Key, a.Value)
	default:
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range a.Value.Group() {
			eachOf(prefix, inner, f)
		}
	}
}

// isTransition says whether a record is of a transition, which may have any level.
func (l line) isTransition() bool { return l.text("from") != "" && l.text("to") != "" }

// all returns the records so far.
func (r records) all() []line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// String is the whole log.
func (r records) String() string {
	var b strings.Builder
	for _, l := range r.all() {
		fmt.Fprintf(&b, "%v\n", l)
	}
	return b.String()
}

// transitionTo finds the records of a transition into a state.
func (r records) transitionTo(to model.State) (found []line) {
	for _, l := range r.all() {
		if l.isTransition() && l.text("to") == string(to) {
			found = append(found, l)
		}
	}
	return found
}
