//go:build unix

package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// children are what this test binary does when it is started as the process
// under test: real signals cannot be sent into virtual time.
var children = map[string]func() int{
	"waits for a stop": func() int {
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			fmt.Println("running")
			<-ctx.Done()
			fmt.Println(context.Cause(ctx))
			return ctx.Err()
		}))
	},
	"drains until released": func() int {
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			lifecycle.OnShutdown(ctx, func() error { fmt.Println("hook"); return nil })
			lifecycle.DrainGroup(ctx).Go(func() {
				<-ctx.Done()
				fmt.Println("draining")
				_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
			})
			fmt.Println("running")
			<-ctx.Done()
			return nil
		}, lifecycle.WithLogger(slog.New(signalLog{}))))
	},
	"runs two at once": func() int {
		ended := make(chan error)
		running := make(chan struct{})
		for range 2 {
			go func() {
				ended <- lifecycle.Run(func(ctx context.Context) error {
					running <- struct{}{}
					<-ctx.Done()
					return nil
				})
			}()
			<-running
		}
		fmt.Println("running")
		return exitCode(<-ended) + exitCode(<-ended)
	},
	"goes on after Run": func() int {
		_ = lifecycle.Run(func(context.Context) error { return nil })
		fmt.Println("running")
		<-make(chan int) // until the signal ends it
		return 7
	},
	"is signalled at main's first line": func() int {
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
			<-ctx.Done()
			return nil
		}))
	},
	"prints as it stops": func() int {
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			file := os.Getenv("LIFECYCLE_TEST_FILE")
			lifecycle.OnShutdown(ctx, func() error { return os.WriteFile(file, []byte("second"), 0o600) })
			lifecycle.OnShutdown(ctx, func() error {
				fmt.Println("a hook")
				fmt.Fprintln(os.Stderr, "a hook")
				return os.WriteFile(file, []byte("first"), 0o600)
			})
			for ctx.Err() == nil {
				fmt.Println("running")
				time.Sleep(100 * time.Microsecond) // a line at every moment at which the pipe may break
			}
			return nil
		}))
	},
	// It prints twice to a pipe that is broken, the second time a little later.
	"prints before it stops": func() int {
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // the reader has gone
			began := time.Now()
			_, _ = os.Stdout.WriteString("once\n")
			time.Sleep(20 * time.Millisecond)
			if time.Since(began) > 50*time.Millisecond {
				os.Exit(exitLate)
			}
			_, _ = os.Stdout.WriteString("twice\n")
			lifecycle.Stop(ctx, nil)
			return nil
		}))
	},
	// Its observers keep Run for a moment when everything else is done.
	"takes its time to return": func() int {
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			fmt.Println("running")
			<-ctx.Done()
			return nil
		}, lifecycle.WithObserver(func(s fsm.Step) {
			if s.To == fsm.Stopped {
				time.Sleep(20 * time.Millisecond) // Run is on its way out, and waits for this
				fmt.Println("stopped")
				time.Sleep(50 * time.Millisecond)
				fmt.Println("returning")
			}
		})))
	},
	"leaves signals alone": func() int {
		own := make(chan os.Signal, 1)
		signal.Notify(own, syscall.SIGTERM)
		return exitCode(lifecycle.Run(func(ctx context.Context) error {
			fmt.Println("running")
			<-own
			fmt.Println("own handler", ctx.Err())
			return nil
		}, lifecycle.WithSignals()))
	},
}

// signalLog is a log handler that prints a line for each ignored signal. One that is
// still on its way when Run returns has its default effect (SIG-3).
type signalLog struct{ slog.Handler }

func (signalLog) Enabled(context.Context, slog.Level) bool { return true }

func (signalLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "signal ignored") {
		fmt.Println("a further signal")
	}
	return nil
}

