package child

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLinesAreWholeHoweverTheyAreWritten(t *testing.T) {
	l := newLines()
	for _, part := range []string{"a", "b\nc", "", "\n\nd"} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", part, n, err)
		}
	}
	if got, want := l.All(), []string{"ab", "c", ""}; !slices.Equal(got, want) {
		t.Errorf("before the end: %q, want %q", got, want)
	}
	l.end()
	if got, want := l.All(), []string{"ab", "c", "", "d"}; !slices.Equal(got, want) {
		t.Errorf("after the end: %q, want %q", got, want)
	}
}

func TestAwaitSeesALineThatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		go func() {
			time.Sleep(time.Second)
			_, _ = l.Write([]byte("not yet\n"))
			time.Sleep(time.Second)
			_, _ = l.Write([]byte("now it is here\n"))
		}()
		if line, ok := l.Await("it is", time.Minute); line != "now it is here" || !ok {
			t.Errorf("await = %q, %v", line, ok)
		}
	})
}

func TestAwaitGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, l := time.Now(), newLines()
		if line, ok := l.Await("x", time.Minute); ok || time.Since(began) != time.Minute {
			t.Errorf("await = %q, %v after %v, want nothing after a minute", line, ok, time.Since(began))
		}
		l.end()
		if _, ok := l.Await("x", time.Minute); ok || time.Since(began) != time.Minute {
			t.Errorf("await waits for more when there is no more to come")
		}
	})
}

func TestAttrIsTheValueOfAKey(t *testing.T) {
	line := `time=now level=INFO msg=listening addr=127.0.0.1:80 admin=127.0.0.1:81`
	for key, want := range map[string]string{"addr": "127.0.0.1:80", "admin": "127.0.0.1:81", "level": "INFO", "dr": ""} {
		if got := Attr(line, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
