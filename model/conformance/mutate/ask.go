package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/mutate/asked"
	"github.com/greynewell/mist-go/model/conformance/mutate/mutant"
)

// jury is what is asked about the mutants of some packages: the suite about one
// implementation, or a package's own tests.
type jury struct {
	name   string // of the test, or of the package
	passes []pass // each is asked what survives the one before
	// reached lists, for each mutant that the last pass comes to, the clauses
	// whose processes do. With own tests there are no clauses.
	reached map[int][]string
	own     bool
}

// suiteJury asks the suite, in three passes: one that plays few scenarios, all in
// one process, with the checks of the families that the mutant's file is about,
// which finds most; the same with all checks; and the whole suite.
func suiteJury(test, binary, dir string) *jury {
	args := []string{"-test.run=^" + test + "$", "-test.v=test2json", "-test.count=1", "-test.timeout=30m"}
	return &jury{name: test, passes: []pass{
		{name: familyPass, binary: binary, dir: dir, args: slices.Clip(args), env: []string{asked.Quick + "=1"}, step: asked.QuickStep},
		{name: "quick", binary: binary, dir: dir, args: slices.Clip(args), env: []string{asked.Quick + "=1"}, step: asked.QuickStep},
		{name: "full", binary: binary, dir: dir, args: append(args, "-test.parallel=4")}, // its processes wait half of their time
	}}
}

// familyPass is the name of the pass that is about some families of clauses.
const familyPass = "family"

// families are those that the mutant's file is about.
func families(m *Mutant) string {
	name := path.Base(m.File)
	switch {
	case m.Package == "health" || name == "health.go":
		return "HEALTH"
	case strings.HasPrefix(name, "http_") || name == "serve_func.go":
		return "HTTP"
	}
	return "STATE RUN DRAIN HOOK SIG LOG"
}

// ownJury asks the tests of a package, without the suite, if they run that.
func ownJury(pkg, binary, dir string) *jury {
	args := []string{"-test.failfast", "-test.skip=^TestConformance$", "-test.v=test2json", "-test.count=1", "-test.timeout=30m"}
	return &jury{name: pkg, own: true, passes: []pass{{name: "own", binary: binary, dir: dir, args: args}}}
}

// baselines is how often each pass must succeed with no mutant on.
const baselines = 3

// prepare asks with no mutant on, sees how long that takes, and which mutants the
// last pass comes to.
func (j *jury) prepare(ctx context.Context, work string, slack time.Duration, logf func(string, ...any)) error {
	traces, err := os.MkdirTemp(work, "trace-")
	if err != nil {
		return err
	}
	for i := range j.passes {
		p := &j.passes[i]
		if p.name == familyPass {
			continue
		}
		var env []string
		if i == len(j.passes)-1 {
			env = []string{mutant.Trace + "=" + traces}
		}
		took, err := p.baseline(ctx, work, env)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", j.name, p.name, err)
		}
		p.limit = 5*took + slack                       // the machine may become busier
		if i > 0 && j.passes[i-1].name == familyPass { // which is a part of this one
			j.passes[i-1].limit = p.limit
		}
		logf("%s, %s: succeeds with no mutant on, %d times, in %v at most", j.name, p.name, baselines, took.Round(10*time.Millisecond))
	}
	j.reached, err = readTraces(traces)
	return err
}

// baseline asks with no mutant on, some times side by side. Nothing must be
// found. env is for the first of them.
func (p pass) baseline(ctx context.Context, work string, env []string) (longest time.Duration, err error) {
	p.limit = 20 * time.Minute
	var outcomes [baselines]outcome
	var errs [baselines]error
	var wg sync.WaitGroup
	for n := range baselines {
		wg.Go(func() {
			var more []string
			if n == 0 {
				more = env
			}
			outcomes[n], errs[n] = p.run(ctx, work, 0, more...)
		})
	}
	wg.Wait()
	for i, o := range outcomes {
		if errs[i] != nil {
			return 0, errs[i]
		}
		if o.killed {
			return 0, fmt.Errorf("fails with no mutant on, by %s:\n%s", o.by, o.output)
		}
		longest = max(longest, o.took)
	}
	return longest, nil
}

// childTest finds the clause that a process of the suite examines.
var childTest = regexp.MustCompile(`-test\.run=\S*/\^([A-Z0-9]+)(?:\\)?(-[0-9]+)\$`)

func readTraces(dir string) (map[int][]string, error) {
	reached := map[int][]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.trace"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		args, ids, _ := strings.Cut(string(text), "\n")
		clause := ""
		if m := childTest.FindStringSubmatch(args); m != nil {
			clause = m[1] + m[2]
		}
		for _, line := range strings.Fields(ids) {
			id, err := strconv.Atoi(line)
			if err == nil && !slices.Contains(reached[id], clause) {
				reached[id] = append(reached[id], clause)
			}
		}
	}
	return reached, nil
}

// ask returns the verdict on a mutant.
func (j *jury) ask(ctx context.Context, work string, m *Mutant) (Result, error) {
	result := Result{Mutant: *m, Verdict: Unreached}
	clauses, reached := j.reached[m.ID]
	if !reached {
		return result, nil
	}
	for i, p := range j.passes {
		switch {
		case p.name == familyPass:
			p.env = append(slices.Clip(p.env), asked.Families+"="+families(m))
		case i == len(j.passes)-1:
			p = p.about(j.name, clauses)
		}
		killed, err := p.ask(ctx, work, &result)
		if err != nil || killed {
			return result, err
		}
	}
	return result, nil
}

// ask asks about a mutant in one pass. What fails must fail again: a busy machine
// makes what is timed by real clocks fail with no reason now and then.
func (p pass) ask(ctx context.Context, work string, result *Result) (killed bool, err error) {
	result.Pass, result.Verdict = p.name, Survived
	for range 2 {
		o, err := p.run(ctx, work, result.ID)
		if err != nil {
			return false, err
		}
		result.Seconds += o.took.Seconds()
		result.output = o.output
		if !o.killed {
			result.Verdict = Survived
			return false, nil
		}
		result.By = o.by
		if result.Verdict = Killed; o.time {
			result.Verdict = ByTime
		}
		if o.took >= p.limit {
			break
		}
	}
	return true, nil
}

// about is the pass for the clauses whose processes come to a mutant alone.
func (p pass) about(test string, clauses []string) pass {
	clauses = slices.DeleteFunc(slices.Clone(clauses), func(c string) bool { return c == "" })
	if len(clauses) > 0 {
		p.args = append([]string{"-test.run=^" + test + "$/^(" + strings.Join(clauses, "|") + ")$"}, p.args[1:]...)
	}
	return p
}

// askAll asks about mutants, so many at a time, and keeps the results.
func askAll(ctx context.Context, work string, mutants []*Mutant, parallel int, jurors map[string]*jury, keep func(*Mutant, Result) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *Mutant)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for m := range next {
				result, err := jurors[m.Package].ask(ctx, work, m)
				if err == nil {
					err = keep(m, result)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, m := range mutants {
		select {
		case next <- m:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}
