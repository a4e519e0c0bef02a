package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// childWatch looks at the files that the suite's child processes write their
// results to, so that the first failure is known before they come to their end.
// If there are no such files, the failure is known when they do.
type childWatch struct {
	dir  string
	step time.Duration // see pass

	first string    // the file of the first child
	moved time.Time // when it was last seen to have begun something
}

// look says whether something has failed.
func (w *childWatch) look() (found bool, o outcome) {
	files, _ := filepath.Glob(filepath.Join(w.dir, "conformance-*.jsonl"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range bytes.Lines(text) {
			var record struct {
				Failed *struct{ Clause, Text string }
			}
			if json.Unmarshal(line, &record) == nil && record.Failed != nil {
				return true, outcome{killed: true, by: record.Failed.Clause}
			}
		}
	}
	if w.step == 0 {
		return false, o
	}
	return w.died(files)
}

// died says whether the one child that there should be has died.
func (w *childWatch) died(files []string) (found bool, o outcome) {
	now, err := os.Stat(w.first + ".now")
	switch {
	case w.first == "" && len(files) == 1:
		w.first, w.moved = files[0], time.Now()
	case err == nil:
		w.moved = now.ModTime()
	case w.first != "" && len(files) > 0 && files[0] != w.first:
		return true, outcome{killed: true, time: time.Since(w.moved) > w.step*9/10, by: "the process ended"}
	}
	return false, o
}
