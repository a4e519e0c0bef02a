package health

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// check is one named check: its options, and below them the state of its run. The
// replacement of a check is another value with the same name.
type check struct {
	name   string // as given
	key    string // the name as valid UTF-8, for JSON
	quoted string // the key with quotes and colon, for the body

	plain        CheckFunc                       // plain or fn is set; if neither is,
	fn           func(ctx context.Context) error // the check fails
	timeout      time.Duration
	cacheFor     time.Duration
	refreshAhead bool
	optional     bool
	failAfter    int // how many consecutive failing runs make it fail
	groups       []string

	// The fields below are guarded by scheduler.mu.

	removed     bool // or replaced: it is no longer shown or logged
	running     bool
	run         *run          // queued or in progress
	turn        time.Duration // while queued: when the run begins at the latest
	began       time.Duration
	deadline    time.Duration // of the run: its timeout, counted from the first probe that asked for it
	counted     bool          // whether it counts towards maxRuns
	next        *check        // the next in the ready list
	nextTimeout time.Duration // while it hangs: when another timeout has passed
	alarm       time.Duration // when the scheduler looks at it next; 0: never
	alarmIndex  int           // its index in scheduler.alarms

	last   *run          // the last one with a result
	lastAt time.Duration // when it got that
	ended  bool          // whether a run has ended
	took   time.Duration // the duration of the last run that has ended
	since  time.Duration // when the check began to fail, or to pass
	streak int           // consecutive failing runs, up to failAfter

	// What was logged last; see changes.
	failing   bool
	logged    string        // the text
	changed   bool          // whether a second text was logged
	changedAt time.Duration // and when
	logTextAt time.Duration // when to log a text that came too soon; 0: there is none
	warned    bool          // whether a timeout was logged since it last passed
}

func newCheck(name string, timeout time.Duration) *check {
	key := toValidUTF8(name)
	return &check{
		name:      name,
		key:       key,
		quoted:    quote(key) + ":",
		timeout:   timeout,
		failAfter: 1,
	}
}

// queueIndex is the index in scheduler.queues of the check's queue.
func (c *check) queueIndex() int {
	if c.optional {
		return 1
	}
	return 0
}

// in reports whether the check is run for these groups (HEALTH-17).
func (c *check) in(groups []string) bool {
	return len(c.groups) == 0 || slices.ContainsFunc(c.groups, func(g string) bool { return slices.Contains(groups, g) })
}

// inherit takes over the failing state of the check that this one replaces: it fails
// until a run passes (HEALTH-16).
func (c *check) inherit(old *check) {
	if old.failing {
		c.streak, c.failing, c.logged, c.changed, c.changedAt = c.failAfter, true, old.logged, old.changed, old.changedAt
	}
}

// failure is the result of a run that failed; nil means that it passed. It is
// immutable.
type failure struct {
	text      string // why; never empty or "ok"
	quoted    string // text as a JSON string
	stack     string // of a panic, for the log
	isTimeout bool   // the run has timed out
}

// display returns the text for an answer, plain and as a JSON string.
func (f *failure) display(hideDetails bool) (text, quoted string) {
	switch {
	case f == nil:
		return "ok", `"ok"`
	case hideDetails && f != stillRunning:
		return "failed", `"failed"`
	}
	return f.text, f.quoted
}

// failed returns a failure with the text. An empty text and "ok" are replaced, because
// they would not look like a failure (HEALTH-12).
func failed(text string) *failure {
	switch text {
	case "":
		text = "failed"
	case "ok":
		text = "failed: ok"
	}
	text = truncate(text)
	return &failure{text: text, quoted: quote(text)}
}

func timedOut(timeout time.Duration) *failure {
	f := failed(fmt.Sprintf("timed out after %v", timeout))
	f.isTimeout = true
	return f
}

var errNoFunc = errors.New("the check's function is nil")

// call calls the check once and recovers from a panic. It does not return if the check
// calls runtime.Goexit (HEALTH-8). The error's text is taken here, because its Error
// method is user code too.
func (c *check) call(deadline time.Time) (out *failure) {
	returned := false
	defer func() {
		if v := recover(); !returned { // with GODEBUG=panicnil=1 v may be nil
			out = failed("panicked: " + panicText(v))
			out.stack = string(debug.Stack())
		}
	}()
	var err error
	switch {
	case c.plain != nil:
		err = c.plain()
	case c.fn != nil:
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		err = c.fn(ctx)
	default:
		err = errNoFunc
	}
	if err != nil {
		out = failed(err.Error())
	}
	returned = true
	return out
}

// panicText is like fmt.Sprint for the value of a panic, whose methods may panic: fmt
// recovers from one panic, but not from a panic whose value panics when printed.
func panicText(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("a %T that panics when printed", v)
		}
	}()
	return fmt.Sprint(v)
}
