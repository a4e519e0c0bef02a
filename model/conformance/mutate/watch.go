package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
)

// childWatch looks at the files that the suite's child processes write their
// results to, so that the first failure is known before they come to their end.
type childWatch struct {
	dir  string
	step time.Duration // see pass

	first string    // the file of the first child
	moved time.Time // when it was last seen to have begun something
}

// look says whether something has failed.
func (w *childWatch) look() (found bool, o outcome) {
	files, _ := filepath.Glob(filepath.Join(w.dir, "conformance-*", process.ResultsFile))
	for _, file := range files {
		// A child that plays a life in real time does not say what it is at. What
		// fails in it may be the machine's fault, which the suite finds out.
		now, err := os.Stat(process.NowFile(file))
		if err != nil || now.Size() == 0 {
			continue
		}
		if clause := failed(file); clause != "" {
			return true, outcome{killed: true, by: clause}
		}
		if w.first == "" {
			w.first = file
		}
		if file == w.first {
			w.moved = now.ModTime()
		} else if w.step > 0 { // the first has died
			return true, outcome{killed: true, time: time.Since(w.moved) > w.step*9/10, by: "the process ended"}
		}
	}
	return false, o
}

// failed is the first clause that a file of results says has failed.
func failed(file string) (clause string) {
	text, _ := os.ReadFile(file)
	for line := range bytes.Lines(text) {
		var r process.Record
		if json.Unmarshal(line, &r) == nil && r.Failed != nil {
			return r.Failed.Clause
		}
	}
	return ""
}
