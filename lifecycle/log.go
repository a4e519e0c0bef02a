package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

// asyncLog writes log records in order on its own goroutine, so that a handler that
// is slow or hangs delays nothing (STATE-4). That goroutine also builds the records,
// to save time on the loop. Once Run has closed the queue, records are written by
// their callers.
type asyncLog struct {
	ctx    context.Context
	logger *slog.Logger // nil: slog.Default() at the time of each record
	run    uintptr      // the call site of Run
	queue  *queue[entry]
	limits limits
}

// entry is a record to be built and written. nested means that the logger caused it
// while writing another one.
type entry struct {
	record func() slog.Record
	nested bool
}

func newAsyncLog(ctx context.Context, logger *slog.Logger, run uintptr) *asyncLog {
	l := &asyncLog{ctx: ctx, logger: logger, run: run, limits: limits{counts: map[uintptr]int{}}}
	l.queue = newQueue(l.write, nil)
	return l
}

// add logs an event of the loop; pc is the call site that it is about, if any. Only
// the time is taken here: building the record may run user code.
func (l *asyncLog) add(level slog.Level, pc uintptr, msg string, attrs ...slog.Attr) {
	now := time.Now()
	l.put(entry{record: func() slog.Record { return newRecord(now, level, l.place(pc), msg, attrs...) }})
}

// place returns pc, or the call site of Run if pc is not known (LOG-1).
func (l *asyncLog) place(pc uintptr) uintptr {
	if pc == 0 || isGoStatement(pc) {
		return l.run
	}
	return pc
}

func newRecord(at time.Time, level slog.Level, pc uintptr, msg string, attrs ...slog.Attr) slog.Record {
	record := slog.NewRecord(at, level, "lifecycle: "+msg, pc)
	record.AddAttrs(attrs...)
	return record
}

func (l *asyncLog) put(e entry) {
	if !l.queue.put(e) {
		l.write(e)
	}
}

func (l *asyncLog) write(e entry) { handle(l.ctx, l.logger, e) }

// addLimited logs something about a call of this package, on its caller's
// goroutine, unless that would recurse without end (STATE-4).
//
// A logger that calls this package for each record may thereby cause another one,
// for example when Track refuses work. That record is logged, but none that it
// causes in turn. If the logger makes its calls on another goroutine, limits ends
// the recursion.
func (l *asyncLog) addLimited(level slog.Level, pc uintptr, msg string, attrs ...slog.Attr) {
	depth := handleDepth()
	if depth > 1 {
		return
	}
	n, logged := l.limits.next(pc)
	if !logged {
		return
	}
	if n > unlimitedRecords {
		attrs = append(attrs, slog.Int("records_of_this_place", n))
	}
	now := time.Now()
	l.put(entry{nested: depth == 1, record: func() slog.Record { return newRecord(now, level, l.place(pc), msg, attrs...) }})
}

// limits counts the records of each call site.
type limits struct {
	mu     sync.Mutex
	counts map[uintptr]int
}

// unlimitedRecords is how many records of a call site are all logged. Of later ones
// only those are whose number is a power of two.
const unlimitedRecords = 100

// next counts one more record, and reports whether to log it.
func (l *limits) next(pc uintptr) (n int, logged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[pc]++
	n = l.counts[pc]
	return n, n <= unlimitedRecords || n&(n-1) == 0
}

// logMisuse logs that a function was called with a context that does not come from
// Run, with the call site (HOOK-9).
func logMisuse(pc uintptr, function, consequence string) {
	if depth := handleDepth(); depth < 2 {
		handle(context.Background(), nil, entry{nested: depth == 1, record: func() slog.Record {
			return newRecord(time.Now(), slog.LevelError, pc, function+": the context does not come from Run; "+consequence, slog.String("at", place(pc)))
		}})
	}
}

// handle writes a record. A panic in the logger is dropped: there is nowhere to
// report it.
func handle(ctx context.Context, logger *slog.Logger, e entry) {
	if e.nested {
		e.nested = false
		handle(ctx, logger, e) // so that handleDepth returns 2
		return
	}
	call(func() error {
		if logger == nil {
			logger = slog.Default()
		}
		if record := e.record(); logger.Enabled(ctx, record.Level) {
			_ = logger.Handler().Handle(ctx, record)
		}
		return nil
	}, func(error) {})
}

// handleDepth counts the calls of handle on the caller's stack: 0 unless a logger is
// calling this package.
func handleDepth() int { return onStack("handle") }

// misuse logs a mistake in the code at pc.
func (l *asyncLog) misuse(pc uintptr, msg string, attrs ...slog.Attr) {
	l.addLimited(slog.LevelError, pc, msg, append([]slog.Attr{slog.String("at", place(pc))}, attrs...)...)
}

