package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// childVariable holds a childConfig in the environment of a child process.
const childVariable = "LIFECYCLE_CONFORMANCE_CHILD"

// childConfig is what a child process is to do. The child finds the
// implementation by running the test of that name again.
type childConfig struct {
	Test    string
	Results string // the file to write records to
	Scene   string // play this and nothing else
	Only    string // examine this clause; empty: all
	Traces  bool   // only play scenarios, the exhaustive set among them
	Random  int
	Every   int
	Step    time.Duration
	Limit   time.Duration

	// What the children before this one have done.
	From int      // so many scenarios were played
	Done []string // these direct checks were run
	Dead []string // these clauses ended a process: what could do so again is left out
}

// childOf returns what this process is to do as the child of the test of that
// name, if it is one.
func childOf(test string) (cfg childConfig, ok bool) {
	err := json.Unmarshal([]byte(os.Getenv(childVariable)), &cfg)
	return cfg, err == nil && cfg.Test == test
}

// isChild says whether this process is the child of any test.
func isChild() bool { return os.Getenv(childVariable) != "" }

// record is one line of the results.
type record struct {
	Failed *Difference `json:",omitempty"`
	Done   string      `json:",omitempty"` // a direct check that was run
	End    bool        `json:",omitempty"` // everything was done
}

// progress is what a child is doing.
type progress struct {
	Scenario int    `json:",omitempty"`
	Check    string `json:",omitempty"`
	// Blame is the clause at fault if the process does not survive it.
	Blame string
}

// end is how a child process ended.
type end struct {
	records []record
	now     progress
	clean   bool // it wrote that everything was done
	how     string
	output  string // its last lines
}

// start runs a child to its end.
func (cfg childConfig) start() (e end, err error) {
	results, err := os.CreateTemp("", "conformance-*.jsonl")
	if err != nil {
		return e, err
	}
	defer func() {
		_ = results.Close()
		_ = os.Remove(results.Name())
		_ = os.Remove(nowFile(results.Name()))
	}()
	cfg.Results = results.Name()
	cmd, output, stop, err := cfg.command()
	if err != nil {
		return e, err
	}
	defer stop()
	err = cmd.Run()
	e.how = "exit status 0"
	if err != nil {
		e.how = err.Error()
	}
	e.output = output.String()
	if now, err := os.ReadFile(nowFile(cfg.Results)); err == nil {
		_ = json.Unmarshal(bytes.TrimRight(now, " "), &e.now)
	}
	lines := bufio.NewScanner(results)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r record
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			if r.Failed != nil && strings.Contains(r.Failed.Text, raceObjects) {
				r.Failed.Text += "\n" + e.output
			}
			e.records = append(e.records, r)
			e.clean = e.clean || r.End
		}
	}
	return e, lines.Err()
}

func nowFile(results string) string { return results + ".now" }

// command makes the child: this binary again, with nothing but the test that
// finds the implementation.
func (cfg childConfig) command() (*exec.Cmd, *tail, func(), error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	env, err := json.Marshal(cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.Limit)
	cmd := exec.CommandContext(ctx, exe,
		"-test.run="+exactly(cfg.Test), "-test.count=1", "-test.timeout="+(cfg.Limit+time.Minute).String(),
		"-rapid.nofailfile", "-rapid.checks="+strconv.Itoa(max(cfg.Random, leastPremises)))
	// Under the race detector a process lingers for a second at its end, unless
	// told otherwise, and there are hundreds of them.
	cmd.Env = append(os.Environ(), childVariable+"="+string(env), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	cmd.WaitDelay = time.Second
	output := &tail{}
	cmd.Stdout, cmd.Stderr = output, output
	return cmd, output, func() { cancel() }, nil
}

// exactly is the pattern that matches one test and its ancestors only.
func exactly(test string) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// hearInterrupts undoes, for the children, that this process ignores SIGINT:
// what is ignored stays so in a new program, what is handled does not.
func hearInterrupts() (stop func()) {
	if !signal.Ignored(os.Interrupt) {
		return func() {}
	}
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, os.Interrupt)
	return func() { signal.Stop(heard) }
}

// scene starts a process that plays a scene, and returns the signal that
// ended it, nil if none did.
func (cfg childConfig) scene(name string) (os.Signal, error) {
	cfg.Scene = name
	cfg.Limit = 2 * soon
	cmd, output, stop, err := cfg.command()
	if err != nil {
		return nil, err
	}
	defer stop()
	defer hearInterrupts()()
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if died := diedOf(cmd); died != nil {
		return died, nil
	}
	return nil, fmt.Errorf("%v: %s", cmd.ProcessState, output)
}
