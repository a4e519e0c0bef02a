package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// newStore opens a store in a directory that is not there yet.
func newStore(t *testing.T) (s *store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "data", "records.jsonl")
	s, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantIDs expects the records with these ids in the file, in this order.
func wantIDs(t *testing.T, path string, want ...string) {
	t.Helper()
	records, err := readStore(path)
	must(t, err)
	var got []string
	for _, r := range records {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the file has %q, want %q", got, want)
	}
}

func TestARecordIsInTheFileOnceFlushed(t *testing.T) {
	s, path := newStore(t)
	must(t, s.Append(record{ID: "a"}))
	wantIDs(t, path) // the buffer has it
	must(t, s.Flush())
	wantIDs(t, path, "a")
	must(t, s.Append(record{ID: "b"}))
	must(t, s.Flush())
	must(t, s.Close())
	wantIDs(t, path, "a", "b")
	if got := s.Appended(); got != 2 {
		t.Errorf("Appended() = %d, want 2", got)
	}
}

func TestARecordIsReadAsItWasAppended(t *testing.T) {
	s, path := newStore(t)
	want := record{ID: "line\nbreak", Spec: `"*\`, Input: "é <&>", Matched: true}
	must(t, s.Append(want))
	must(t, s.Flush())
	got, err := readStore(path)
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("the file has %+v, %v, want %+v", got, err, want)
	}
}

func TestAStoreGoesOnWhereItWasClosed(t *testing.T) {
	s, path := newStore(t)
	must(t, s.Append(record{ID: "a"}))
	must(t, s.Flush())
	must(t, s.Close())
	s, err := openStore(path)
	must(t, err)
	must(t, s.Append(record{ID: "b"}))
	must(t, s.Flush())
	must(t, s.Close())
	wantIDs(t, path, "a", "b")
}

func TestHalfALineThatACrashLeftIsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.jsonl")
	must(t, os.WriteFile(path, []byte("{\"id\":\"a\"}\n{\"id\":\"b"), 0o644))
	s, err := openStore(path)
	must(t, err)
	must(t, s.Append(record{ID: "c"}))
	must(t, s.Flush())
	must(t, s.Close())
	wantIDs(t, path, "a", "c")
}

func TestClosingWithoutFlushingIsAnError(t *testing.T) {
	s, path := newStore(t)
	must(t, s.Append(record{ID: "a"}))
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "never flushed") {
		t.Errorf("Close() = %v, want an error that tells of the loss", err)
	}
	wantIDs(t, path)
}

func TestAClosedStoreTakesNothing(t *testing.T) {
	s, _ := newStore(t)
	must(t, s.Close())
	for name, err := range map[string]error{"Append": s.Append(record{}), "Flush": s.Flush(), "Close": s.Close()} {
		if !errors.Is(err, errStoreClosed) {
			t.Errorf("%s = %v, want %v", name, err, errStoreClosed)
		}
	}
}

func TestAppendingAtOnceLosesNothing(t *testing.T) {
	s, path := newStore(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				if err := s.Append(record{ID: fmt.Sprint(i, "-", j)}); err != nil {
					t.Error(err)
				}
				if j%10 == 0 {
					if err := s.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	must(t, s.Flush())
	records, err := readStore(path)
	must(t, err)
	kept := map[string]bool{}
	for _, r := range records {
		kept[r.ID] = true
	}
	if len(records) != 400 || len(kept) != 400 {
		t.Errorf("%d records, %d different ones, want 400", len(records), len(kept))
	}
}

func TestAStoreThatCannotBeOpenedIsAnError(t *testing.T) {
	dir := t.TempDir()
	if s, err := openStore(dir); err == nil {
		t.Errorf("openStore of a directory = %v, want an error", s)
	}
}

func TestReadingTellsWhereAFileIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.jsonl")
	must(t, os.WriteFile(path, []byte("{\"id\":\"a\"}\nnonsense\n"), 0o644))
	if _, err := readStore(path); err == nil || !strings.Contains(err.Error(), "after 1 records") {
		t.Errorf("readStore = %v, want an error that tells how far it came", err)
	}
}
