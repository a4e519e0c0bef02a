package health

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// check is one named check: what was asked for, and, below, where its run
// stands. A check that is replaced is another value with the same name.
type check struct {
	name   string // as it was given
	key    string // the name as JSON can carry it
	quoted string // the key with quotes and colon, as the body has it

	plain        CheckFunc                       // one of these, or neither:
	fn           func(ctx context.Context) error // then the check fails
	timeout      time.Duration
	cacheFor     time.Duration
	refreshAhead bool
	optional     bool
	failAfter    int // how many failing runs in a row make it fail
	groups       []string

	// All that follows is guarded by scheduler.mu.

	removed  bool // or replaced: nothing of it is shown or logged any more
	running  bool
	run      *run          // the one that is queued or under way
	turn     time.Duration // while it is queued: when it begins at the latest
	began    time.Duration
	deadline time.Duration // its timeout, counted from the first probe that asked for it
	counted  bool          // whether it counts towards maxRuns
	next     *check        // of those that are ready, the one behind it
	late     time.Duration // when its timeout is over once more, while it hangs
	alarm    time.Duration // when the scheduler looks at it next; 0: it need not
	slot     int           // its place among the alarms

	last   *run          // the last that is decided
	lastAt time.Duration // and when
	ended  bool          // whether a run has ended
	took   time.Duration // how long the last that ended was under way
	since  time.Duration // when it began to fail, or to pass
	streak int           // failing runs in a row, up to failAfter

	// What was logged of it last; see changes.
	failing   bool
	logged    string        // the text
	changed   bool          // whether another text was logged than the first
	changedAt time.Duration // and when
	owed      time.Duration // when the text that could not be logged is; 0: there is none
	warned    bool          // whether a timeout was logged since it passed
}

func newCheck(name string, timeout time.Duration) *check {
	key := valid(name)
	return &check{
		name:      name,
		key:       key,
		quoted:    quote(key) + ":",
		timeout:   timeout,
		failAfter: 1,
	}
}

// kind is the queue that the check waits in.
func (c *check) kind() int {
	if c.optional {
		return 1
	}
	return 0
}

// in reports whether the check is asked for by those who ask for these groups
// (HEALTH-17).
func (c *check) in(groups []string) bool {
	return len(c.groups) == 0 || slices.ContainsFunc(c.groups, func(g string) bool { return slices.Contains(groups, g) })
}

// inherit takes over from a check that this one replaces that it is failing:
// it fails until a run passes (HEALTH-16).
func (c *check) inherit(old *check) {
	if old.failing {
		c.streak, c.failing, c.logged, c.changed, c.changedAt = c.failAfter, true, old.logged, old.changed, old.changedAt
	}
}

// failure is what a run came to that failed; nil is one that passed. It is not
// changed once it is made.
type failure struct {
	text   string // why; never empty or "ok"
	quoted string // the text as JSON has it
	stack  string // of a panic, for the log
	late   bool   // it says that the timeout is over
}

// shown is what an answer says of a check, and that as JSON has it.
func (f *failure) shown(hideDetails bool) (text, quoted string) {
	switch {
	case f == nil:
		return "ok", `"ok"`
	case hideDetails && f != stillRunning:
		return "failed", `"failed"`
	}
	return f.text, f.quoted
}

// failed makes the failure with that text. A text that is empty or "ok" would
// read as nothing or as a pass (HEALTH-12).
func failed(text string) *failure {
	switch text {
	case "":
		text = "failed"
	case "ok":
		text = "failed: ok"
	}
	text = clip(text)
	return &failure{text: text, quoted: quote(text)}
}

func timedOut(timeout time.Duration) *failure {
	f := failed(fmt.Sprintf("timed out after %v", timeout))
	f.late = true
	return f
}

var errNoFunc = errors.New("the check has no function: nil was given to AddCheck")

// call calls the check once and contains what it does, except for
// runtime.Goexit: that ends the goroutine, and call does not return (HEALTH-8).
// The text of the error is taken here because its Error method is the user's
// code too.
func (c *check) call(deadline time.Time) (out *failure) {
	returned := false
	defer func() {
		// With GODEBUG=panicnil=1 the value of a nil panic is nil here.
		if v := recover(); v != nil || !returned {
			out = failed("panicked: " + describe(v))
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

// describe is fmt.Sprint for a value that may do anything when it is asked for
// its text: fmt contains one panic, not a panic whose value panics as well.
func describe(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("a %T that panics when printed", v)
		}
	}()
	return fmt.Sprint(v)
}
