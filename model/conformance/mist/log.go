package mist

import (
	"context"
	"log/slog"
)

// teller is a slog.Handler that puts each record into one line of text.
type teller func(level, line string)

// Enabled is always true: the suite asks for debug lines too.
func (t teller) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs and WithGroup are not used by the library.
func (t teller) WithAttrs([]slog.Attr) slog.Handler { return t }

// WithGroup returns the handler itself.
func (t teller) WithGroup(string) slog.Handler { return t }

// Handle tells the record.
func (t teller) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	t(r.Level.String(), line)
	return nil
}
