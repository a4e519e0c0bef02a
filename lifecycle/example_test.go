package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
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

// What fails on the way down is joined, and every part of it can be found.
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

// A hook that needs a live context gets one, with a name and a bound of its own.
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

// Units of work that come and go are tracked one by one.
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

// A task that fails stops the service, and says why.
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

// What was begun is finished with a context that outlives the cancellation.
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

// A server that needs no hook: it stops with the service, and answers what it
// has begun to answer.
func ExampleServe() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			lifecycle.Stop(ctx, nil) // as a SIGTERM in the middle of a request would
			fmt.Fprint(w, "answered, ", req.Context().Err())
		})}
		lifecycle.Go(ctx, func(context.Context) error {
			resp, err := http.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			fmt.Println(string(body), resp.Close)
			return err
		})
		return lifecycle.Serve(ctx, srv, ln)
	})
	fmt.Println(err)
	// Output:
	// answered, <nil> true
	// <nil>
}

// A port that cannot be had is an error at once.
func ExampleListenAndServe() {
	err := lifecycle.Run(func(ctx context.Context) error {
		return lifecycle.ListenAndServe(ctx, &http.Server{Addr: "127.0.0.1:no-port"})
	})
	var op *net.OpError
	fmt.Println(errors.As(err, &op), op.Op)
	// Output: true listen
}

// A server that is run in another way has its requests counted.
func ExampleHandler() {
	_ = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("every request is answered"); return nil })
		handler := lifecycle.Handler(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}))
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		fmt.Println(rec.Code)
		return nil
	})
	// Output:
	// 204
	// every request is answered
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

// A service is not ready before its caches are.
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

// Everything that has a bound can be given another.
func ExampleWithDrainTimeout() {
	release := make(chan struct{})
	defer close(release)
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.DrainGroup(ctx).Go(func() { <-release })
		return nil
	},
		lifecycle.WithDrainTimeout(time.Millisecond),
		lifecycle.WithShutdownTimeout(time.Second),
		lifecycle.WithReturnGrace(0),
		lifecycle.WithDrainDelay(0))
	var timeout *lifecycle.DrainTimeoutError
	fmt.Println(errors.As(err, &timeout), len(timeout.Groups))
	// Output: true 1
}

// Tests and service managers stop a service without real signals.
func ExampleWithSignalSource() {
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	err := lifecycle.Run(func(ctx context.Context) error {
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
		return ctx.Err()
	}, lifecycle.WithSignalSource(signals))
	fmt.Println(err)
	// Output:
	// lifecycle: stopped by signal: terminated
	// <nil>
}

func ExampleWithSignals() {
	err := lifecycle.Run(func(context.Context) error { return nil }, lifecycle.WithSignals(os.Interrupt))
	fmt.Println(err)
	// Output: <nil>
}

// A parent that ends stops the service.
func ExampleWithContext() {
	parent, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err := lifecycle.Run(func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}, lifecycle.WithContext(parent))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithObserver() {
	_ = lifecycle.Run(func(context.Context) error { return nil },
		lifecycle.WithObserver(func(s fsm.Step) { fmt.Println(s.On, "->", s.To) }))
	// Output:
	// started -> running
	// main_exited -> draining
	// drained -> hooks
	// hooks_finished -> stopped
}

func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "elapsed" {
				return slog.Attr{}
			}
			return a
		},
	}))
	_ = lifecycle.Run(func(context.Context) error { return nil }, lifecycle.WithLogger(logger))
	// Output:
	// level=INFO msg="lifecycle: running" from=starting to=running event=started
	// level=INFO msg="lifecycle: draining" from=running to=draining event=main_exited waits_for=nothing at_most=15s
	// level=INFO msg="lifecycle: hooks" from=draining to=hooks event=drained hooks=0 at_most=10s
	// level=INFO msg="lifecycle: stopped" from=hooks to=stopped event=hooks_finished
}