// refused logs that work came after Draining (DRAIN-3).
func (l *asyncLog) refused(pc uintptr, what string, state fsm.State) {
	l.misuse(pc, what+" refused after Draining: it would not be waited for", slog.Any("state", state))
}

// tooLate logs a failure that came after Run's result was made (RUN-6).
func (l *asyncLog) tooLate(pc uintptr, what string, err error) {
	attrs := []slog.Attr{slog.Any("error", err)}
	if pc != 0 {
		attrs = append(attrs, slog.String("at", place(pc)))
	}
	l.addLimited(slog.LevelError, pc, what+" failed too late to be in Run's result", attrs...)
}

// observerFailed logs the panic of an observer.
func (l *asyncLog) observerFailed(err error) {
	l.add(slog.LevelError, 0, "observer failed", slog.Any("error", err))
}

// panicked logs the stack of a panic, which the error's text does not include.
func (l *asyncLog) panicked(pc uintptr, what string, err error) {
	p, ok := err.(*PanicError)
	if in, is := err.(*panicInGoexit); is {
		p, ok = in.panicked, true
	}
	if ok {
		l.add(slog.LevelError, pc, what+" panicked", slog.Any("panic", p), slog.String("stack", string(p.Stack)))
	}
}

// idleGroups lists the groups that are at zero when the context is cancelled and
// main has not returned (DRAIN-3).
func (l *asyncLog) idleGroups(pcs []uintptr) {
	now := time.Now()
	l.put(entry{record: func() slog.Record {
		texts := make([]string, 0, len(pcs))
		places := places{}
		for _, pc := range pcs {
			texts = append(texts, places.of(pc))
		}
		return newRecord(now, slog.LevelInfo, l.place(pcs[0]), "drain groups are at zero: adding to them from now on is unsafe; use Track or Go for work that may still begin",
			slog.String("groups", strings.Join(groupRepeats("", texts), ", ")))
	}})
}

// transitionDetails is what is logged about a transition besides its states.
type transitionDetails struct {
	cause         error
	at            uintptr // the call site that caused it
	waits         *waits  // for Draining
	hooks         int     // for Hooks
	atMost        time.Duration
	delayed       bool // Draining begins with a drain delay
	interruptible bool // by a further interrupt
}

// transition logs one transition (LOG-1, LOG-2).
func (l *asyncLog) transition(step fsm.Step, elapsed time.Duration, d transitionDetails) {
	now := time.Now()
	l.put(entry{record: func() slog.Record {
		record := newRecord(now, slog.LevelInfo, l.place(d.at), step.To.String(),
			slog.String("from", step.From.String()), slog.String("to", step.To.String()), slog.String("event", step.On.String()),
			duration("elapsed", elapsed))
		if d.cause != nil {
			record.AddAttrs(slog.Any("cause", d.cause))
		}
		if d.at != 0 {
			record.AddAttrs(slog.String("at", place(d.at)))
		}
		switch step.To {
		case fsm.Draining:
			record.AddAttrs(slog.String("waits_for", d.waits.String()), duration("at_most", d.atMost))
		case fsm.Hooks:
			record.AddAttrs(slog.Int("hooks", d.hooks), duration("at_most", d.atMost))
		}
		if d.interruptible {
			what := "this phase"
			if d.delayed {
				what = "the drain delay"
			}
			record.AddAttrs(slog.String("hint", interruptHint(what)))
		}
		return record
	}})
}

// interruptHint tells what an interrupt ends that comes next (LOG-2).
func interruptHint(what string) string { return "another interrupt (Ctrl-C) ends " + what }

// waits is what Draining waits for at its beginning.
type waits struct {
	main bool
	counts
}

func (r *run) waits() waits {
	w := waits{main: !r.mainBack, counts: r.work.counts()}
	w.groups = r.work.busyGroups()
	return w
}

func (w waits) String() string {
	var parts []string
	if w.main {
		parts = append(parts, "main")
	}
	for _, part := range []struct {
		n    int
		what string
	}{{w.groups, "drain group"}, {w.tasks, "task"}, {w.tracked, "tracked unit"}, {w.requests, "request"}} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.what))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// duration returns a duration as text, the same in every handler: slog's JSON
// handler writes a time.Duration as a number of nanoseconds.
func duration(key string, d time.Duration) slog.Attr {
	if d == math.MaxInt64 {
		return slog.String(key, "unlimited")
	}
	return slog.String(key, d.String())
}

// signalText formats a signal off the loop, because its String method may be the
// user's.
type signalText struct{ os.Signal }

// LogValue returns the signal's text.
func (s signalText) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s.Signal)) }
