package timeline

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/greynewell/mist-go/model"
)

// Example is what is drawn when nothing is asked for.
var Example = "-main 8s -work export=20s -hook db=3s -hook flush=12s"

// Request is what the flags ask for.
type Request struct {
	Scenario model.Scenario
	Names    Names
	SVG      string // the file to write, "" for none
}

const (
	// before is how long the service has run when the stop comes. Any length will
	// do: what comes before the stop is not drawn to scale.
	before = time.Second
	// longest is the longest duration that a flag takes.
	longest = 24 * time.Hour
	// mostInterrupts is how many -interrupt-at there may be. The second that
	// forces ends all.
	mostInterrupts = 4
)

// parser is a Request that is being read.
type parser struct {
	Request
	flags *flag.FlagSet
}

// Parse reads flags, as os.Args[1:] has them. The error names the flag and the
// value; it is [flag.ErrHelp] for -h.
func Parse(args []string) (Request, error) {
	p := newParser()
	p.flags.SetOutput(io.Discard)
	if err := p.flags.Parse(args); err != nil {
		return Request{}, err
	}
	if p.flags.NArg() > 0 {
		return Request{}, fmt.Errorf("unexpected argument %q", p.flags.Arg(0))
	}
	if err := p.Scenario.Validate(); err != nil {
		return Request{}, err
	}
	return p.Request, nil
}

// Usage writes what the flags mean.
func Usage(w io.Writer) {
	p := newParser()
	p.flags.SetOutput(w)
	p.flags.PrintDefaults()
}

func newParser() *parser {
	p := &parser{flags: flag.NewFlagSet("timeline", flag.ContinueOnError)}
	s := &p.Scenario
	s.Main.AfterCancel = true
	s.Stops = []model.Stop{{By: model.SIGTERM, At: before}}
	p.flags.Func("main", "how long main takes to return after the cancel, or never; with /fail after it,\nmain returns an error (`time`, default 0)", p.main)
	p.flags.Func("work", "work in flight (a request, Go, Track, a DrainGroup), and how long it still takes\nat the stop, or never (`[name=]time`, may be repeated)", p.work)
	p.flags.Func("hook", "how long a hook takes, or never; /fail after it: it returns an error; @time after\nthat: its HookTimeout (`[name=]time`, may be repeated, in order of registration)", p.hook)
	p.flags.Func("drain", "WithDrainTimeout (`time`, default 15s)", p.option(&s.DrainTimeout, 1))
	p.flags.Func("shutdown", "WithShutdownTimeout (`time`, default 10s)", p.option(&s.ShutdownTimeout, 1))
	p.flags.Func("grace", "WithReturnGrace (`time`, default 5s)", p.option(&s.ReturnGrace, model.NoGrace))
	p.flags.Func("delay", "WithDrainDelay (`time`, default 0)", p.option(&s.DrainDelay, 0))
	p.flags.Func("interrupt-at", "when, after the stop, a SIGINT (Ctrl-C) ends the phase under way (`time`, may be\nrepeated)", p.interrupt)
	p.flags.StringVar(&p.SVG, "svg", "", "write the drawing as SVG too (`file`)")
	return p
}

// option reads an option of Run. Zero is what the model has for it; 1, that the
// option refuses it.
func (p *parser) option(to *time.Duration, zero time.Duration) func(string) error {
	return func(text string) error {
		d, err := duration(text)
		switch {
		case err != nil:
			return err
		case d == 0 && zero == 1:
			return errors.New("must be more than zero")
		case d == 0:
			d = zero
		}
		*to = d
		return nil
	}
}

func (p *parser) main(text string) (err error) {
	text, p.Scenario.Main.Ends = cutFail(text)
	p.Scenario.Main.After, err = orNever(text)
	return err
}

func (p *parser) work(text string) error {
	name, text, err := cutName(text)
	if err != nil {
		return err
	}
	d, err := orNever(text)
	if err != nil {
		return err
	}
	// Works of one length end a nanosecond apart: which of them is first makes no
	// difference, and the model would try every order.
	nth := time.Duration(len(p.Scenario.Tracks))
	p.Scenario.Tracks = append(p.Scenario.Tracks, model.Track{Lasts: plus(before+nth, d)})
	p.Names.Tracks = append(p.Names.Tracks, name)
	return nil
}

func (p *parser) hook(text string) error {
	name, text, err := cutName(text)
	if err != nil {
		return err
	}
	var h model.Hook
	text, timeout, limited := strings.Cut(text, "@")
	if limited {
		if h.Timeout, err = duration(timeout); err == nil && h.Timeout == 0 {
			err = errors.New("a timeout must be more than zero")
		}
		if err != nil {
			return err
		}
	}
	text, h.Ends = cutFail(text)
	h.Lasts, err = orNever(text)
	p.Scenario.Hooks = append(p.Scenario.Hooks, h)
	p.Names.Hooks = append(p.Names.Hooks, name)
	return err
}

func (p *parser) interrupt(text string) error {
	d, err := duration(text)
	last := p.Scenario.Stops[len(p.Scenario.Stops)-1].At
	switch {
	case err != nil:
		return err
	case before+d <= last:
		return errors.New("must be after the stop and the interrupt before it")
	case len(p.Scenario.Stops) > mostInterrupts:
		return fmt.Errorf("more than %d", mostInterrupts)
	}
	p.Scenario.Stops = append(p.Scenario.Stops, model.Stop{By: model.SIGINT, At: before + d})
	return nil
}

// cutName takes the name off "name=rest".
func cutName(text string) (name, rest string, err error) {
	name, rest, named := strings.Cut(text, "=")
	switch {
	case !named:
		return "", text, nil
	case name == "":
		return "", "", errors.New("no name before the =")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", "", errors.New("the name cannot be printed")
	}
	return name, rest, nil
}

func cutFail(text string) (string, model.Exit) {
	if rest, fails := strings.CutSuffix(text, "/fail"); fails {
		return rest, model.ReturnsError
	}
	return text, model.ReturnsNil
}

func orNever(text string) (time.Duration, error) {
	if text == "never" {
		return model.Never, nil
	}
	return duration(text)
}

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration such as 1.5s", text)
	case d < 0:
		return 0, errors.New("must not be negative")
	case d > longest:
		return 0, fmt.Errorf("must be at most %v", short(longest))
	case d%time.Millisecond != 0:
		return 0, errors.New("must be whole milliseconds")
	}
	return d, nil
}
