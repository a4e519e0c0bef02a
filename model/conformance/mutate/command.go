package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// target is a package that has mutants.
type target struct {
	name, pattern string
	test          string // of package asked, which judges them
}

// targets returns the packages that are asked about.
func targets() []target {
	return []target{
		{"fsm", "./fsm", "TestMist"},
		{"health", "./health", "TestMist"},
		{"lifecycle", "./lifecycle", "TestMist"},
		{"plain", "./model/conformance/internal/plain", "TestPlain"},
	}
}

func names(targets []target) (names []string) {
	for _, t := range targets {
		names = append(names, t.name)
	}
	return names
}

// code is the code that is changed, and its mutants.
type code struct {
	root    string
	sources map[string]*source
	found   []*Mutant
	bad     map[*Mutant]bool
	sum     string
}

// run does what the flags say.
func (c config) run(ctx context.Context, w io.Writer) error {
	all, err := c.read()
	if err != nil {
		return err
	}
	reasons, err := readEquivalent(c.equivalent)
	if err != nil {
		return err
	}
	if wrong := (&report{found: all.found, reasons: reasons}).mistaken(); len(wrong) > 0 {
		return errors.New("equivalent.txt is not right:\n" + strings.Join(wrong, "\n"))
	}
	asked, err := c.choose(all)
	if err != nil {
		return err
	}
	h := head{Code: all.sum, Own: c.own}
	var kept *results
	switch {
	case c.list:
		for _, m := range asked {
			fmt.Fprintf(w, "%d %s %s\n%s\n%s\n\n", m.ID, m.Place(), m.Op, m.Key(), indent(m.Diff()))
		}
		return nil
	case c.markdown:
		kept, err = readResults(c.results, h)
	default:
		kept, err = openResults(c.results, h, c.resume)
		if err == nil {
			err = c.ask(ctx, w, all, asked, kept)
		}
	}
	if err != nil {
		return err
	}
	r := &report{packages: strings.Split(c.packages, ","), found: all.found, bad: all.bad, asked: asked, results: map[*Mutant]Result{}, reasons: reasons}
	for _, m := range asked {
		if result, known := kept.of(m); known {
			r.results[m] = result
		}
	}
	if c.markdown {
		return writeDocument(filepath.Join(all.root, "docs", "conformance", "mutants.md"), r.markdown())
	}
	r.survivors(w)
	fmt.Fprintf(w, "%s\nleft out, by rule:\n%s", r.table(), r.rules())
	if wrong := r.mistaken(); len(wrong) > 0 && !c.own { // what the contract leaves free, own tests may ask for
		return errors.New("equivalent.txt is not right:\n" + strings.Join(wrong, "\n"))
	}
	return nil
}

