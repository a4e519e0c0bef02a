package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// journal writes log records in order on a goroutine of its own, so that a
// handler that is slow or hangs delays nothing (STATE-4). That goroutine makes
// the records too: the loop has better things to do when the service stops.
// Once Run has closed the journal, a record is written by whoever has one.
type journal struct {
	ctx    context.Context
	logger *slog.Logger
	box    *mailbox[func() slog.Record]
}

func newJournal(ctx context.Context, logger *slog.Logger) *journal {
	j := &journal{ctx: ctx, logger: logger}
	j.box = newMailbox(j.write, nil) // there is nowhere left to report a panic of the logger
	return j
}

// log takes the time and, if it is not zero, the program counter that the
// record is about; the rest, which runs code of the user's, is for write.
func (j *journal) log(level slog.Level, pc uintptr, msg string, attrs ...slog.Attr) {
	now := time.Now()
	j.put(func() slog.Record { return newRecord(now, level, pc, msg, attrs...) })
}

func newRecord(at time.Time, level slog.Level, pc uintptr, msg string, attrs ...slog.Attr) slog.Record {
	record := slog.NewRecord(at, level, "lifecycle: "+msg, pc)
	record.AddAttrs(attrs...)
	return record
}

func (j *journal) put(record func() slog.Record) {
	if !j.box.put(record) {
		call(func() error { j.write(record); return nil }, func(error) {})
	}
}

func (j *journal) write(make func() slog.Record) {
	if record := make(); j.logger.Enabled(j.ctx, record.Level) {
		_ = j.logger.Handler().Handle(j.ctx, record)
	}
}

// foreign logs that a function was given a context that does not come from
// Run, with the place that called it (HOOK-9).
func foreign(pc uintptr, function, consequence string) {
	(&journal{ctx: context.Background(), logger: slog.Default()}).
		write(func() slog.Record {
			return misuse(time.Now(), pc, function+": the context does not come from Run; "+consequence)
		})
}

// complain logs a bad argument that is no reason to refuse the call.
func complain(ctx context.Context, pc uintptr, format string, args ...any) {
	if r := from(ctx); r != nil {
		now := time.Now()
		r.journal.put(func() slog.Record { return misuse(now, pc, fmt.Sprintf(format, args...)) })
	}
}

// misuse is the record of a mistake in the code at pc.
func misuse(at time.Time, pc uintptr, msg string) slog.Record {
	return newRecord(at, slog.LevelError, pc, msg, slog.String("at", place(pc)))
}
