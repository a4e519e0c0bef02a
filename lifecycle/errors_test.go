package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func TestRunReturnsWhatMainEndedWith(t *testing.T) {
	for name, tc := range map[string]struct {
		main func(context.Context) error
		want func(error) bool
	}{
		"RUN-6: nil is nil":                         {func(context.Context) error { return nil }, func(err error) bool { return err == nil }},
		"RUN-6: the only error keeps its identity":  {func(context.Context) error { return errBoom }, func(err error) bool { return err == errBoom }},
		"RUN-5: Goexit is an error":                 {func(context.Context) error { runtime.Goexit(); return nil }, func(err error) bool { return err == lifecycle.ErrGoexit }},
		"RUN-4: a panic is an error with its value": {func(context.Context) error { panic("boom") }, isPanic("boom")},
		"RUN-4: a panicked error is unwrapped":      {func(context.Context) error { panic(errBoom) }, func(err error) bool { return errors.Is(err, errBoom) }},
		"RUN-4: a nil panic is an error too": {func(context.Context) error { panic(nil) }, func(err error) bool {
			var nilPanic *runtime.PanicNilError
			return errors.As(err, &nilPanic)
		}},
		"RUN-7: before a stop, context.Canceled is an error": {func(context.Context) error { return context.Canceled }, func(err error) bool { return err == context.Canceled }},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.OnShutdown(ctx, func() error { w.note("hook"); return nil })
					sleep(1)
					return tc.main(ctx)
				})
				if !tc.want(err) {
					t.Errorf("Run returned %v", err)
				}
				w.expect("1s hook") // RUN-3
				w.expectPath("0s started running", "1s main_exited draining", "1s drained hooks", "1s hooks_finished stopped")
			})
		})
	}
}

func isPanic(value any) func(error) bool {
	return func(err error) bool {
		var p *lifecycle.PanicError
		return errors.As(err, &p) && p.Value == value &&
			strings.Contains(p.Place, "errors_test.go:") && strings.Contains(string(p.Stack), "errors_test.go")
	}
}

func TestRuntimePanicHasItsLine(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		err := w.run(func(context.Context) error {
			var none []int
			return fmt.Errorf("%d", none[len(os.Args)])
		})
		var p *lifecycle.PanicError
		if !errors.As(err, &p) || !strings.Contains(p.Place, "errors_test.go:") {
			t.Errorf("Run returned %v", err)
		}
		var re runtime.Error
		if !errors.As(err, &re) {
			t.Errorf("the runtime's error is not found in %v", err)
		}
		w.expectLog("ERROR", "main panicked", "stack=")
	})
}

func TestMainsErrorAfterAStopIsCleanIfEveryLeafIs(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		clean bool
	}{
		"RUN-7: http.ErrServerClosed":         {http.ErrServerClosed, true},
		"RUN-7: context.Canceled, wrapped":    {fmt.Errorf("x: %w", context.Canceled), true},
		"RUN-7: both joined":                  {errors.Join(http.ErrServerClosed, context.Canceled), true},
		"RUN-7: one leaf that is not":         {errors.Join(http.ErrServerClosed, io.EOF), false},
		"RUN-7: a deadline is not":            {context.DeadlineExceeded, false},
		"RUN-7: an error that panics":         {panickyError{}, false},
		"RUN-7: an error with nothing joined": {emptyJoin{}, false},
		"RUN-7: several in another way":       {&multiError{context.Canceled, http.ErrServerClosed}, true},
		"RUN-7: of which one is not":          {&multiError{context.Canceled, io.EOF}, false},
		"RUN-7: what says that it is":         {isError{context.Canceled}, true},
		"RUN-7: what says that of another":    {isError{io.EOF}, false},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					lifecycle.Stop(ctx, nil)
					return tc.err
				})
				if (err == nil) != tc.clean || err != nil && err != tc.err {
					t.Errorf("Run returned %#v", err)
				}
			})
		})
	}
}

// isError says that it is another error.
type isError struct{ other error }

func (isError) Error() string          { return "is another" }
func (e isError) Is(target error) bool { return target == e.other }

type panickyError struct{}

func (panickyError) Error() string { return "panicky" }
func (panickyError) Unwrap() error { panic("no") }

// multiError are errors in the way of hashicorp/go-multierror: its Is and its Unwrap
// only cover the first.
type multiError []error

func (e *multiError) Error() string          { return "several" }
func (e *multiError) WrappedErrors() []error { return *e }
func (e *multiError) Unwrap() error          { return (*e)[0] }
func (e *multiError) Is(target error) bool   { return (*e)[0] == target }

type emptyJoin struct{}

func (emptyJoin) Error() string   { return "nothing" }
func (emptyJoin) Unwrap() []error { return nil }

func TestErrorsAreJoinedInOrder(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		release := make(chan struct{})
		defer close(release)
		named := func(name string) error { return errors.New(name) }
		var group *sync.WaitGroup
		defer func() { group.Done() }()
		err := w.run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { <-release; return nil })
			lifecycle.OnShutdown(ctx, func() error { return named("hook 1") })
			lifecycle.OnShutdown(ctx, func() error { return named("hook 2") })
			group = lifecycle.DrainGroup(ctx)
			group.Add(1)
			lifecycle.Stop(ctx, nil)
			lifecycle.Go(ctx, func(context.Context) error { sleep(2); return named("task late") })
			lifecycle.Go(ctx, func(context.Context) error { sleep(1); return named("task early") })
			<-ctx.Done()
			sleep(3)
			lifecycle.Stop(ctx, named("stop"))
			return named("main")
		})
		tree, ok := err.(interface{ Unwrap() []error })
		if !ok {
			t.Fatalf("RUN-6: not a tree: %v", err)
		}
		for i, part := range []string{"main", "stop", "task early", "task late", "drain group created", "hook 2", "hook 1", "still running after 10s"} {
			if i >= len(tree.Unwrap()) || !strings.Contains(tree.Unwrap()[i].Error(), part) {
				t.Errorf("RUN-6: error %d should have %q: %v", i, part, err)
			}
		}
	})
}

// RUN-7: the cause of a stop may be returned in the drain delay too, when the
// context does not have it yet.
func TestCauseOfTheStopIsCleanInTheDrainDelay(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		mine := errors.New("mine")
		err := w.run(func(ctx context.Context) error {
			lifecycle.Stop(ctx, mine)
			return mine
		}, lifecycle.WithDrainDelay(time.Second))
		if err != mine {
			t.Errorf("Run returned %v, want what was given to Stop, once", err)
		}
	})
}

// RUN-7: a task that ends because the parent did is not a failure, even if the loop
// handles the task's end first.
func TestTaskThatEndsWithTheParentIsNotAFailure(t *testing.T) {
	for range 200 {
		inVirtualTime(t, func(w *world) {
			parent, cancel := context.WithCancel(context.Background())
			time.AfterFunc(time.Second, cancel)
			err := w.run(func(ctx context.Context) error {
				lifecycle.Go(ctx, func(context.Context) error { <-parent.Done(); return parent.Err() })
				<-ctx.Done()
				return nil
			}, lifecycle.WithContext(parent))
			if err != nil {
				t.Fatalf("Run returned %v", err)
			}
		})
	}
}
