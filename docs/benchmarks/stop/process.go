package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// settle is how long a child is left alone once it is ready, so that it does
// nothing any more when the signal comes. One that is not listening for the
// signal by then would die of it, which is an error here.
const settle = 20 * time.Millisecond

// children are the built programs, all in one directory and in the same way.
type children struct{ dir string }

// build builds every child. dir is the one of this command.
func build(dir string) (children, error) {
	into, err := os.MkdirTemp("", "stop-")
	if err != nil {
		return children{}, err
	}
	if info, err := os.Stat(filepath.Join(dir, "children")); err != nil || !info.IsDir() {
		dir = filepath.Join(dir, "stop") // run from the root of the module
	}
	cmd := exec.Command("go", "build", "-o", into+string(filepath.Separator), "./children/...")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		_ = os.RemoveAll(into)
		return children{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return children{into}, nil
}

// copies returns copies of the children, in another directory. Where a file
// lies in the kernel's memory makes a difference of some 15 % to a program
// that reads its pages for the first time, as one that stops does, and it stays
// there for as long as the file is used.
func (c children) copies() (children, error) {
	into, err := os.MkdirTemp("", "stop-")
	if err != nil {
		return children{}, err
	}
	files, err := os.ReadDir(c.dir)
	for i := 0; err == nil && i < len(files); i++ {
		var program []byte
		if program, err = os.ReadFile(filepath.Join(c.dir, files[i].Name())); err == nil {
			err = os.WriteFile(filepath.Join(into, files[i].Name()), program, 0o700)
		}
	}
	if err != nil {
		_ = os.RemoveAll(into)
		return children{}, err
	}
	return children{into}, nil
}

// process is one child that serves.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// start returns once the child is ready.
func (c children) start(s subject) (*process, error) {
	cmd := exec.Command(filepath.Join(c.dir, s.child))
	cmd.Env = append(os.Environ(), s.env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ready {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("it said %q, not that it is ready: %v", line, err)
	}
	time.Sleep(settle)
	return &process{cmd, addr}, nil
}

// terminate signals the child and returns when that was.
func (p *process) terminate() (time.Time, error) {
	began := time.Now()
	return began, p.cmd.Process.Signal(syscall.SIGTERM)
}

// exited waits for the end and returns when that was. An exit code that is not
// zero is an error.
func (p *process) exited() (time.Time, error) {
	err := p.cmd.Wait()
	return time.Now(), err
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// stopIdle measures a child that nobody has asked anything.
func stopIdle(built children, s subject) (took time.Duration, err error) {
	p, err := built.start(s)
	if err != nil {
		return 0, err
	}
	began, err := p.terminate()
	if err != nil {
		p.kill()
		return 0, err
	}
	ended, err := p.exited()
	return ended.Sub(began), err
}
