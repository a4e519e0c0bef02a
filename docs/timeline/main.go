package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/greynewell/mist-go/docs/internal/timeline"
)

const command = "go run ./docs/timeline"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the command. It returns the exit code: 2 for flags that make no sense.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintf(stdout, "An example; -h says what to give instead:\n%s %s\n\n", command, timeline.Example)
		args = strings.Fields(timeline.Example)
	}
	request, err := timeline.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		usage(stdout)
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "timeline: %v (-h lists the flags)\n", err)
		return 2
	}
	if err := draw(request, stdout); err != nil {
		fmt.Fprintf(stderr, "timeline: %v\n", err)
		return 1
	}
	return 0
}

func draw(request timeline.Request, stdout io.Writer) error {
	t, err := timeline.New(request.Scenario, request.Names)
	if err != nil {
		return err
	}
	if request.SVG != "" {
		if err := os.WriteFile(request.SVG, []byte(t.SVG()), 0o644); err != nil {
			return err
		}
	}
	_, err = io.WriteString(stdout, t.Text())
	return err
}

func usage(w io.Writer) {
	fmt.Fprintf(w, `Draws what happens to a service that is sent SIGTERM: what is waited for, what
is cut, what Run returns, and which line to change.

	%s %s

Times are such as 1.5s or 2m, in whole milliseconds.

`, command, timeline.Example)
	timeline.Usage(w)
}
