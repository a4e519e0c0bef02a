//go:build unix

package fuzz

import (
	"flag"
	"math/rand/v2"
	"slices"
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
		p := startSelf(t, "returns")
		p.Stdout.Await("to=running", time.Minute)
		_ = p.Send(syscall.SIGTERM)
		time.Sleep(rand.N(12 * time.Millisecond))
		_ = p.Send(syscall.SIGTERM)
		switch state := p.Wait().String(); state {
		case "exit status 0":
			early++
		case "signal: terminated":
			late++
		default:
			t.Errorf("the process ended with %v", state)
		}
		if !slices.Contains(p.Stdout.All(), "hook") || p.Stdout.Find("to=stopped") < 0 {
			t.Fatal("the hook has not run, or the log is not whole")
		}
	}
	t.Logf("%d signals came before Run had returned, or after the process had ended; %d between", early, late)
}
