package conformance

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
)

// exam is the examination of an implementation in a child process.
type exam struct {
	t       *testing.T
	impl    *Implementation
	offered offers
	cfg     childConfig
	clauses []Clause
	wanted  func(clause string) bool // its checks and examples are

	results, now *os.File
	alarm        *time.Timer
	played       int  // scenarios, those left out included
	raced        bool // the race detector has objected
	failed       map[string]bool
	premises     map[string]int
	paths        coverage
}

// runChild does what a child process is for, and ends it.
func runChild(t *testing.T, impl Implementation, cfg childConfig, set settings) {
	settleIn()
	if cfg.Scene != "" {
		playScene(cfg.Scene, impl)
	}
	x := &exam{
		t: t, impl: &impl, offered: offersOf(impl), cfg: cfg, wanted: set.about,
		failed: map[string]bool{}, premises: map[string]int{}, paths: newCoverage(),
	}
	if err := x.open(); err != nil {
		t.Fatal(err)
	}
	for _, c := range Clauses() {
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
	x.write(record{End: true})
	os.Exit(0)
}

// settleIn makes a process one that plays scenarios.
func settleIn() {
	// The runtime starts its signal goroutine at the first Notify. In a bubble
	// of virtual time that would end the process, so it happens here.
	started := make(chan os.Signal, 1)
	signal.Notify(started, os.Interrupt, syscall.SIGTERM)
	signal.Stop(started)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	// Thousands of short lives leave nothing behind but garbage.
	debug.SetGCPercent(400)
}

// oneProcessor takes the process down to one processor until the function that
// it returns is called. A life in virtual time is a chain of goroutines that
// wait for each other: more processors only make them wait across cores.
func oneProcessor() (restore func()) {
	was := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(was) }
}

func (x *exam) open() (err error) {
	if x.results, err = os.OpenFile(x.cfg.Results, os.O_APPEND|os.O_WRONLY, 0); err != nil {
		return err
	}
	x.now, err = os.Create(nowFile(x.cfg.Results))
	return err
}

// stuck ends the process when a step has taken too long: a goroutine that is
// blocked on a mutex stops virtual time for good.
func (x *exam) stuck() {
	buf := make([]byte, tailSize)
	fmt.Fprintf(os.Stderr, "no end after %v of real time; the goroutines:\n%s\n", x.cfg.Step, buf[:runtime.Stack(buf, true)])
	os.Exit(2)
}

// begin writes down what is done now, for the case that it is the last thing.
func (x *exam) begin(p progress) {
	line, _ := json.Marshal(p)
	line = fmt.Appendf(nil, "%-200s", line)
	_, _ = x.now.WriteAt(line, 0)
	x.alarm.Reset(x.cfg.Step)
}

func (x *exam) write(r record) {
	line, _ := json.Marshal(r)
	_, _ = x.results.Write(append(line, '\n'))
}

// fail writes down the first failure of a clause, whether it is the one that is
// asked for or not.
func (x *exam) fail(clause, text string) {
	if x.failed[clause] {
		return
	}
	x.failed[clause] = true
	x.write(record{Failed: &Difference{clause, text}})
}

// raceObjects stands for what the race detector has written, which the process
// itself does not know.
const raceObjects = "the race detector objects"

// race returns true when the race detector has objected for the first time.
func (x *exam) race() bool {
	if x.raced || !x.t.Failed() {
		return false
	}
	x.raced = true
	return true
}

// direct runs the direct checks: those that need real signals, or the others.
func (x *exam) direct(signals bool) {
	for _, clause := range x.clauses {
		for _, check := range clause.checks {
			if !x.cfg.Traces && x.wanted(clause.ID) && slices.Contains(check.needs, NeedUnix) == signals && len(x.offered.lacks(check.needs...)) == 0 {
				x.check(clause.ID, check)
			}
		}
	}
}

// check runs one direct check, if no child before this one has.
func (x *exam) check(clause string, check check) {
	key := clause + ": " + check.name
	if slices.Contains(x.cfg.Done, key) {
		return
	}
	x.begin(progress{Check: key, Blame: clause})
	c := &checker{t: x.t, impl: x.impl, offered: x.offered, child: x.cfg}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() {
			if v := recover(); v != nil {
				c.errorf("a panic comes out of the implementation: %v", v)
			}
		}()
		check.run(c)
	}()
	<-over
	if x.race() {
		c.errorf(raceObjects)
	}
	if failure := c.failure(); failure != "" {
		x.fail(clause, check.name+":\n"+failure)
	}
	x.write(record{Done: key})
}

// coverage is which rows of the table were taken, and which pairs of them in
// a row.
type coverage struct {
	rows  map[model.Edge]bool
	pairs map[[2]model.Edge]bool
}

func newCoverage() coverage {
	return coverage{map[model.Edge]bool{}, map[[2]model.Edge]bool{}}
}

func (c coverage) see(t model.Trace) {
	for i, step := range t.Steps {
		c.rows[step.Edge] = true
		if i > 0 {
			c.pairs[[2]model.Edge{t.Steps[i-1].Edge, step.Edge}] = true
		}
	}
}

// missing returns the rows that were not taken, and the pairs that can follow
// one another and did not.
func (c coverage) missing() (all []string) {
	for _, e := range model.Edges() {
		if !c.rows[e] {
			all = append(all, e.String())
		}
		for _, f := range model.Edges() {
			if e.To == f.From && !c.pairs[[2]model.Edge{e, f}] {
				all = append(all, e.String()+", then "+f.String())
			}
		}
	}
	return all
}
