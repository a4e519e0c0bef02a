package examine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// examiner is the examination of an implementation in a child process.
type examiner struct {
	t       *testing.T
	impl    *subject.Implementation
	offered subject.Offers
	cfg     process.Config
	clauses []clauses.Clause
	wanted  func(clause string) bool // its checks and examples are

	results, now *os.File
	alarm        *time.Timer
	played       int  // scenarios, those left out included
	raced        bool // the race detector has objected
	failed       map[string]bool
	premises     map[string]int
	paths        coverage
	began        atomic.Int64 // calls of Run
	running      atomic.Int64 // calls of Run that have not returned
	handlersLast func() bool  // whether goroutines of a health handler may be left
}

// Child does what a child process is for, and ends it.
func Child(t *testing.T, impl *subject.Implementation, cfg process.Config, about func(clause string) bool) {
	SettleIn()
	cfg.EndWithParent()
	impl = impl.Without(cfg.Without)
	if cfg.Scene != "" {
		time.AfterFunc(cfg.Limit, func() { os.Exit(6) }) // where the parent, which would end it then, is gone
		checks.PlayScene(cfg.Scene, impl)
	}
	x := &examiner{
		t: t, impl: impl, cfg: cfg, wanted: about,
		failed: map[string]bool{}, premises: map[string]int{}, paths: newCoverage(),
	}
	x.countRuns()
	x.handlersLast = sync.OnceValue(func() bool { return play.HandlersLast(x.t, x.impl) })
	if err := x.open(); err != nil {
		t.Fatal(err)
	}
	if cfg.Preflight {
		x.preflight()
	}
	if cfg.Life != nil {
		x.life()
	}
	x.offered = subject.OffersOf(impl)
	for _, c := range clauses.All() {
		if cfg.Only == "" || cfg.Only == c.ID {
			x.clauses = append(x.clauses, c)
		}
	}
	x.alarm = time.AfterFunc(time.Hour, x.stuck)
	// Real signals come first: once a signal channel of a wrong implementation
	// is left behind in a bubble, one would end the process.
	x.direct(true)
	x.scenarios()
	x.direct(false)
	x.alarm.Stop()
	x.write(process.Record{End: true})
	os.Exit(0)
}

// SettleIn makes a process one that plays scenarios.
func SettleIn() {
	process.StartSignals()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	// Thousands of short lives leave nothing behind but garbage.
	debug.SetGCPercent(400)
}

// OneProcessor takes the process down to one processor until the function that
// it returns is called. A life in virtual time is a chain of goroutines that
// wait for each other: more processors only make them wait across cores.
func OneProcessor() (restore func()) {
	was := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(was) }
}

func (x *examiner) open() (err error) {
	if x.results, err = os.OpenFile(x.cfg.Results, os.O_APPEND|os.O_WRONLY, 0); err != nil {
		return err
	}
	x.now, err = os.Create(process.NowFile(x.cfg.Results))
	return err
}

// countRun counts one call of Run, until the function that it returns is called. In a life
// that is written down.
func (x *examiner) countRun() (returned func()) {
	x.began.Add(1)
	x.running.Add(1)
	return func() {
		x.running.Add(-1)
		if x.cfg.Life != nil {
			x.write(process.Record{Returned: true})
		}
	}
}

// countRuns counts the calls of Run, and those that have not returned.
func (x *examiner) countRuns() {
	counted := *x.impl
	run, runWith := counted.Run, counted.RunWith
	counted.Run = func(main func(context.Context) error, drain, shutdown time.Duration) error {
		defer x.countRun()()
		return run(main, drain, shutdown)
	}
	if runWith != nil {
		counted.RunWith = func(main func(context.Context) error, s subject.Settings) error {
			defer x.countRun()()
			return runWith(main, s)
		}
	}
	x.impl = &counted
}

// stuck ends the process when a step has taken too long: a goroutine that is
// blocked on a mutex stops virtual time for good.
func (x *examiner) stuck() {
	run := "Run had returned"
	if x.running.Load() > 0 {
		run = "Run had not returned"
	}
	x.write(process.Record{Stuck: fmt.Sprintf("no end after %v of real time, and %s", x.cfg.Step, run)})
	fmt.Fprintf(os.Stderr, "the goroutines:\n%s\n", stacks())
	os.Exit(2)
}

