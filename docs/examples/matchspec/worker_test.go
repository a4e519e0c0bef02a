package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWorkerFinishesWhatIsQueuedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path := newStore(t)
		q := newQueue(100)
		var ids []string
		for i := range 100 {
			ids = append(ids, fmt.Sprint("m-", i))
			must(t, q.Put(record{ID: ids[i]}))
		}
		q.Close() // before the worker has looked at a single one
		w := &worker{queue: q, store: s, evaluate: 100 * time.Millisecond, flushEvery: time.Second, checkpoints: t.TempDir()}
		must(t, w.run())
		must(t, s.Flush())
		wantIDs(t, path, ids...)
	})
}

func TestAWorkerEvaluates(t *testing.T) {
	for _, test := range []struct {
		name, spec, input string
		want              bool
	}{
		{"a pattern that covers the input matches", "err*", "error: disk full", true},
		{"one that covers part of it does not", "err", "error: disk full", false},
		{"an empty one matches an empty input", "", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, path := newStore(t)
			q := newQueue(1)
			must(t, q.Put(record{ID: "m", Spec: test.spec, Input: test.input}))
			q.Close()
			must(t, (&worker{queue: q, store: s, flushEvery: time.Second}).run())
			must(t, s.Flush())
			records, err := readStore(path)
			must(t, err)
			if len(records) != 1 || records[0].Matched != test.want {
				t.Errorf("%+v, want matched %v", records, test.want)
			}
		})
	}
}

func TestAWorkerFlushesAndNotesHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, path := newStore(t)
		q, dir := newQueue(1), t.TempDir()
		w := &worker{queue: q, store: s, flushEvery: time.Second, checkpoints: dir}
		ended := make(chan error, 1)
		go func() { ended <- w.run() }()
		must(t, q.Put(record{ID: "a"}))
		synctest.Wait()
		wantIDs(t, path)
		time.Sleep(w.flushEvery)
		synctest.Wait()
		wantIDs(t, path, "a")
		if last, err := os.ReadFile(filepath.Join(dir, "last")); string(last) != "1\n" {
			t.Errorf("the checkpoint is %q, %v, want 1", last, err)
		}
		q.Close()
		must(t, <-ended)
	})
}

func TestAWorkerEndsWithTheStore(t *testing.T) {
	s, _ := newStore(t)
	must(t, s.Close())
	q := newQueue(2)
	must(t, q.Put(record{ID: "m-1"}))
	must(t, q.Put(record{ID: "m-2"}))
	err := (&worker{queue: q, store: s, flushEvery: time.Second}).run()
	if !errors.Is(err, errStoreClosed) || !strings.Contains(err.Error(), "m-1") {
		t.Errorf("run() = %v, want %v, and which record it was", err, errStoreClosed)
	}
	if want := "the last 2 records that were accepted may be lost"; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("run() = %v, want that it says: %s", err, want)
	}
	if err := q.Put(record{ID: "m-3"}); err != errStopped {
		t.Errorf("Put behind a worker that has failed = %v, want %v", err, errStopped)
	}
}

func TestAQueueSaysAtOnceWhyItTakesNoMore(t *testing.T) {
	q := newQueue(1)
	must(t, q.Put(record{}))
	if err := q.Put(record{}); err != errFull {
		t.Errorf("Put into a full queue = %v, want %v", err, errFull)
	}
	q.Close()
	q.Close()
	if err := q.Put(record{}); err != errStopped {
		t.Errorf("Put into a closed queue = %v, want %v", err, errStopped)
	}
	if q.Len() != 1 || q.Accepted() != 1 {
		t.Errorf("Len() = %d, Accepted() = %d, want 1 and 1", q.Len(), q.Accepted())
	}
}

// Whoever was told that a record is accepted is right, however close the end.
func TestPuttingBesideCloseLosesNothing(t *testing.T) {
	for range 100 {
		q := newQueue(64)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 8 {
					_ = q.Put(record{})
				}
			})
		}
		wg.Go(q.Close)
		wg.Wait()
		taken := int64(0)
		for range q.records {
			taken++
		}
		if taken != q.Accepted() {
			t.Fatalf("%d were accepted, %d came out", q.Accepted(), taken)
		}
	}
}

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	must(t, writable(dir)())
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("the check leaves %v, %v behind", left, err)
	}
	if err := writable(filepath.Join(dir, "nowhere"))(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of a directory that is not there: %v", err)
	}
}
