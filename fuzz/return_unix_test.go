//go:build unix

package fuzz

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var returnLives = flag.Int("return-lives", 50, "how many processes TestASignalAroundTheReturnOfRun stops; 1000 take a minute")

// A SIGTERM that comes before Run has returned ends nothing (SIG-1), and one
// that comes after it finds that the hooks have run and that the log is whole.
func TestASignalAroundTheReturnOfRun(t *testing.T) {
	early, late := 0, 0
	for range *returnLives {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), processVariable+"=returns", "GORACE=atexit_sleep_ms=0")
		var out syncBuffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); !strings.Contains(out.String(), "to=running") && time.Now().Before(deadline); {
			time.Sleep(100 * time.Microsecond)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(rand.N(12 * time.Millisecond))
		_ = cmd.Process.Signal(syscall.SIGTERM)
		err := cmd.Wait()
		switch {
		case err == nil:
			early++
		case err.Error() == "signal: terminated":
			late++
		default:
			t.Errorf("the process ended with %v", err)
		}
		if got := out.String(); !strings.Contains(got, "\nhook\n") || !strings.Contains(got, "to=stopped") {
			t.Fatalf("the process ended with %v, and had printed:\n%s", err, got)
		}
	}
	t.Logf("%d signals came before Run had returned, or after the process had ended; %d between", early, late)
}

// syncBuffer is a bytes.Buffer that is written and read at once.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
