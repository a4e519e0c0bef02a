//go:build unix

package systemd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
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
		systemd.OnReload(ctx, func(context.Context) error { fmt.Println("reload"); return nil })
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

// process is this test binary as a child, and what it is notified of.
type process struct {
	*manager
	cmd *exec.Cmd
	in  io.Closer // its task ends with it
	out *bufio.Scanner
}

func start(t *testing.T, env ...string) *process {
	t.Helper()
	p := &process{manager: listen(t), cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), childVariable+"=1", "NOTIFY_SOCKET="+p.path, "GORACE=atexit_sleep_ms=0"), env...)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

func (p *process) signal(sig os.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.Fatal(err)
	}
}

// end reads what is left of the output and waits for the process.
func (p *process) end(lines ...string) {
	p.Helper()
	var got []string
	for p.out.Scan() {
		got = append(got, p.out.Text())
	}
	if !slices.Equal(got, lines) {
		p.Errorf("output %q, want %q", got, lines)
	}
	if err := p.cmd.Wait(); err != nil {
		p.Error(err)
	}
	p.expectNothing()
}

const (
	running  = `READY=1\nSTATUS=running \(started\)`
	draining = `STOPPING=1\nSTATUS=draining \(stop_requested\): waits for (main, )?1 task; at most 15s\nEXTEND_TIMEOUT_USEC=(19\d{6}|20000000)`
	hooks    = `STATUS=hooks \(drained\)(?s:.*)`
	stopped  = `STATUS=stopped \(hooks_finished\)`
)

func TestProcessStoppedBySIGTERM(t *testing.T) {
	p := start(t)
	p.expect(running)
	p.signal(syscall.SIGTERM)
	p.expect(draining)
	_ = p.in.Close()
	p.expect(hooks, stopped)
	p.end("hook")
}

func TestProcessReloadedBySIGHUP(t *testing.T) {
	p := start(t)
	p.expect(running)
	for range 3 {
		sent := monotonicUsec(t)
		p.signal(syscall.SIGHUP)
		p.expect(`RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reloading`)
		_, text, _ := strings.Cut(p.last, "MONOTONIC_USEC=")
		text, _, _ = strings.Cut(text, "\n")
		if at, err := strconv.ParseInt(text, 10, 64); err != nil || at < sent {
			t.Errorf("the reload began at %s, before its signal at %d: systemd would not take it for the answer", text, sent)
		}
		p.expect(`READY=1\nSTATUS=running \(reloaded\)`)
		if !p.out.Scan() || p.out.Text() != "reload" {
			t.Errorf("output %q, want reload", p.out.Text())
		}
	}
	p.signal(syscall.SIGTERM)
	p.expect(draining)
	p.signal(syscall.SIGHUP) // is ignored, and does not end the process
	_ = p.in.Close()
	p.expect(hooks, stopped)
	p.end("hook")
}

func TestProcessWithWatchdog(t *testing.T) {
	p := start(t, "WATCHDOG_USEC=40000", "WATCHDOG_PID=") // of any process
	seen := map[string]int{}
	for seen["WATCHDOG=1"] < 20 || seen["READY=1"] == 0 {
		p.expect(`(WATCHDOG=1|READY=1)(?s:.*)`)
		line, _, _ := strings.Cut(p.last, "\n")
		seen[line]++
	}
	p.signal(syscall.SIGTERM)
	for seen["STOPPING=1"] == 0 || seen["WATCHDOG=1"] < 40 { // through Draining as well
		p.expect(`(WATCHDOG=1|STOPPING=1)(?s:.*)`)
		line, _, _ := strings.Cut(p.last, "\n")
		seen[line]++
	}
	_ = p.in.Close()
	for !strings.HasPrefix(p.last, "STATUS=stopped") {
		p.expect(`(WATCHDOG=1|STATUS=)(?s:.*)`)
	}
	p.end("hook")
}

func TestProcessWithWatchdogOfAnother(t *testing.T) {
	p := start(t, "WATCHDOG_USEC=1000", "WATCHDOG_PID=1")
	p.expect(running)
	p.signal(syscall.SIGTERM)
	p.expect(draining)
	_ = p.in.Close()
	p.expect(hooks, stopped)
	p.end("hook")
}