func writeDocument(name, part string) error {
	document, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text, err := inDocument(string(document), part)
	if err != nil {
		return fmt.Errorf("%s: %v", name, err)
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// read finds all mutants, and which of them do not compile.
func (c config) read() (*code, error) {
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %v", err)
	}
	all := &code{root: strings.TrimSpace(string(output)), sources: map[string]*source{}, bad: map[*Mutant]bool{}}
	var patterns []string
	for _, t := range c.targets {
		patterns = append(patterns, t.pattern)
	}
	sources, err := load(all.root, patterns...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(sources, func(a, b *source) int { return strings.Compare(a.name, b.name) })
	sum := sha256.New()
	for _, s := range sources {
		all.sources[s.name] = s
		all.found = append(all.found, find(s)...)
		for _, f := range s.files {
			sum.Write(f.text)
		}
	}
	all.sum = fmt.Sprintf("%x", sum.Sum(nil)[:8])
	number(all.found)
	if err := outside(all.found, c.own); err != nil {
		return nil, err
	}
	for _, s := range sources {
		_, bad, err := fit(s, all.of(s.name))
		if err != nil {
			return nil, err
		}
		for _, m := range bad {
			all.bad[m] = true
		}
	}
	return all, nil
}

// of returns the mutants of a package that no rule leaves out.
func (a *code) of(pkg string) (some []*Mutant) {
	for _, m := range a.found {
		if m.Package == pkg && m.Rule == "" {
			some = append(some, m)
		}
	}
	return some
}

// choose returns the mutants that the flags ask for.
func (c config) choose(all *code) (asked []*Mutant, err error) {
	for _, pkg := range strings.Split(c.packages, ",") {
		asked = append(asked, all.of(pkg)...)
	}
	asked = slices.DeleteFunc(asked, func(m *Mutant) bool { return all.bad[m] })
	if c.only != "" {
		byID := map[string]*Mutant{}
		for _, m := range asked {
			byID[strconv.Itoa(m.ID)] = m
		}
		asked = nil
		for _, id := range strings.Split(c.only, ",") {
			if byID[id] == nil {
				return nil, fmt.Errorf("-only: there is no mutant %q to ask about: -list shows all", id)
			}
			asked = append(asked, byID[id])
		}
	}
	if c.sample > 0 {
		asked = sample(asked, c.sample, c.seed)
	}
	return asked, nil
}

// ask builds the code with the mutants, and asks about those that there is no
// result of.
func (c config) ask(ctx context.Context, w io.Writer, all *code, asked []*Mutant, kept *results) error {
	began := time.Now()
	w = &lockedWriter{w: w}
	logf := func(format string, args ...any) {
		fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	pending := slices.DeleteFunc(slices.Clone(asked), func(m *Mutant) bool {
		result, known := kept.of(m)
		return known && !(c.again && (result.Verdict == Survived || result.Verdict == Unreached))
	})
	if len(pending) == 0 {
		return nil
	}
	work := c.keep
	if work == "" {
		dir, err := os.MkdirTemp("", "mutate-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		work = dir
	}
	work, err := filepath.Abs(work)
	if err != nil {
		return err
	}
	jurors, err := c.jurors(ctx, work, all, pending, logf)
	if err != nil {
		return err
	}
	var done atomic.Int32
	return askAll(ctx, work, pending, c.parallel, jurors, func(m *Mutant, result Result) error {
		logf("%d of %d: %s %s: %s %s %s", done.Add(1), len(pending), m.Place(), m.Change(), result.Verdict, result.Pass, result.By)
		if c.only != "" {
			fmt.Fprintln(w, result.output)
		}
		return kept.add(result)
	})
}

// overlay rewrites the packages with mutants, and returns the files that replace
// others.
func (a *code) overlay(work string, mutants []*Mutant) (replace map[string]string, err error) {
	replace = map[string]string{}
	for name, s := range a.sources {
		mine := slices.DeleteFunc(slices.Clone(mutants), func(m *Mutant) bool { return m.Package != name })
		files, bad, err := fit(s, mine)
		if err != nil || len(bad) > 0 {
			return nil, fmt.Errorf("package %s: %d mutants do not compile by themselves: %v", name, len(bad), err)
		}
		if err := overlay(work, s, files, replace); err != nil {
			return nil, err
		}
	}
	return replace, nil
}

// jurors builds what is to be asked about each package, and prepares it.
func (c config) jurors(ctx context.Context, work string, all *code, pending []*Mutant, logf func(string, ...any)) (map[string]*jury, error) {
	replace, err := all.overlay(work, pending)
	if err != nil {
		return nil, err
	}
	jurors, byName := map[string]*jury{}, map[string]*jury{}
	for _, t := range c.targets {
		if !slices.ContainsFunc(pending, func(m *Mutant) bool { return m.Package == t.name }) {
			continue
		}
		name, pattern := t.test, "./model/conformance/mutate/asked"
		if c.own {
			name, pattern = t.name, t.pattern
		}
		if byName[name] == nil {
			binary, err := build(all.root, work, replace, pattern)
			if err != nil {
				return nil, err
			}
			logf("built %s", filepath.Base(binary))
			dir := filepath.Join(all.root, filepath.FromSlash(pattern))
			j := suiteJury(name, binary, dir)
			if c.own {
				j = ownJury(name, binary, dir)
			}
			if err := j.prepare(ctx, work, c.slack, logf); err != nil {
				return nil, err
			}
			for i := range j.passes {
				j.passes[i].patient = c.only != ""
			}
			byName[name] = j
		}
		jurors[t.name] = byName[name]
	}
	return jurors, nil
}

// lockedWriter is a writer that several goroutines may use.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes p in one piece.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
