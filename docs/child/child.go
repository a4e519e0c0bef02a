// Package child runs a program as a child process of a test: built once,
// watched line by line, and gone when the test is over.
package child

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience is how long anything is waited for. It bounds a test that hangs; no
// test that passes comes near it.
const patience = 60 * time.Second

// Process is a child process. Its output is read as it comes, so that it never
// blocks on it.
type Process struct {
	Stdout, Stderr *Lines

	t      testing.TB
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts the program at path. The environment gets env on top. If the
// process is still there when the test ends, it is killed; if the test has
// failed, what it wrote is in the test's log.
func Start(t testing.TB, path string, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{Stdout: newLines(), Stderr: newLines(), t: t, cmd: exec.Command(path, args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.Stdout, p.Stderr
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
		p.Stdout.end()
		p.Stderr.end()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // an error if it is gone, as it should be
		<-p.exited
		if t.Failed() {
			t.Logf("%s %s\n%v\n--- stdout\n%s\n--- stderr\n%s", path, strings.Join(args, " "),
				p.cmd.ProcessState, p.Stdout, p.Stderr)
		}
	})
	return p
}

// Signal sends sig, and fails the test if the process is gone.
func (p *Process) Signal(sig os.Signal) {
	p.t.Helper()
	if err := p.Send(sig); err != nil {
		p.t.Fatalf("%v: %v", sig, err)
	}
}

// Send sends sig to a process that may be gone, which is an error.
func (p *Process) Send(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// ExitCode waits for the process to end; -1 is one that a signal has killed.
func (p *Process) ExitCode() int {
	p.t.Helper()
	return p.Wait().ExitCode()
}

// Wait waits for the process to end, and returns how it did.
func (p *Process) Wait() *os.ProcessState {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("the process is still there after %v", patience)
	}
	return p.cmd.ProcessState
}

// AwaitLog waits for a line on stderr that contains text, and returns it.
func (p *Process) AwaitLog(text string) string {
	p.t.Helper()
	line, ok := p.Stderr.Await(text, patience)
	if !ok {
		p.t.Fatalf("there is no line with %q on stderr", text)
	}
	return line
}
