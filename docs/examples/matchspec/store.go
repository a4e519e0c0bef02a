package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// record is what a client posts and, with Matched, what the store keeps.
type record struct {
	ID      string `json:"id"`
	Spec    string `json:"spec"`
	Input   string `json:"input"`
	Matched bool   `json:"matched"`
}

// store is a file of records, one JSON object on each line. Appending fills a
// buffer; only Flush makes it safe. Its methods may be called concurrently.
type store struct {
	mu       sync.Mutex
	file     *os.File
	buf      *bufio.Writer
	appended int
}

var errStoreClosed = errors.New("store: closed")

// openStore opens the file at path for appending, and makes it and its
// directory if they are not there.
func openStore(path string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := mend(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("store: mending %s: %w", path, err)
	}
	return &store{file: file, buf: bufio.NewWriter(file)}, nil
}

// mend cuts off the half of a line that a crash may have left at the end, and
// leaves the file there for appending.
func mend(file *os.File) error {
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	whole := int64(bytes.LastIndexByte(data, '\n') + 1)
	if err := file.Truncate(whole); err != nil {
		return err
	}
	_, err = file.Seek(whole, io.SeekStart)
	return err
}

// Append adds a record to the buffer. After an error the store takes no more.
func (s *store) Append(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return errStoreClosed
	}
	if _, err := s.buf.Write(append(line, '\n')); err != nil {
		return err
	}
	s.appended++
	return nil
}

// Flush writes the buffer out and has the system put it on the disk.
func (s *store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return errStoreClosed
	}
	if err := s.buf.Flush(); err != nil {
		return err
	}
	return s.file.Sync()
}

// Close closes the file. What was not flushed is lost, and that is an error.
func (s *store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return errStoreClosed
	}
	err := s.file.Close()
	s.file = nil
	if n := s.buf.Buffered(); n > 0 {
		err = errors.Join(err, fmt.Errorf("store: closed with %d bytes that were never flushed", n))
	}
	return err
}

// Appended returns how many records were appended since the store was opened.
func (s *store) Appended() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appended
}

// readStore returns the records in the file at path, in the order in which
// they were appended.
func readStore(path string) ([]record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var records []record
	for dec := json.NewDecoder(file); ; {
		var r record
		switch err := dec.Decode(&r); {
		case err == io.EOF:
			return records, nil
		case err != nil:
			return records, fmt.Errorf("store: %s: after %d records: %w", path, len(records), err)
		}
		records = append(records, r)
	}
}