func init() {
	if os.Getenv("LIFECYCLE_TEST_CHILD") != "" {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
}

func exitCode(err error) int {
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// child is this test binary as another process.
type child struct {
	*testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func start(t *testing.T, what string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	// Built with -race, a process sleeps for a second before it exits, unless told otherwise.
	cmd.Env = append(os.Environ(), "LIFECYCLE_TEST_CHILD="+what, "GORACE=atexit_sleep_ms=0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &child{T: t, cmd: cmd, in: in, lines: bufio.NewScanner(out)}
}

func (c *child) expectLine(want string) {
	c.Helper()
	if !c.lines.Scan() || c.lines.Text() != want {
		c.Fatalf("line %q, want %q", c.lines.Text(), want)
	}
}

func (c *child) signal(sig syscall.Signal) {
	c.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.Fatal(err)
	}
}

// expectExit waits for the end and compares how it came: "exit status 1".
func (c *child) expectExit(want string) {
	c.Helper()
	err := c.cmd.Wait()
	if got := strings.TrimSpace(fmt.Sprint(err)); got != want {
		c.Fatalf("the process ended with %s, want %s", got, want)
	}
}

func TestRealSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run("SIG-1: "+sig.String()+" requests a stop", func(t *testing.T) {
			c := start(t, "waits for a stop")
			c.expectLine("running")
			c.signal(sig)
			c.expectLine("lifecycle: stopped by signal: " + sig.String())
			c.expectExit("<nil>")
		})
	}
	t.Run("SIG-1: from main's first line", func(t *testing.T) {
		start(t, "is signalled at main's first line").expectExit("<nil>")
	})
	t.Run("SIG-1: a further SIGTERM does not kill the process", func(t *testing.T) {
		c := start(t, "drains until released")
		c.expectLine("running")
		c.signal(syscall.SIGTERM)
		c.expectLine("draining")
		for range 3 {
			c.signal(syscall.SIGTERM)
			c.expectLine("a further signal")
		}
		_, _ = io.WriteString(c.in, "go on\n")
		c.expectLine("hook")
		c.expectExit("<nil>")
	})
	t.Run("SIG-1: nor does one while observers still see the end", func(t *testing.T) {
		c := start(t, "takes its time to return")
		c.expectLine("running")
		c.signal(syscall.SIGTERM)
		c.expectLine("stopped")
		for range 10 {
			c.signal(syscall.SIGTERM)
		}
		c.expectLine("returning")
		c.expectExit("<nil>")
	})
	t.Run("RUN-9: one signal stops all that are running", func(t *testing.T) {
		c := start(t, "runs two at once")
		c.expectLine("running")
		c.signal(syscall.SIGTERM)
		c.expectExit("<nil>")
	})
	t.Run("SIG-3: after Run a signal has its default effect", func(t *testing.T) {
		c := start(t, "goes on after Run")
		c.expectLine("running")
		c.signal(syscall.SIGTERM)
		c.expectExit("signal: terminated")
	})
	t.Run("no signals are left alone", func(t *testing.T) {
		c := start(t, "leaves signals alone")
		c.expectLine("running")
		c.signal(syscall.SIGTERM)
		c.expectLine("own handler <nil>")
		c.expectExit("<nil>")
	})
}

// SIG-1: what WithSignals is given takes the place of the default.
func TestWithSignalsReplacesTheDefault(t *testing.T) {
	terminated := make(chan os.Signal, 1) // which would end this process
	signal.Notify(terminated, syscall.SIGTERM)
	defer signal.Stop(terminated)
	send := func(sig syscall.Signal) {
		if err := syscall.Kill(os.Getpid(), sig); err != nil {
			t.Error(err)
		}
	}
	var cause error
	err := lifecycle.Run(func(ctx context.Context) error {
		send(syscall.SIGTERM)
		<-terminated // it was delivered to the run as well, had that asked for it
		send(syscall.SIGHUP)
		<-ctx.Done()
		cause = context.Cause(ctx)
		return nil
	}, lifecycle.WithSignals(syscall.SIGHUP), lifecycle.WithLogger(slog.New(slog.DiscardHandler)))
	var stopped *lifecycle.SignalError
	if err != nil || !errors.As(cause, &stopped) || stopped.Signal != syscall.SIGHUP {
		t.Errorf("Run returned %v, and the cause is %v, want SIGHUP", err, cause)
	}
}
