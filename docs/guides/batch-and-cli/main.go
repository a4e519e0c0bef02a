// Command batch-and-cli is a batch job: it converts the items that it is given,
// one after the other. Interrupted, it finishes the item that it has begun, says
// how far it came, and exits with a code that is not 0.
//
//	batch-and-cli -out result.txt apples pears plums
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	var j job
	flag.StringVar(&j.out, "out", "result.txt", "file to write to")
	flag.DurationVar(&j.takes, "takes", 100*time.Millisecond, "how long an item takes")
	drain := flag.Duration("drain-timeout", time.Minute, "how long the item that was begun may go on")
	verbose := flag.Bool("v", false, "log each item, and what the lifecycle does")
	flag.Parse()
	j.items = flag.Args()

	level := slog.LevelWarn // a command that goes well says nothing
	if *verbose {
		level = slog.LevelInfo
	}
	j.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))

	err := lifecycle.Run(j.run,
		lifecycle.WithSignalError(), // an interruption is not success
		lifecycle.WithDrainTimeout(*drain),
		lifecycle.WithLogger(j.log))
	if err != nil {
		fmt.Fprintln(os.Stderr, "batch-and-cli:", err)
	}
	os.Exit(lifecycle.ExitCode(err))
}

type job struct {
	items []string
	out   string
	takes time.Duration
	log   *slog.Logger
}

func (j *job) run(ctx context.Context) error {
	// All of run is work in flight: hooks wait for its return, for at most the
	// drain timeout. Without this they wait for 5 s (WithReturnGrace).
	done, _ := lifecycle.Track(ctx)
	defer done()

	out, err := os.Create(j.out)
	if err != nil {
		return err
	}
	lifecycle.OnShutdown(ctx, out.Close) // nothing is buffered: an item that is done is in the file

	defer context.AfterFunc(ctx, func() {
		fmt.Fprintln(os.Stderr, "stopping after this item; Ctrl-C once more gives it up")
	})()

	failed := 0
	for i, item := range j.items {
		if ctx.Err() != nil { // between items, where nothing is half done
			fmt.Fprintf(os.Stderr, "interrupted after %d of %d items\n", i, len(j.items))
			return context.Cause(ctx)
		}
		j.log.Info("converting", "item", item)
		// WorkContext: the stop does not interrupt an item, the drain timeout does.
		if err := j.convert(lifecycle.WorkContext(ctx), out, item); err != nil {
			fmt.Fprintf(os.Stderr, "item %d: %v\n", i+1, err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d items failed", failed, len(j.items))
	}
	return nil
}

func (j *job) convert(ctx context.Context, out io.Writer, item string) error {
	select {
	case <-time.After(j.takes): // stands for the real work
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if strings.TrimSpace(item) == "" {
		return errors.New("is empty")
	}
	_, err := fmt.Fprintln(out, strings.ToUpper(item))
	return err
}
