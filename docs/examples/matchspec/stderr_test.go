package main

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheLogIsWrittenInOrderBeforeItCloses(t *testing.T) {
	var out bytes.Buffer
	log := newAsyncWriter(&out, 3)
	line := []byte("a\n")
	_, _ = log.Write(line)
	line[0] = 'x' // as slog does, which reuses it
	_, _ = log.Write([]byte("b\n"))
	log.Close(time.Minute)
	if got := out.String(); got != "a\nb\n" {
		t.Errorf("it has written %q", got)
	}
}

func TestAReaderThatHangsDelaysNoLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		log := newAsyncWriter(writer, 2)
		began := time.Now()
		for range 100 {
			if n, err := log.Write([]byte("line\n")); n != 5 || err != nil {
				t.Fatalf("Write = %d, %v", n, err)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("100 lines took %v", took)
		}
		log.Close(time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("Close waited %v, want a second", took)
		}
		_ = reader.Close() // the writer comes back, for the test to end
		log.Close(time.Second)
	})
}
