package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const badInput = 2

const (
	usage = "usage: lifecheck -ready URL -work URL [flags] -- command [arguments]"
	// afterFlags ends what -h writes.
	afterFlags = `
A duration is written as 500ms, 5s or 1m30s. A URL of a unix socket is
http+unix://%2Frun%2Fservice.sock/readyz.

Exit codes: 0, the service stops as it should; 1, there are findings;
2, inconclusive, or a flag makes no sense.
`
)

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// command is what the flags say.
type command struct {
	check.Options
	work                  list
	json, markdown, quiet bool
}

// flags are those of the command, with their defaults set.
func (c *command) flags() *flag.FlagSet {
	c.Delay = check.DelayUnknown
	f := flag.NewFlagSet("lifecheck", flag.ContinueOnError)
	f.StringVar(&c.Ready, "ready", "", "`URL` of readiness, which also says when the service is up; or output:TEXT, a text that it prints then")
	f.StringVar(&c.Live, "live", "", "`URL` of liveness (default: liveness is not asked)")
	f.Var(&c.work, "work", "`URL` that takes a while to answer; may be given several times; none: the service takes no requests")
	f.StringVar(&c.Upload, "upload", "", "`URL` that reads the body of a POST; none: no POST is sent (default: the first -work, if it reads one)")
	f.StringVar(&c.Hang, "hang", "", "`URL` that is never answered (default: an upload that is not finished)")
	f.Func("delay", "the `duration` for which the service serves on after the signal (default: not known)", func(s string) (err error) {
		c.Delay, err = time.ParseDuration(s)
		if err == nil && c.Delay < 0 {
			err = fmt.Errorf("it is negative")
		}
		return err
	})
	f.DurationVar(&c.Budget, "budget", 30*time.Second, "the `duration` that a stop may take, from the signal to the exit")
	f.DurationVar(&c.Start, "start", time.Minute, "the `duration` that the service may take to be ready")
	f.IntVar(&c.Code, "code", 0, "an exit `code` that means a clean stop, besides 0; 143 allows an end by SIGTERM")
	f.StringVar((*string)(&c.Profile), "profile", string(check.Standalone), "the `profile`, which says what is required: kubernetes or standalone")
	f.IntVar(&c.Runs, "runs", 3, "the `number` of stops under load, and in start-up")
	f.BoolVar(&c.json, "json", false, "write the report as JSON")
	f.BoolVar(&c.markdown, "markdown", false, "write the report as Markdown")
	f.BoolVar(&c.quiet, "q", false, "show no progress")
	return f
}

// parse reads the arguments. It returns flag.ErrHelp when -h has been answered.
func parse(args []string, out, errs io.Writer) (command, error) {
	var c command
	f := c.flags()
	f.SetOutput(io.Discard)
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage, "\n\n")
		f.SetOutput(out)
		f.PrintDefaults()
		fmt.Fprint(out, afterFlags)
		return c, err
	case err == nil && c.json && c.markdown:
		err = errors.New("-json and -markdown are both given; the report is written once")
	case err == nil && (c.Budget == 0 || c.Start == 0 || c.Runs == 0):
		err = errors.New("none of -budget, -start and -runs can be 0")
	}
	if err != nil {
		fmt.Fprintf(errs, "lifecheck: %v\n%s\nlifecheck -h lists the flags\n", err, usage)
	}
	c.Work, c.Command = c.work, f.Args()
	return c, err
}

// run is the command.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	c, err := parse(args, out, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return badInput
	}
	if !c.quiet {
		c.Progress = func(line string) { fmt.Fprintln(errs, "lifecheck:", line) }
	}
	report, err := check.Run(ctx, c.Options)
	if err != nil {
		fmt.Fprintln(errs, err)
		return badInput
	}
	write := report.Text
	switch {
	case c.json:
		write = report.JSON
	case c.markdown:
		write = report.Markdown
	}
	if err := write(out); err != nil {
		fmt.Fprintln(errs, "lifecheck:", err)
		return badInput
	}
	return report.ExitCode()
}
