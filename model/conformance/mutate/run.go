package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/mutate/mutant"
)

// pass is one way to ask for a verdict: a test binary, started once.
type pass struct {
	name   string
	binary string
	dir    string // that it runs in
	args   []string
	env    []string
	limit  time.Duration
	// step is not 0 when the process has one child, and a further one only when
	// that has died. It is how long the child may be at one thing.
	step time.Duration
	// patient passes wait for the process's own end.
	patient bool
}

// outcome is how a pass ended.
type outcome struct {
	killed bool
	time   bool // by time
	by     string
	output string // its end
	took   time.Duration
}

// run asks about one mutant; 0: none is on. It ends at the first thing that
// fails.
func (p pass) run(ctx context.Context, work string, id int, more ...string) (o outcome, err error) {
	tmp, err := os.MkdirTemp(work, "run-")
	if err != nil {
		return o, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	cmd := exec.Command(p.binary, p.args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, fmt.Sprintf("%s=%d", mutant.Variable, id))
	cmd.Env = append(append(cmd.Env, p.env...), more...)
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	out := &output{failed: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return o, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	o, running := p.watch(ctx, tmp, out, ended)
	killGroup(cmd)
	if running {
		<-ended
	}
	o.took = time.Since(began)
	o.output = out.String()
	return o, ctx.Err()
}

// watch waits until something fails, or the process ends.
func (p pass) watch(ctx context.Context, tmp string, out *output, ended <-chan error) (o outcome, running bool) {
	limit := time.NewTimer(p.limit)
	defer limit.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	children := childWatch{dir: tmp, step: p.step}
	failed, ticks := out.failed, look.C
	if p.patient {
		failed, ticks = nil, nil
	}
	for {
		select {
		case err := <-ended:
			o.killed = err != nil
			select {
			case o.by = <-out.failed:
			default:
				if o.killed {
					o.by = err.Error()
				}
			}
			return o, false
		case o.by = <-failed:
			o.killed = true
			return o, true
		case <-limit.C:
			return outcome{killed: true, time: true, by: "no end after " + p.limit.String()}, true
		case <-ticks:
			if found, o := children.look(); found {
				return o, true
			}
		case <-ctx.Done():
			return o, true
		}
	}
}

// output keeps the end of what a test binary prints, and finds the first test
// that fails.
type output struct {
	failed chan string

	mu   sync.Mutex
	text []byte
	line []byte
}

const keptOutput = 1 << 14

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	if len(o.text) > 2*keptOutput {
		o.text = append([]byte(nil), o.text[len(o.text)-keptOutput:]...)
	}
	o.line = append(o.line, b...)
	for {
		n, line, err := bufio.ScanLines(o.line, false)
		if n == 0 || err != nil {
			return len(b), nil
		}
		o.see(string(line))
		o.line = o.line[n:]
	}
}

// see looks for the line that says that a test has failed. With -test.v=test2json
// it is printed as soon as that is so.
func (o *output) see(line string) {
	if rest, ok := strings.CutPrefix(strings.TrimLeft(line, "\x16 "), "--- FAIL: "); ok {
		name, _, _ := strings.Cut(rest, " ")
		select {
		case o.failed <- name:
		default:
		}
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}
