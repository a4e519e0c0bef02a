package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// The smallest useful main: it stops on SIGINT and SIGTERM, and cleans up.
func Example() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error {
			fmt.Println("clean up")
			return nil
		})
		fmt.Println("work")
		return nil // a real one would wait: <-ctx.Done()
	})
	fmt.Println("error:", err)
	// Output:
	// work
	// clean up
	// error: <nil>
}

// Errors during the stop are joined, and errors.Is finds each.
func ExampleRun() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { return os.ErrPermission })
		return os.ErrNotExist
	})
	fmt.Println(errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission))
	var hook *lifecycle.HookError
	fmt.Println(errors.As(err, &hook), hook.Err)
	// Output:
	// true true
	// true permission denied
}

// Hooks run last registered first, so what was opened last is closed first.
func ExampleOnShutdown() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		fmt.Println("open database")
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("close database"); return nil })
		fmt.Println("open cache")
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("flush cache"); return nil })
		return nil
	})
	// Output:
	// open database
	// open cache
	// flush cache
	// close database
}

// A hook that needs a live context gets one; it can have a name and a timeout.
func ExampleOnShutdownContext() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
			_, bounded := ctx.Deadline()
			fmt.Println("flushing:", ctx.Err() == nil, bounded)
			return nil
		}, lifecycle.HookName("metrics"), lifecycle.HookTimeout(2*time.Second))
		lifecycle.Stop(ctx, nil)
		fmt.Println("main's context is live:", ctx.Err() == nil)
		return nil
	})
	// Output:
	// main's context is live: false
	// flushing: true true
}

func ExampleHookName() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdownContext(ctx, func(context.Context) error { return os.ErrClosed }, lifecycle.HookName("database"))
		return nil
	})
	var hook *lifecycle.HookError
	fmt.Println(errors.As(err, &hook), hook.Name)
	// Output: true database
}

// A hook that hangs is abandoned, and the others still run.
func ExampleHookTimeout() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("close database"); return nil })
		lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
			<-ctx.Done() // a server that does not answer
			return context.Cause(ctx)
		}, lifecycle.HookTimeout(time.Millisecond))
		return nil
	})
	fmt.Println(errors.Is(err, lifecycle.ErrShutdownTimeout))
	// Output:
	// close database
	// true
}

// Hooks wait for work that has begun.
func ExampleDrainGroup() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("close the queue"); return nil })
		workers := lifecycle.DrainGroup(ctx)
		workers.Go(func() {
			<-ctx.Done()
			fmt.Println("finish the last message")
		})
		lifecycle.Stop(ctx, nil)
		return nil
	})
	// Output:
	// finish the last message
	// close the queue
}

// Short units of work are tracked one by one.
func ExampleTrack() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		done, ok := lifecycle.Track(ctx)
		if !ok {
			return errors.New("stopping: the message stays in the queue")
		}
		go func() {
			defer done()
			fmt.Println("handle one message")
		}()
		return nil
	})
	// Output: handle one message
}

// A failed task stops the service, and its error is in the result.
func ExampleGo() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Go(ctx, func(ctx context.Context) error {
			return errors.New("lost the broker")
		})
		<-ctx.Done()
		return nil
	})
	var task *lifecycle.TaskError
	fmt.Println(errors.As(err, &task), task.Err)
	// Output: true lost the broker
}

// Work is finished with a context that outlives the cancellation.
func ExampleWorkContext() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.Go(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			fmt.Println("commit with a live context:", lifecycle.WorkContext(ctx).Err() == nil)
			return nil
		})
		lifecycle.Stop(ctx, nil)
		return nil
	})
	// Output: commit with a live context: true
}

func ExampleStop() {
	err := lifecycle.Run(func(ctx context.Context) error {
		go lifecycle.Stop(ctx, errors.New("the licence has expired"))
		<-ctx.Done()
		return context.Cause(ctx)
	})
	fmt.Println(err)
	// Output: the licence has expired
}

// The service is not ready until its caches are.
func ExampleMarkStarted() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		src, _ := fsm.FromContext(ctx)
		fmt.Println(src.State())
		lifecycle.MarkStarted(ctx)
		fmt.Println(src.State())
		return nil
	}, lifecycle.WithManualStart())
	// Output:
	// starting
	// running
}
