//go:build unix

package lifecycle_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// printer is a process that prints and a pipe from it, which it has printed to.
func printer(t *testing.T) (cmd *exec.Cmd, reader *os.File, hooks string) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	hooks = filepath.Join(t.TempDir(), "hooks")
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LIFECYCLE_TEST_CHILD=prints as it stops", "LIFECYCLE_TEST_FILE="+hooks, "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	for lines := bufio.NewScanner(reader); lines.Scan() && lines.Text() != "running"; {
	}
	return cmd, reader, hooks
}

// SIG-4: with `service 2>&1 | cat`, Ctrl-C ends cat as well, and what the
// service then writes is a broken pipe.
func TestBrokenPipeDuringStopIsIgnored(t *testing.T) {
	for name, stop := range map[string]func(service *os.Process, reader *os.File) error{
		"the reader goes before SIGTERM": func(service *os.Process, reader *os.File) error {
			_ = reader.Close()
			return service.Signal(syscall.SIGTERM)
		},
		"the reader goes with the same SIGINT": func(service *os.Process, reader *os.File) error {
			err := service.Signal(syscall.SIGINT)
			_ = reader.Close()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				cmd, reader, hooks := printer(t)
				if err := stop(cmd.Process, reader); err != nil {
					t.Fatal(err)
				}
				if err := cmd.Wait(); err != nil {
					t.Errorf("the process ended with %v", err)
				}
				if ran, err := os.ReadFile(hooks); string(ran) != "second" {
					t.Fatalf("the last hook to run was %q, %v", ran, err)
				}
			}
		})
	}
}

// SIG-4 says: from the stop on. `command | head -1` ends as ever.
func TestBrokenPipeWithoutStopKillsTheProcess(t *testing.T) {
	cmd, reader, _ := printer(t)
	_ = reader.Close()
	if err := cmd.Wait(); err == nil || err.Error() != "signal: broken pipe" {
		t.Errorf("the process ended with %v", err)
	}
}

// exitLate is the exit code of a child that was too late to show anything.
const exitLate = 3

// SIG-4: the reader may be gone a moment before this process's own signal is handled.
func TestBrokenPipeJustBeforeTheStopIsIgnored(t *testing.T) {
	got := ""
	for range 5 {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "LIFECYCLE_TEST_CHILD=prints before it stops", "GORACE=atexit_sleep_ms=0")
		cmd.Stdin, cmd.Stdout = strings.NewReader("go on\n"), writer
		_ = reader.Close()
		err = cmd.Run()
		_ = writer.Close()
		if err == nil {
			return
		}
		if cmd.ProcessState.ExitCode() != exitLate {
			got += err.Error() + "\n"
		}
	}
	if got == "" {
		t.Log("the machine is too busy to show anything")
		return
	}
	t.Errorf("the process ended with\n%s", got)
}
