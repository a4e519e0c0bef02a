package process

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// A child and its files do not outlive a parent that is killed: the child's standard
// input is a pipe that the parent holds open and never writes to. When it ends, the
// child removes the files and ends. (Pdeathsig of Linux would end it with the thread
// that started it, which may be earlier, and would leave the files.)

// withLifeline is command, for a child whose standard input nothing else is sent to.
func (cfg Config) withLifeline() (*exec.Cmd, *tail, func(), error) {
	cfg.Lifeline = true
	cmd, output, stop, err := cfg.command()
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := cmd.StdinPipe(); err != nil {
		stop()
		return nil, nil, nil, err
	}
	return cmd, output, stop, nil
}

// EndWithParent has a child end when its parent is gone.
func (cfg Config) EndWithParent() {
	if !cfg.Lifeline {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cfg.remove()
		os.Exit(3)
	}()
}

// remove removes the directory of a child, if it has one.
func (cfg Config) remove() {
	if cfg.Results != "" {
		_ = os.RemoveAll(filepath.Dir(cfg.Results))
	}
}
