package main

import (
	"context"
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

const (
	badInput = 2
	usage    = "usage: lifecheck -ready URL -work URL [flags] -- command [arguments]"
)

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// run is the command.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o := check.Options{Delay: check.DelayUnknown}
	var work list
	var asJSON, asMarkdown, quiet bool
	flags := flag.NewFlagSet("lifecheck", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() {
		fmt.Fprintln(errs, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.Ready, "ready", "", "`URL` of readiness, which also says when the service is up, or output: and a text that it prints then")
	flags.StringVar(&o.Live, "live", "", "`URL` of liveness")
	flags.Var(&work, "work", "`URL` that takes a while to answer; may be given several times; none: the service takes no requests")
	flags.StringVar(&o.Upload, "upload", "", "`URL` that reads the body of a POST, or none (default: the first -work, if it does)")
	flags.StringVar(&o.Hang, "hang", "", "`URL` that is never answered (default: an upload that is not finished)")
	flags.Func("delay", "how `long` the service serves on after the signal (default: not known)", func(s string) (err error) {
		o.Delay, err = time.ParseDuration(s)
		if err == nil && o.Delay < 0 {
			err = fmt.Errorf("it is negative")
		}
		return err
	})
	flags.DurationVar(&o.Budget, "budget", 30*time.Second, "how `long` the service may take from the signal to its exit")
	flags.DurationVar(&o.Start, "start", time.Minute, "how `long` the service may take to be ready")
	flags.IntVar(&o.Code, "code", 0, "an exit `code` that means a clean stop, besides 0")
	flags.StringVar((*string)(&o.Profile), "profile", string(check.Standalone), "what is required: kubernetes or standalone")
	flags.IntVar(&o.Runs, "runs", 3, "how `often` the service is stopped under load")
	flags.BoolVar(&asJSON, "json", false, "write the report as JSON")
	flags.BoolVar(&asMarkdown, "markdown", false, "write the report as Markdown")
	flags.BoolVar(&quiet, "q", false, "show no progress")
	if err := flags.Parse(args); err != nil {
		return badInput
	}
	o.Work, o.Command = work, flags.Args()
	if !quiet {
		o.Progress = func(line string) { fmt.Fprintln(errs, "lifecheck:", line) }
	}
	report, err := check.Run(ctx, o)
	if err != nil {
		fmt.Fprintln(errs, err)
		return badInput
	}
	write := report.Text
	switch {
	case asJSON:
		write = report.JSON
	case asMarkdown:
		write = report.Markdown
	}
	if err := write(out); err != nil {
		fmt.Fprintln(errs, "lifecheck:", err)
		return badInput
	}
	return report.ExitCode()
}
