//go:build !unix

package check

import (
	"errors"
	"os/exec"
)

const signalsExist = false

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func (p *process) signal(string) error { return errors.ErrUnsupported }

func (p *process) ending() (code int, bySignal string) { return p.state.ExitCode(), "" }

type child struct {
	pid  int
	name string
}

func (child) kill() {}

func (p *process) children() []child { return nil }

type descendants struct{}

func (descendants) look(int) {}
