package health

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// check is one named check: what was asked for, and, below, where its run
// stands. A check that is replaced is another value with the same name.
type check struct {
	name   string // as it was given
	key    string // the name as JSON can carry it
	quoted string // the key with quotes and colon, as the body has it

	plain    CheckFunc                       // one of these, or neither:
	fn       func(ctx context.Context) error // then the check fails
	timeout  time.Duration
	cacheFor time.Duration
	optional bool

	work func() // one run, as the scheduler starts it

	// All that follows is guarded by scheduler.mu.

	phase   phase
	began   time.Duration // when the run under way began
	counted bool          // whether it counts towards maxRuns
	started node[*check]
	due     time.Duration // while queued: half of the timeout, which orders the queue,
	order   uint64        // then first come, first served;
	turn    time.Duration // and when it begins at the latest, never after due
	waiting list[*ticket]

	last    *failure // with cacheFor, of the last run that ended
	ended   time.Duration
	ran     bool // whether one has ended
	failing bool // as the log has it
}

type phase uint8

const (
	idle phase = iota
	queued
	running
)

func newCheck(name string, timeout time.Duration) *check {
	key := valid(name)
	return &check{
		name:    name,
		key:     key,
		quoted:  quote(key) + ":",
		timeout: timeout,
	}
}

// fresh reports whether the last result may answer a probe that comes now.
func (c *check) fresh(now time.Duration) bool {
	return c.ran && now-c.ended < c.cacheFor
}

// failure is what a run came to that failed; nil is one that passed. It is not
// changed once it is made.
type failure struct {
	text   string // why; never empty or "ok"
	quoted string // the text as JSON has it
	stack  string // of a panic, for the log
}

// shown is what an answer says of a check, and that as JSON has it.
func (f *failure) shown(hideDetails bool) (text, quoted string) {
	switch {
	case f == nil:
		return "ok", `"ok"`
	case hideDetails:
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
	return failed(fmt.Sprintf("timed out after %v", timeout))
}

var errNoFunc = errors.New("the check has no function: nil was given to AddCheck")

// run calls the check once and contains what it does, except for
// runtime.Goexit: that ends the goroutine, and run does not return (HEALTH-8).
// The text of the error is taken here because its Error method is the user's
// code too.
func (c *check) run() (out *failure) {
	returned := false
	defer func() {
		// With GODEBUG=panicnil=1 the value of a nil panic is nil here.
		if v := recover(); v != nil || !returned {
			out = failed("panicked: " + describe(v))
			out.stack = string(debug.Stack())
		}
	}()
	out = c.call()
	returned = true
	return out
}

func (c *check) call() *failure {
	switch {
	case c.plain != nil:
		if err := c.plain(); err != nil {
			return failed(err.Error())
		}
	case c.fn != nil:
		ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
		defer cancel()
		if err := c.fn(ctx); err != nil {
			if ctx.Err() != nil {
				return failed(timedOut(c.timeout).text + ": " + err.Error())
			}
			return failed(err.Error())
		}
	default:
		return failed(errNoFunc.Error())
	}
	return nil
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
