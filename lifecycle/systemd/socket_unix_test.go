//go:build unix

package systemd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

// manager is the other end of NOTIFY_SOCKET.
type manager struct {
	*testing.T
	conn *net.UnixConn
	path string
	last string // the message read last
}

// listen makes a socket as systemd does. Its path has to be short, which one
// of t.TempDir need not be.
func listen(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "sd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return listenAt(t, filepath.Join(dir, "notify"))
}

func listenAt(t *testing.T, path string) *manager {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &manager{T: t, conn: conn, path: path}
}

// expect reads as many messages as there are patterns, and compares each as a
// whole.
func (m *manager) expect(patterns ...string) {
	m.Helper()
	for _, pattern := range patterns {
		buf := make([]byte, 4096)
		_ = m.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := m.conn.Read(buf)
		if err != nil {
			m.Fatalf("no message, want %s: %v", pattern, err)
		}
		m.last = string(buf[:n])
		if !regexp.MustCompile(`^` + pattern + `$`).Match(buf[:n]) {
			m.Errorf("message:\n%s\nwant:\n%s", buf[:n], pattern)
		}
	}
}

// expectNothing looks whether a message has come.
func (m *manager) expectNothing() {
	m.Helper()
	buf := make([]byte, 4096)
	_ = m.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := m.conn.Read(buf); err == nil {
		m.Errorf("a message more: %s", buf[:n])
	}
}

