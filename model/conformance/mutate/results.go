package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Verdict is what became of a mutant.
type Verdict string

// Every verdict. A mutant is unreached when nothing that is asked comes to its
// code: it survives, and need not be asked about.
const (
	Killed    Verdict = "killed"
	ByTime    Verdict = "killed by time"
	Survived  Verdict = "survived"
	Unreached Verdict = "unreached"
)

// Result is one line of the results file.
type Result struct {
	Mutant
	Verdict Verdict `json:"verdict"`
	By      string  `json:"by,omitempty"` // the clause or test that failed first; of a survivor: once
	Pass    string  `json:"pass,omitempty"`
	Seconds float64 `json:"seconds"`

	output string // of the last pass
}

// results is a file of results, to which each is written as it comes.
type results struct {
	mu   sync.Mutex
	file *os.File
	all  map[string]Result // by key
}

// head is the first line of a results file. What has another head is about other
// code, or asked otherwise.
type head struct {
	Code string `json:"code"` // a sum of it
	Own  bool   `json:"own"`
}

// readResults reads a results file. That there is none, or one about other code,
// is an error.
func readResults(name string, h head) (*results, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := &results{all: map[string]Result{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	var was head
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &was) != nil || was != h {
		return nil, fmt.Errorf("%s is about other code or other tests: it begins %q, not %+v", name, lines.Text(), h)
	}
	for lines.Scan() {
		var result Result
		if json.Unmarshal(lines.Bytes(), &result) == nil { // the last may be half a line
			r.all[result.Key()] = result
		}
	}
	return r, lines.Err()
}

// openResults begins a results file, or, with resume, goes on with the one that
// is there.
func openResults(name string, h head, resume bool) (*results, error) {
	r := &results{all: map[string]Result{}}
	if resume {
		old, err := readResults(name, h)
		switch {
		case err == nil:
			r = old
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	var err error
	if r.file, err = os.Create(name); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(r.file).Encode(h); err != nil {
		return nil, err
	}
	for _, result := range r.all {
		if err := r.write(result); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *results) write(result Result) error { return json.NewEncoder(r.file).Encode(result) }

// add keeps a result.
func (r *results) add(result Result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[result.Key()] = result
	return r.write(result)
}

// of returns what is known of a mutant.
func (r *results) of(m *Mutant) (Result, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	result, known := r.all[m.Key()]
	return result, known
}
