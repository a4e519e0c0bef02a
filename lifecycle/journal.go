package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// journal writes log records in order on a goroutine of its own, so that a
// handler that is slow or hangs delays nothing (STATE-4). Once Run has closed
// it, a record is written by whoever has one.
type journal struct {
	ctx    context.Context
	logger *slog.Logger
	box    *mailbox[slog.Record]
}

func newJournal(ctx context.Context, logger *slog.Logger) *journal {
	j := &journal{ctx: ctx, logger: logger}
	j.box = newMailbox(j.write, nil) // there is nowhere left to report a panic of the logger
	return j
}

// log takes the time and, if it is not zero, the program counter that the
// record is about; the rest, which runs code of the user's, is for write.
func (j *journal) log(level slog.Level, pc uintptr, msg string, attrs ...slog.Attr) {
	record := newRecord(level, pc, msg)
	record.AddAttrs(attrs...)
	j.put(&record)
}

// newRecord is slog.NewRecord. A record is large, and this one is made in place:
// on the way out, a stack that grows costs more than a line in the log.
func newRecord(level slog.Level, pc uintptr, msg string) slog.Record {
	return slog.Record{Time: time.Now(), Level: level, PC: pc, Message: "lifecycle: " + msg}
}

func (j *journal) put(record *slog.Record) {
	if !j.box.put(*record) {
		call(func() error { j.write(*record); return nil }, func(error) {})
	}
}

func (j *journal) write(record slog.Record) {
	if j.logger.Enabled(j.ctx, record.Level) {
		_ = j.logger.Handler().Handle(j.ctx, record)
	}
}

// foreign logs that a function was given a context that does not come from
// Run, with the place that called it (HOOK-9).
func foreign(pc uintptr, function, consequence string) {
	(&journal{ctx: context.Background(), logger: slog.Default()}).
		write(misuse(pc, function+": the context does not come from Run; "+consequence))
}

// complain logs a bad argument that is no reason to refuse the call.
func complain(ctx context.Context, pc uintptr, format string, args ...any) {
	if r := from(ctx); r != nil {
		record := misuse(pc, fmt.Sprintf(format, args...))
		r.journal.put(&record)
	}
}

// misuse is the record of a mistake in the code at pc.
func misuse(pc uintptr, msg string) slog.Record {
	record := newRecord(slog.LevelError, pc, msg)
	record.AddAttrs(slog.String("at", place(pc)))
	return record
}
