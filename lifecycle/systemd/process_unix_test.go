//go:build unix

package systemd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

func init() { child = service }

// service is what this test binary is as a child: a service with a task that
// ends when its standard input does.
func service() int {
	err := systemd.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("hook"); return nil })
		lifecycle.Go(ctx, func(context.Context) error {
			_, _ = io.Copy(io.Discard, os.Stdin)
			return nil
		})
		lifecycle.MarkStarted(ctx) // and READY=1 means that the task has begun
		<-ctx.Done()
		return ctx.Err()
	}, lifecycle.WithManualStart(), lifecycle.WithReturnGrace(time.Second))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func TestAProcessThatIsStoppedBySIGTERM(t *testing.T) {
	m := listen(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1", "NOTIFY_SOCKET="+m.path, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	m.expect(`READY=1\nSTATUS=running \(started\)`)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.expect(`STOPPING=1\nSTATUS=draining \(stop_requested\): waits for (main, )?1 task; at most 15s\nEXTEND_TIMEOUT_USEC=(19\d{6}|20000000)`)
	_ = in.Close()
	m.expect(`STATUS=hooks \(drained\)(?s:.*)`, `STATUS=stopped \(hooks_finished\)`)
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "hook" || lines.Scan() {
		t.Errorf("output %q", lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	m.expectNothing()
}
