// Package process starts child processes, which are the test binary again, and
// reads what they write down. It sends signals, and says what ended a process.
package process

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// childVariable holds a Config in the environment of a child process.
const childVariable = "LIFECYCLE_CONFORMANCE_CHILD"

// Config is what a child process is to do. The child finds the
// implementation by running the test of that name again.
type Config struct {
	Test    string
	Results string // the file to write records to, a ResultsFile
	Random  int
	Every   int
	Step    time.Duration
	Limit   time.Duration

	// What it does instead of examining all clauses, if anything.
	Preflight bool            // call each field once
	Scene     string          // play this
	Life      *model.Scenario // play this in real time
	LifeStep  time.Duration   // what happens in it is so far apart, or at one instant
	// LifeSurvives has no signal end the process, whether it is handled or not.
	LifeSurvives bool
	Only         string // examine this clause
	Traces       bool   // only play scenarios, the exhaustive set among them

	Without  []subject.Need // leave these optional fields out
	Lifeline bool           // end when the standard input does: the parent is gone

	// What the children before this one have done.
	From int      // so many scenarios were played
	Lost int      // the one of them that the last child did not survive, if any; it is shown
	Done []string // these direct checks were run
	Dead []string // what would end the process as the failure of these clauses is left out
}

// ConfigOf returns what this process is to do as the child of the test of that
// name, if it is one.
func ConfigOf(test string) (cfg Config, ok bool) {
	err := json.Unmarshal([]byte(os.Getenv(childVariable)), &cfg)
	return cfg, err == nil && cfg.Test == test
}

// IsChild says whether this process is the child of any test.
func IsChild() bool { return os.Getenv(childVariable) != "" }

// RaceObjects stands for what the race detector has written, which the process
// itself does not know.
const RaceObjects = "the race detector objects"

// LeastPremises is in how many scenarios the premise of a clause must hold,
// lest it be true for want of anything to say.
const LeastPremises = 20

// Panic is an optional field of an implementation that panicked in the preflight.
type Panic struct {
	Field subject.Need
	Name  string // as a user finds it
	Text  string // how, with the stack
}

// Record is one line of the results.
type Record struct {
	Failed    *subject.Difference `json:",omitempty"`
	Undecided *subject.Difference `json:",omitempty"` // a direct check could not decide
	Example   *Example            `json:",omitempty"` // one that was played, or left out
	Done      string              `json:",omitempty"` // a direct check that was run
	Late      time.Duration       `json:",omitempty"` // the process was, in a life in real time
	Returned  bool                `json:",omitempty"` // Run has, in a life
	Hangs     bool                `json:",omitempty"` // Run has not returned in a life, and no machine is so late
	Stuck     string              `json:",omitempty"` // the process ends itself, for that
	Lost      string              `json:",omitempty"` // the scenario that the last child did not survive
	End       bool                `json:",omitempty"` // everything was done

	Calls    string         `json:",omitempty"` // the field that the preflight calls
	Unusable string         `json:",omitempty"` // why nothing can be examined
	Panicked *Panic         `json:",omitempty"`
	Offers   subject.Offers `json:",omitempty"` // what the implementation does in this process
}

// Example is an example of a clause. It says nothing of the clause where another one
// was broken first, or it would have ended the process as the failure of that one.
type Example struct {
	Of        string
	SpoiledBy string `json:",omitempty"`
}

// Progress is what a child is doing.
type Progress struct {
	Scenario int    `json:",omitempty"`
	Check    string `json:",omitempty"`
	// Blame is the clause at fault if the process does not survive it. Known says
	// that it is about something in the scenario, which would end others too.
	Blame string
	Known bool     `json:",omitempty"`
	Of    string   `json:",omitempty"` // the clause that the scenario is an example of
	Or    []string `json:",omitempty"` // other clauses that may be at fault
}

// End is how a child process ended.
type End struct {
	Records []Record
	Now     Progress
	Clean   bool // it wrote that everything was done
	Late    time.Duration
	How     string
	Output  string // its last lines
}

