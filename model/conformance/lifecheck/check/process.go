package check

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// markName is the environment variable that a service and what it starts are
// found by.
const markName = "LIFECHECK_MARK"

// process is the service while it runs.
type process struct {
	cmd    *exec.Cmd
	mark   string
	out    *tail
	stdin  io.Closer
	reads  *os.File // the end of the pipe that its output is read from
	copied chan struct{}
	seen   descendants

	exited chan struct{} // closed when it has ended; the two below are set by then
	endAt  time.Time
	state  *os.ProcessState
}

// startProcess starts the command in a group of its own. Its output is read as
// it comes, so that it never waits for a full pipe; its input never comes.
func startProcess(o Options) (*process, error) {
	if !signalsExist {
		return nil, errors.New("lifecheck: this system has no SIGTERM")
	}
	p := &process{mark: markName + "=" + rand.Text(), out: &tail{}, copied: make(chan struct{}), exited: make(chan struct{})}
	reads, writes, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	input, keep, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, reads.Close(), writes.Close())
	}
	p.reads, p.stdin = reads, keep
	p.out.want, _ = o.readyText()
	p.cmd = exec.Command(o.Command[0], o.Command[1:]...)
	p.cmd.Dir = o.Dir
	p.cmd.Env = append(append(os.Environ(), o.Env...), p.mark)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = input, writes, writes
	ownGroup(p.cmd)
	err = p.cmd.Start()
	input.Close()
	writes.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lifecheck: %w", err), reads.Close(), keep.Close())
	}
	go func() {
		defer close(p.copied)
		_, _ = io.Copy(p.out, reads) // ends when nothing has the other end any more
	}()
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
		p.endAt, p.state = time.Now(), p.cmd.ProcessState
	}()
	return p, nil
}

func (p *process) over() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// clear ends the process and everything that it has started.
func (p *process) clear() {
	for range 20 {
		killGroup(p.cmd)
		for _, child := range p.children() {
			child.kill()
		}
		<-p.exited
		if len(p.children()) == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond) // until what was killed is gone
	}
	p.stdin.Close()
	select {
	case <-p.copied:
	case <-time.After(time.Second): // something that could not be found holds it
	}
	p.reads.Close()
	<-p.copied
}

// tail keeps the last of what is written to it, and looks for a text in it.
type tail struct {
	mu    sync.Mutex
	text  []byte
	want  string
	found bool
}

const tailSize = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.found = t.found || t.want != "" && bytes.Contains(t.text, []byte(t.want))
	if extra := len(t.text) - tailSize; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(b), nil
}

// has reports whether the text was there.
func (t *tail) has() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.found
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
