package checks

import (
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
)

func TestRecordsAreASlogHandler(t *testing.T) {
	var r records
	slogtest.Run(t, func(*testing.T) slog.Handler {
		r = newRecords()
		return r
	}, func(t *testing.T) map[string]any {
		all := r.all()
		last, got := all[len(all)-1], map[string]any{}
		got[slog.LevelKey], got[slog.MessageKey] = last.level, last.message
		if !last.at.IsZero() {
			got[slog.TimeKey] = last.at
		}
		for path, value := range last.attrs {
			in, keys := got, strings.Split(path, ".")
			for _, key := range keys[:len(keys)-1] {
				if in[key] == nil {
					in[key] = map[string]any{}
				}
				in = in[key].(map[string]any)
			}
			in[keys[len(keys)-1]] = value.Any()
		}
		return got
	})
}

func TestTheDefaultLogHasWhatALoggerWasGiven(t *testing.T) {
	var got string
	log := slog.New(bookHandler{write: func(level, line string) { got = level + " " + line }})
	log.With("at", "main.go:12").WithGroup("run").Error("refused", "state", "hooks", slog.Attr{})
	if want := "ERROR refused at=main.go:12 run.state=hooks"; got != want {
		t.Errorf("the line is %q, want %q", got, want)
	}
}
