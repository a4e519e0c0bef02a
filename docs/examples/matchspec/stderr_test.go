package main

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestALineIsOutWhenWriteReturns(t *testing.T) {
	var out bytes.Buffer
	log := newPatientWriter(&out, time.Minute)
	for _, line := range []string{"a\n", "b\n"} {
		if n, err := log.Write([]byte(line)); n != 2 || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if got := out.String(); got != "a\nb\n" {
		t.Errorf("it has written %q", got)
	}
}

func TestAReaderThatHangsDelaysTheLogOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		log := newPatientWriter(writer, time.Second)
		began, line := time.Now(), []byte("1\n")
		for ; line[0] <= '9'; line[0]++ { // the same bytes, as slog does it
			_, _ = log.Write(line)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("nine lines took %v, want a second", took)
		}
		read := make([]byte, 10)
		n, _ := reader.Read(read)
		synctest.Wait()
		go func() { _, _ = log.Write([]byte("later\n")) }()
		m, _ := reader.Read(read[n:])
		if got := string(read[:n+m]); got != "1\nlater\n" {
			t.Errorf("a reader that comes back has read %q", got)
		}
	})
}