// stacks returns where goroutines are, as many as fit into what is kept of an output,
// first those in virtual time, and last those that the suite has in every process.
func stacks() string {
	buf := make([]byte, 1<<20)
	all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	rank := func(stack string) int {
		switch {
		case strings.Contains(stack, "synctest bubble"):
			return 0
		case strings.Contains(stack, "testing.") || strings.Contains(stack, "os/signal"):
			return 2
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	text := strings.Join(all, "\n\n")
	return text[:min(len(text), process.TailSize)]
}

// begin writes down what is done now, for the case that it is the last thing.
func (x *examiner) begin(p process.Progress) {
	x.progress(p)
	x.alarm.Reset(x.cfg.Step)
}

// progress is begin for what has begun already.
func (x *examiner) progress(p process.Progress) {
	line, _ := json.Marshal(p)
	line = fmt.Appendf(nil, "%-300s", line)
	_, _ = x.now.WriteAt(line, 0)
}

func (x *examiner) write(r process.Record) {
	line, _ := json.Marshal(r)
	_, _ = x.results.Write(append(line, '\n'))
}

// fail writes down the first failure of a clause, whether it is the one that is
// asked for or not, and the first of each that may be of others too.
func (x *examiner) fail(d subject.Difference) {
	key := d.Clause
	if len(d.Or) > 0 {
		key = fmt.Sprint(d.Clause, d.Or)
	}
	if x.failed[key] {
		return
	}
	x.failed[key] = true
	x.write(process.Record{Failed: &d})
}

// failOf is fail for what only one clause is about.
func (x *examiner) failOf(clause, text string) {
	x.fail(subject.Difference{Clause: clause, Text: text})
}

// race returns true when the race detector has objected for the first time.
func (x *examiner) race() bool {
	if x.raced || !x.t.Failed() {
		return false
	}
	x.raced = true
	return true
}

// direct runs the direct checks: those that need real signals, or the others.
func (x *examiner) direct(signals bool) {
	for _, clause := range x.clauses {
		for _, check := range clause.Checks {
			if !x.cfg.Traces && x.wanted(clause.ID) && slices.Contains(check.Needs, subject.NeedUnix) == signals && len(x.offered.Lacks(check.Needs...)) == 0 {
				x.check(clause.ID, check)
			}
		}
	}
}

// check runs one direct check, if no child before this one has.
func (x *examiner) check(clause string, check clauses.Check) {
	key := clause + ": " + check.Name
	if slices.Contains(x.cfg.Done, key) || slices.Contains(x.cfg.Dead, clause) {
		return
	}
	x.begin(process.Progress{Check: key, Blame: clause})
	c, began := checks.New(x.t, x.impl, x.offered, x.cfg, x.handlersLast), x.began.Load()
	c.OnOr(func(or []string) { x.progress(process.Progress{Check: key, Blame: clause, Or: or}) })
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() {
			if v := recover(); v != nil {
				c.Errorf("a panic comes out of the implementation: %v", v)
			}
		}()
		check.Run(c)
	}()
	<-over
	if x.race() {
		c.Errorf(process.RaceObjects)
	}
	if failure := c.Failure(); failure != "" {
		x.fail(subject.Difference{Clause: clause, Or: c.Or(), Text: check.Name + ": " + failure})
	}
	if left := c.Left(); left != "" && x.began.Load() == began { // no run can have left it
		x.failOf(clause, fmt.Sprintf("%s: something is left behind: %s", check.Name, left))
	} else if left != "" {
		x.fail(subject.Difference{Clause: "RUN-10", Or: append([]string{clause}, c.Or()...), Text: fmt.Sprintf("in the check of %s, something is still there after Run returned: %s", key, left)})
	}
	if why := c.Undecided(); why != "" {
		x.write(process.Record{Undecided: &subject.Difference{Clause: clause, Text: check.Name + ": " + why}})
	}
	x.write(process.Record{Done: key})
}