func TestEveryTransitionIsSentOnce(t *testing.T) {
	m := listen(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	errBoom := errors.New("boom")
	err := systemd.Run(func(ctx context.Context) error {
		m.expectNothing() // start-up is not over
		lifecycle.MarkStarted(ctx)
		m.expect(`READY=1\nSTATUS=running \(started\)`)
		release := make(chan struct{})
		lifecycle.OnShutdownContext(ctx, func(context.Context) error { <-release; return errBoom }, lifecycle.HookName("database"))
		lifecycle.DrainGroup(ctx).Go(func() {
			<-ctx.Done()
			m.expect(`STOPPING=1\nSTATUS=draining \(stop_requested\): waits for main, 1 drain group; at most 1m0s\nEXTEND_TIMEOUT_USEC=6[45]\d{6}`)
			go func() {
				m.expect(`STATUS=hooks \(drained\): runs 1 hook, first database; at most 30s\nEXTEND_TIMEOUT_USEC=3[45]\d{6}`)
				close(release)
			}()
		})
		lifecycle.Stop(ctx, nil)
		<-lifecycle.WorkContext(ctx).Done()
		return ctx.Err()
	}, lifecycle.WithManualStart(), lifecycle.WithReturnGrace(0),
		lifecycle.WithDrainTimeout(time.Minute), lifecycle.WithShutdownTimeout(30*time.Second))
	if !errors.Is(err, errBoom) {
		t.Error(err)
	}
	m.expect(`STATUS=stopped \(hooks_finished\)`)
	m.expectNothing()
}

func TestStopBeforeRunningIsNeverReady(t *testing.T) {
	m := listen(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	if err := systemd.Run(func(context.Context) error { return nil }, lifecycle.WithManualStart()); err != nil {
		t.Error(err)
	}
	m.expect(`STOPPING=1\n(?s:.*)`, `STATUS=hooks (?s:.*)`, `STATUS=stopped (?s:.*)`)
	m.expectNothing()
}

func TestCallersOptionsAreNotModified(t *testing.T) {
	m := listen(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	opts := make([]lifecycle.Option, 1, 2)
	opts[0] = lifecycle.WithManualStart()
	_ = systemd.Run(func(context.Context) error { return nil }, opts...)
	if opts[:2][1] != nil {
		t.Error("an option was written behind those of the caller")
	}
}

func TestSendFailureIsOnlyLogged(t *testing.T) {
	var log strings.Builder
	was := slog.Default()
	defer slog.SetDefault(was)
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "nobody"))
	if err := systemd.Run(func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	for _, state := range []string{"running", "draining", "hooks", "stopped"} {
		if !strings.Contains(log.String(), "message not sent\" error=\"dial") || !strings.Contains(log.String(), "state="+state) {
			t.Errorf("the log has no warning for %s:\n%s", state, log.String())
		}
	}
}

func TestUnreadSocketDelaysNothing(t *testing.T) {
	m := listen(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	full, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	for { // until the queue of the socket is full
		_ = full.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := full.Write([]byte("x")); err != nil {
			break
		}
	}
	_ = full.Close()
	ended := make(chan error)
	go func() { ended <- systemd.Run(func(context.Context) error { return nil }) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("Run waits for the socket")
		<-ended
	}
}

func TestNilMainIsAnError(t *testing.T) {
	for _, socket := range []string{"", "/run/notify"} {
		t.Setenv("NOTIFY_SOCKET", socket)
		if err := systemd.Run(nil); err == nil || !strings.Contains(err.Error(), "main is nil") {
			t.Error(err)
		}
	}
}

func TestInvalidOptionIsReturnedImmediately(t *testing.T) {
	m := listen(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	err := systemd.Run(func(context.Context) error { t.Error("main is called"); return nil }, lifecycle.WithDrainTimeout(-1))
	if err == nil || !strings.Contains(err.Error(), "WithDrainTimeout") {
		t.Error(err)
	}
	m.expectNothing()
}

// The longest timeouts there are, on the wire.
func TestUnlimitedTimeouts(t *testing.T) {
	m := listen(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	const forever = `EXTEND_TIMEOUT_USEC=9223372036854775`
	err := systemd.Run(func(ctx context.Context) error {
		m.expect(`READY=1\nSTATUS=running \(started\)`)
		lifecycle.OnShutdown(ctx, func() error { m.expect(`STATUS=hooks \(drained\): runs 1 hook, first (?s:.*)\n` + forever); return nil })
		lifecycle.Stop(ctx, nil)
		if ctx.Err() != nil {
			t.Error("the drain delay is over")
		}
		m.expect(`STOPPING=1\nSTATUS=draining \(stop_requested\): waits for main\n` + forever)
		return nil
	}, lifecycle.WithDrainDelay(math.MaxInt64), lifecycle.WithDrainTimeout(math.MaxInt64), lifecycle.WithShutdownTimeout(math.MaxInt64))
	if err != nil {
		t.Error(err)
	}
	m.expect(`STATUS=stopped \(hooks_finished\)`)
}

func TestAbstractSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("abstract sockets are Linux's")
	}
	m := listenAt(t, fmt.Sprintf("@mist-go/systemd/%d", os.Getpid()))
	t.Setenv("NOTIFY_SOCKET", m.path)
	if err := systemd.Run(func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	m.expect(`READY=1(?s:.*)`, `STOPPING=1(?s:.*)`, `STATUS=hooks(?s:.*)`, `STATUS=stopped(?s:.*)`)
	m.expectNothing()
}

// The watchdog's messages are not sent either.
func TestUnsupportedSocketIsLoggedOnce(t *testing.T) {
	dir, err := os.MkdirTemp("", "sd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	stream, err := net.Listen("unix", filepath.Join(dir, "stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for name, socket := range map[string]string{
		"vsock":              "vsock:2:9999",
		"vsock-stream":       "vsock-stream:2:9999",
		"vsock-dgram":        "vsock-dgram:2:9999",
		"vsock-seqpacket":    "vsock-seqpacket:2:9999",
		"of another family":  "tcp:127.0.0.1:9999",
		"a relative path":    "notify",
		"a stream":           stream.Addr().String(),
		"a path too long":    "/" + strings.Repeat("x", 200),
		"abstract, too long": "@" + strings.Repeat("x", 200),
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			was := slog.Default()
			defer slog.SetDefault(was)
			slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
			t.Setenv("NOTIFY_SOCKET", socket)
			t.Setenv("WATCHDOG_USEC", "2000")
			if err := systemd.Run(func(context.Context) error { return nil }); err != nil {
				t.Error(err)
			}
			text := log.String()
			if strings.Count(text, "level=") != 1 || strings.Count(text, "is not supported") != 1 || !strings.Contains(text, socket) {
				t.Errorf("log:\n%s", text)
			}
		})
	}
}
