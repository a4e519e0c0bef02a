//go:build unix

package fuzz

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
)

// stored returns the ids of the records in the store, and whether its last line
// is torn. Any other line that is not a record fails the test.
func (m *matchspec) stored(t *testing.T) (ids []string, torn bool) {
	t.Helper()
	data, err := os.ReadFile(m.data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	lines := bytes.Split(data, []byte("\n"))
	last := len(lines) - 1
	for i, line := range lines[:last] {
		var r struct{ ID string }
		if err := json.Unmarshal(line, &r); err != nil || r.ID == "" {
			t.Errorf("line %d of the store is no record: %q", i+1, line)
		}
		ids = append(ids, r.ID)
	}
	return ids, len(lines[last]) > 0
}

// flushed returns how many of its records the process has noted as flushed.
func (m *matchspec) flushed(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile(m.last)
	if err == nil {
		n, err = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return n
}

// wantStored expects a whole store that has each of the accepted records once,
// and none twice.
func (m *matchspec) wantStored(t *testing.T, accepted []string) {
	t.Helper()
	ids, torn := m.stored(t)
	if torn {
		t.Error("the last line of the store is torn")
	}
	kept := map[string]bool{}
	for _, id := range ids {
		if kept[id] {
			t.Errorf("%s is stored twice", id)
		}
		kept[id] = true
	}
	for _, id := range accepted {
		if !kept[id] {
			t.Errorf("%s was accepted and is not stored", id)
		}
	}
}

// wantHooksOnce expects both hooks to have run, once each and in order.
func (m *matchspec) wantHooksOnce(t *testing.T) {
	t.Helper()
	var ran []string
	for _, line := range m.Stderr.All() {
		if _, hook, ok := strings.Cut(line, `msg="hook: `); ok {
			ran = append(ran, strings.Trim(strings.Fields(hook)[1], `"`))
		}
	}
	if got, want := strings.Join(ran, ", "), "flushed, closed"; got != want {
		t.Errorf("the hooks that ran are %q, want %q", got, want)
	}
}
