// Command worker is a service without HTTP: it takes files from a spool
// directory, handles each, and moves it to a directory of those that are done.
// However it is stopped, every file is in exactly one of the two.
//
//	go run ./docs/examples/worker -spool /tmp/spool
//
// It shows the parts of package lifecycle that a server does not need: manual
// start, tasks, tracked units, the work context, hooks with a name and a bound
// of their own, and an observer.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	w := worker{}
	flag.StringVar(&w.spool, "spool", filepath.Join(os.TempDir(), "worker"), "directory that files to be handled are put into")
	flag.DurationVar(&w.every, "every", 100*time.Millisecond, "how often the directory is looked at")
	flag.DurationVar(&w.takes, "takes", 500*time.Millisecond, "how long one file takes")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))

	err := lifecycle.Run(w.main,
		lifecycle.WithManualStart(), // not started before the spool is there
		lifecycle.WithObserver(func(s fsm.Step) { fmt.Println(s.To) }))
	if err != nil {
		slog.Error("worker failed", "error", err)
		os.Exit(1)
	}
}

type worker struct {
	spool        string
	every, takes time.Duration
}

func (w worker) done() string { return filepath.Join(w.spool, "done") }

func (w worker) main(ctx context.Context) error {
	if err := os.MkdirAll(w.done(), 0o755); err != nil {
		return err
	}
	// This hook has a live context, a name for error messages, and two of the
	// ten seconds that all hooks have together.
	lifecycle.OnShutdownContext(ctx, w.report, lifecycle.HookName("report"), lifecycle.HookTimeout(2*time.Second))

	// A task that fails stops the service. One that ends because it was asked
	// to is a clean end.
	lifecycle.Go(ctx, w.poll)
	lifecycle.MarkStarted(ctx)
	<-ctx.Done()
	return ctx.Err()
}

// poll looks for files until it is asked to stop.
func (w worker) poll(ctx context.Context) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := w.pass(ctx); err != nil {
				return err
			}
		}
	}
}

// pass begins every file that is there, one after the other, until a stop.
func (w worker) pass(ctx context.Context) error {
	names, err := files(w.spool)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return nil
		}
		// From here on the file is work in flight: hooks wait for it.
		done, ok := lifecycle.Track(ctx)
		if !ok {
			return nil // too late to begin; it stays where it is
		}
		err := w.handle(lifecycle.WorkContext(ctx), name)
		done()
		if err != nil {
			return err
		}
	}
	return nil
}

// handle is given the work context: a stop does not interrupt what was begun,
// the drain timeout does.
func (w worker) handle(ctx context.Context, name string) error {
	select {
	case <-time.After(w.takes): // stands for the real work
	case <-ctx.Done():
		return fmt.Errorf("%s is put back: %w", name, context.Cause(ctx))
	}
	return os.Rename(filepath.Join(w.spool, name), filepath.Join(w.done(), name))
}

// report says what is done and what is left.
func (w worker) report(ctx context.Context) error {
	left, err1 := files(w.spool)
	done, err2 := files(w.done())
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	fmt.Printf("%d done, %d left\n", len(done), len(left))
	return ctx.Err()
}

// files are the names of what there is to handle in a directory: every regular
// file.
func files(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}
