package examine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Preflight has a child process call each field of an implementation once, before
// anything is examined. It returns an error if what every clause needs panics or
// does not return, and the optional fields that panicked: nothing that needs one of
// them can be examined. It also returns what the implementation offers in that process.
func (o Options) Preflight(test string) (panicked []process.Panic, offered subject.Offers, err error) {
	defer process.HearSignals()()
	e, err := o.config(process.Config{Test: test, Preflight: true}).Start()
	if err != nil {
		return nil, nil, fmt.Errorf("the child process could not be run: %w", err)
	}
	called := ""
	for _, r := range e.Records {
		called = cmp.Or(r.Calls, called)
		if r.Unusable != "" {
			return nil, nil, errors.New(r.Unusable)
		}
		if r.Offers != nil {
			offered = r.Offers
		}
		if r.Panicked != nil {
			panicked = append(panicked, *r.Panicked)
		}
	}
	switch {
	case e.Clean:
		return panicked, offered, nil
	case called != "":
		return nil, nil, fmt.Errorf("%s: the process ended (%s)\nits output:\n%s", called, e.How, e.Output)
	}
	return nil, nil, fmt.Errorf("the child process, which is this test binary started again, ended (%s) before it came to this examination; "+
		"if a TestMain or the test ended it, see conformance.Child\nits output:\n%s", e.How, e.Output)
}

// preflight is what the child does.
type preflight struct {
	*examiner
	doing atomic.Pointer[string] // the field that was called last
}

// preflight makes the calls and ends the process.
func (x *examiner) preflight() {
	p := &preflight{examiner: x}
	x.alarm = time.AfterFunc(time.Hour, func() {
		p.refuse("%s has not returned within %v\nthe goroutines:\n%s", *p.doing.Load(), x.cfg.Step, stacks())
	})
	if x.impl.Health != nil {
		p.health()
	}
	p.must("Implementation.Run", func() {
		_ = x.impl.Run(func(context.Context) error { return nil }, short, short)
	})
	p.runWith()
	p.within()
	x.alarm.Stop()
	x.write(process.Record{Offers: subject.OffersOf(x.impl)})
	x.write(process.Record{End: true})
	os.Exit(0)
}

// short is a timeout that is not reached.
const short = time.Second

// runWith calls RunWith, if there is one. It must return, like Run.
func (p *preflight) runWith() {
	if p.impl.RunWith == nil {
		return
	}
	s := subject.Settings{Drain: short, Shutdown: short}
	if p.impl.Takes.Grace {
		s.Grace = short / 2
	}
	text := <-p.call("Implementation.RunWith", func() {
		_ = p.impl.RunWith(func(context.Context) error { return nil }, s)
	})
	p.panicked(subject.NeedRunWith, text)
}

// refuse says that nothing can be examined, and why, and ends the process.
func (p *preflight) refuse(format string, args ...any) {
	p.write(process.Record{Unusable: fmt.Sprintf(format, args...)})
	os.Exit(1)
}

// must calls f, which calls the named field, and refuses one that panics.
func (p *preflight) must(field string, f func()) {
	if text := <-p.call(field, f); text != "" {
		p.refuse("%s %s", field, text)
	}
}

// mayTake is how long a call of an optional field is waited for. What one that does
// not return breaks, its clauses say.
const mayTake = time.Second

// try calls f, which calls an optional field.
func (p *preflight) try(field subject.Need, f func()) {
	select {
	case text := <-p.call(nameOf(field), f):
		p.panicked(field, text)
	case <-time.After(mayTake):
	}
}

// panicked writes down how a call of an optional field panicked, if it did.
func (p *preflight) panicked(field subject.Need, text string) {
	if text != "" {
		p.write(process.Record{Panicked: &process.Panic{Field: field, Name: nameOf(field), Text: text}})
	}
}

// nameOf is how a user finds a field.
func nameOf(field subject.Need) string {
	if part, ok := strings.CutPrefix(string(field), "Health."); ok {
		return "HealthFuncs." + part
	}
	return "Implementation." + string(field)
}

// call calls f and sends how it panicked, "" if it did not.
func (p *preflight) call(field string, f func()) <-chan string {
	p.doing.Store(&field)
	p.write(process.Record{Calls: field})
	p.alarm.Reset(p.cfg.Step)
	over := make(chan string, 1)
	go func() {
		text := "ended the goroutine that called it"
		defer func() {
			if v := recover(); v != nil {
				text = fmt.Sprintf("panicked: %v\n%s", v, debug.Stack())
			}
			over <- text
		}()
		f()
		text = ""
	}()
	return over
}
