package main

import (
	"context"
	"log/slog"
	"strings"
)

// demoLog is a slog.Handler that makes the service's own log lines rows of the
// timeline. What the libraries say is in its columns already; their warnings,
// which the demo gives no reason for, go where warnings go.
type demoLog struct {
	timeline *timeline
	warnings slog.Handler
}

// Enabled is part of slog.Handler.
func (l *demoLog) Enabled(context.Context, slog.Level) bool { return true }

// Handle is part of slog.Handler.
func (l *demoLog) Handle(ctx context.Context, r slog.Record) error {
	switch {
	case strings.HasPrefix(r.Message, "health: check"), r.Message == "listening":
	case r.Level >= slog.LevelWarn:
		return l.warnings.Handle(ctx, r)
	case !strings.HasPrefix(r.Message, "lifecycle:"):
		l.timeline.note("%s", r.Message)
	}
	return nil
}

// WithAttrs is part of slog.Handler.
func (l *demoLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup is part of slog.Handler.
func (l *demoLog) WithGroup(string) slog.Handler { return l }