// Start runs a child to its end.
func (cfg Config) Start() (e End, err error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return e, err
	}
	cfg.Results = filepath.Join(dir, ResultsFile)
	defer cfg.remove()
	results, err := os.OpenFile(cfg.Results, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return e, err
	}
	defer results.Close()
	cmd, output, stop, err := cfg.withLifeline()
	if err != nil {
		return e, err
	}
	defer stop()
	err = cmd.Run()
	e.How = "exit status 0"
	if err != nil {
		e.How = err.Error()
	}
	e.Output = output.String()
	if now, err := os.ReadFile(NowFile(cfg.Results)); err == nil {
		_ = json.Unmarshal(bytes.TrimRight(now, " "), &e.Now)
	}
	lines := bufio.NewScanner(results)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r Record
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			if r.Failed != nil && strings.Contains(r.Failed.Text, RaceObjects) {
				r.Failed.Text += "\n" + e.Output
			}
			e.Records = append(e.Records, r)
			e.Clean, e.Late = e.Clean || r.End, max(e.Late, r.Late)
		}
	}
	return e, lines.Err()
}

// ResultsFile is the name of the file that a child writes records to. It is in a
// directory of the child's own, in which all its temporary files are.
const ResultsFile = "results.jsonl"

// NowFile is the file of what a child is doing, beside its results.
func NowFile(results string) string { return results + ".now" }

// command makes the child: this binary again, with nothing but the test that
// finds the implementation.
func (cfg Config) command() (*exec.Cmd, *tail, func(), error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	env, err := json.Marshal(cfg)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.Limit)
	cmd := exec.CommandContext(ctx, exe, append(flagsOfUser(),
		"-test.run="+exactly(cfg.Test), "-test.count=1", "-test.timeout="+(cfg.Limit+time.Minute).String(),
		"-rapid.nofailfile", "-rapid.seed="+seed(), "-rapid.checks="+strconv.Itoa(max(cfg.Random, LeastPremises)))...)
	// Under the race detector a process lingers for a second at its end, unless
	// told otherwise, and there are hundreds of them.
	cmd.Env = append(os.Environ(), childVariable+"="+string(env), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if cfg.Results != "" {
		for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // the last two on Windows
			cmd.Env = append(cmd.Env, name+"="+filepath.Dir(cfg.Results))
		}
	}
	cmd.WaitDelay = time.Second
	output := &tail{}
	cmd.Stdout, cmd.Stderr = output, output
	return cmd, output, func() { cancel() }, nil
}

// flagsOfUser are the flags that were given to this process and are neither go test's nor
// rapid's: the implementation may depend on them.
func flagsOfUser() (flags []string) {
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") && !strings.HasPrefix(f.Name, "rapid.") {
			flags = append(flags, "-"+f.Name+"="+f.Value.String())
		}
	})
	return flags
}

// seed is what random scenarios are drawn from: the same every time, so that the
// verdict is, unless the flag -rapid.seed asks for others.
func seed() string {
	if given := flag.Lookup("rapid.seed"); given != nil && given.Value.String() != "0" {
		return given.Value.String()
	}
	return "1"
}

// exactly is the pattern that matches one test and its ancestors only.
func exactly(test string) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// ignorable are the signals that are often ignored when a process is started: SIGINT in
// a command that a shell runs in the background, SIGHUP under nohup.
func ignorable() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGHUP} }

// ignoredAtStart are those that were when this process was. It is never changed.
var ignoredAtStart = slices.DeleteFunc(ignorable(), func(s os.Signal) bool { return !signal.Ignored(s) })

// HearSignals undoes, for the children, that this process ignores a signal: what is
// ignored stays so in a new program, what is handled does not. It may be called
// concurrently: while another call is in effect, no signal is ignored.
func HearSignals() (stop func()) {
	heard := make(chan os.Signal, 1)
	for _, s := range ignorable() {
		if slices.Contains(ignoredAtStart, s) || signal.Ignored(s) {
			signal.Notify(heard, s)
		}
	}
	return func() { signal.Stop(heard) }
}

// StartSignals has the runtime start its signal goroutine, which it does at the first
// Notify. In a bubble of virtual time that would be a goroutine of the bubble's.
func StartSignals() {
	started := make(chan os.Signal, 1)
	signal.Notify(started, harmless)
	signal.Stop(started)
}
