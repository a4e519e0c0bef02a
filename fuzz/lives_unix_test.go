//go:build unix

package fuzz

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

var stormLives = flag.Int("storm-lives", 100, "how many lives of matchspec TestSignalsAtAnyInstantLoseNothing ends; 10000 take ten minutes")

// plan is what happens to one life: signals, each so long after the one before,
// the first after exec or after the service has begun to listen.
type plan struct {
	listening bool
	sigs      []os.Signal
	gaps      []time.Duration
}

// newPlan returns signals alone, in bursts and in showers, that begin anywhere
// from exec to a while after the service has begun to serve.
func newPlan() (p plan) {
	p.listening = rand.IntN(2) == 0
	n := []int{1, 1, 1, 2, 7, 64}[rand.IntN(6)]
	within := []time.Duration{1, 1, time.Millisecond, 10 * time.Millisecond}[rand.IntN(4)]
	first := []time.Duration{15 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond}[rand.IntN(3)]
	for i := range n {
		p.sigs = append(p.sigs, []os.Signal{syscall.SIGTERM, syscall.SIGINT}[rand.IntN(2)])
		p.gaps = append(p.gaps, rand.N(within))
		if i == 0 {
			p.gaps[0] = rand.N(first)
		}
	}
	return p
}

// life is what became of one life.
type life struct {
	end                string
	accepted           []string
	answered, unserved int // requests with another answer, and with none
}

// A life ends clean, with every record that was accepted in the store once,
// wherever the signals come; or, before Run is entered and after it has
// returned, by the signal, with nothing lost either (SIG-1, SIG-3).
//
//	go test ./fuzz -run SignalsAtAnyInstant -storm-lives 10000 -timeout 1h -v
func TestSignalsAtAnyInstantLoseNothing(t *testing.T) {
	t.Parallel()
	lives := make(chan int)
	var mu sync.Mutex
	ends, accepted, answered, unserved := map[string]int{}, 0, 0, 0
	var players sync.WaitGroup
	for range 4 {
		players.Go(func() {
			for i := range lives {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					l := newPlan().play(t)
					mu.Lock()
					defer mu.Unlock()
					ends[l.end]++
					accepted += len(l.accepted)
					answered += l.answered
					unserved += l.unserved
				})
			}
		})
	}
	for i := range *stormLives {
		lives <- i
	}
	close(lives)
	players.Wait()
	t.Logf("ends: %v", ends)
	t.Logf("%d records were accepted; %d requests were answered otherwise, %d were not", accepted, answered, unserved)
}

// play lives one life.
func (p plan) play(t *testing.T) (l life) {
	m := start{}.run(t)
	var writers sync.WaitGroup
	var mu sync.Mutex
	writers.Go(func() {
		if !m.listens() {
			return
		}
		for i := range 2 {
			client := keepingClient(t)
			writers.Go(func() {
				accepted, code, err := m.postUntilRefused(client, fmt.Sprint("w", i), "x", time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				l.accepted = append(l.accepted, accepted...)
				switch {
				case code == http.StatusAccepted:
					t.Errorf("an answer was cut: %v", err)
				case code != 0:
					l.answered++
				default:
					l.unserved++
				}
			})
		}
	})
	if p.listening {
		m.Stderr.Await("msg=listening", patience)
	}
	for i, sig := range p.sigs {
		time.Sleep(p.gaps[i])
		if m.Send(sig) != nil {
			break // it is gone
		}
	}
	l.end = m.end(t)
	writers.Wait()
	m.wantStored(t, l.accepted)
	if t.Failed() {
		t.Logf("%+v", p)
	}
	return l
}

// end waits for the process to end, and classes how it did.
func (m *matchspec) end(t *testing.T) string {
	state := m.Wait()
	entered, left := m.Stderr.Find("to=running") >= 0, m.Stderr.Find("to=stopped") >= 0
	switch killed := state.Sys().(syscall.WaitStatus).Signaled(); {
	case killed && !entered:
		return "killed before Run"
	case killed && left:
		m.wantHooksOnce(t)
		return "killed after Run"
	case state.ExitCode() == 0:
		m.wantHooksOnce(t)
		return "clean"
	case m.Stderr.Find("forced by") >= 0:
		return "forced"
	}
	t.Errorf("the process ended with %v", state)
	return state.String()
}
