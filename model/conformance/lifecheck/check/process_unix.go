//go:build unix

package check

import (
	"os/exec"
	"syscall"
)

const signalsExist = true

// ownGroup has a process, and what it starts, be a group: a Ctrl-C in the
// terminal is for lifecheck alone.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends what is left of the group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// signal sends a signal to the process alone, as an orchestrator does.
func (p *process) signal(name string) error {
	sig := map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT}[name]
	return p.cmd.Process.Signal(sig)
}

// ending is the exit code as a shell shows it, and the signal that ended the
// process, if one did.
func (p *process) ending() (code int, bySignal string) {
	status, ok := p.state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return p.state.ExitCode(), ""
	}
	sig := status.Signal()
	names := map[syscall.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT", syscall.SIGKILL: "SIGKILL"}
	name, ok := names[sig]
	if !ok {
		name = sig.String()
	}
	return 128 + int(sig), name
}

type child struct {
	pid  int
	name string
}

func (c child) kill() { _ = syscall.Kill(c.pid, syscall.SIGKILL) }
