package fuzz

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	connections = flag.Int("connections", 0, "how many connections the differential test plays; 0: a few hundred")
	together    = flag.Int("together", 6, "how many stops of the differential test are under way at once")
	seed        = flag.Uint64("differential-seed", 0, "repeats the scripts of a run; 0: new ones")
	raw         = flag.String("raw", "", "a file for the numbers of the differential test, as benchmarks print them")
)

// perStop is how many connections there may be at one stop. One that is waited
// for may hide that another is not, so often there are few.
var perStop = []int{1, 1, 2, 3, 7, 64}

// HTTP-6: Serve answers whatever http.Server.Shutdown answers, and calls no
// handler in vain that Shutdown would not call. Both are played
// the same random scripts on real connections, at the same time, and stopped in
// the midst of them.
//
//	go test ./fuzz -run Differential -connections 20000 -timeout 1h
func TestDifferentialServeLosesNoRequestThatShutdownAnswers(t *testing.T) {
	n := *connections
	if n == 0 {
		n = 400
	}
	random := newRandom(t)
	certificate := newCertificate(t)
	total := &tally{outcomes: map[class]*outcomes{}}
	stops := make(chan []script)
	var players sync.WaitGroup
	for range *together {
		players.Go(func() {
			for scripts := range stops {
				playBoth(t, certificate, scripts, total)
			}
		})
	}
	for n > 0 {
		m := min(n, perStop[random.IntN(len(perStop))])
		stops <- newScripts(random, m)
		n -= m
	}
	close(stops)
	players.Wait()
	total.check(t)
	t.Log("\n" + total.String())
	if *raw != "" {
		if err := os.WriteFile(*raw, []byte(total.benchmark()), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func newRandom(t *testing.T) *rand.Rand {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("-differential-seed %d", s)
	return rand.New(rand.NewPCG(s, s))
}

// playBoth plays scripts to both kinds of host and counts what becomes of them.
func playBoth(t *testing.T, cert *certificate, scripts []script, total *tally) {
	var ours, plain [][]result
	var both sync.WaitGroup
	both.Go(func() { ours = play(t, newServeHost(t, cert), cert, scripts) })
	both.Go(func() { plain = play(t, newShutdownHost(t, cert), cert, scripts) })
	both.Wait()
	for i, s := range scripts {
		total.add(class{s.protocol, s.kind}, ours[i], plain[i])
	}
}

// play starts the clients of all scripts and stops the host at the instant that
// the scripts' times count from. It returns what became of each script's
// requests.
func play(t *testing.T, h host, cert *certificate, scripts []script) [][]result {
	results := make([][]result, len(scripts))
	stop := time.Now().Add(250 * time.Millisecond)
	var clients sync.WaitGroup
	for i, s := range scripts {
		c := &client{script: s, host: h, cert: cert, stop: stop}
		clients.Go(func() { results[i] = c.play() })
	}
	time.Sleep(time.Until(stop)) // the instant that the scripts are about
	h.stop(t)
	clients.Wait()
	return results
}

// result is what became of one request.
type result uint8

const (
	notSent result = iota // the connection was not accepted, or had been closed before
	lost
	inVain // lost, though its handler was called
	answered
)

func (r result) lost() bool { return r == lost || r == inVain }

// class is what is counted together.
type class struct{ protocol, kind string }

// outcomes counts the requests of one class.
type outcomes struct {
	connections         int
	sent                int // to either
	lostOurs, lostPlain int
	worse, better       int // lost by one alone: by Serve, by Shutdown

	vainOurs, vainPlain   int // of the lost, those whose handler was called
	vainWorse, vainBetter int // by one alone
}

type tally struct {
	mu       sync.Mutex
	outcomes map[class]*outcomes
}

// add counts one connection of each host, which played the same script.
func (t *tally) add(c class, ours, plain []result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.outcomes[c]
	if o == nil {
		o = &outcomes{}
		t.outcomes[c] = o
	}
	o.connections++
	for i := range max(len(ours), len(plain)) {
		a, b := at(ours, i), at(plain, i)
		if a != notSent || b != notSent {
			o.sent++
		}
		o.lostOurs += one(a.lost())
		o.lostPlain += one(b.lost())
		o.worse += one(a.lost() && b == answered)
		o.better += one(a == answered && b.lost())
		o.vainOurs += one(a == inVain)
		o.vainPlain += one(b == inVain)
		o.vainWorse += one(a == inVain && b != inVain)
		o.vainBetter += one(a != inVain && b == inVain)
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func at(results []result, i int) result {
	if i < len(results) {
		return results[i]
	}
	return notSent
}

// bound is how many requests Serve alone may lose, or may lose though it has
// called the handler, where Shutdown alone loses better. A request that arrives at the very instant of the stop is lost by
// either with the same chance, so of the requests that just one of both has
// lost each is half of the time Serve's: worse is binomial, with a standard
// deviation of its excess of sqrt(worse + better). Four of those are exceeded by
// chance in one of 30,000 classes. Where next to nothing is lost, the two more
// are for what a busy machine does to one of both alone, such as a client that
// comes too late by half a second.
func bound(worse, better int) float64 {
	return float64(better) + 4*math.Sqrt(float64(worse+better)) + 2
}

func (t *tally) check(tb testing.TB) {
	for _, c := range t.classes() {
		t.outcomes[c].check(tb, c.protocol+", "+c.kind)
	}
	for _, protocol := range protocols {
		t.sum(protocol).check(tb, protocol)
	}
}

func (o *outcomes) check(tb testing.TB, what string) {
	if bound := bound(o.worse, o.better); float64(o.worse) > bound {
		tb.Errorf("HTTP-6: %s: Serve lost %d requests that Shutdown answered, and answered %d that Shutdown lost; the bound is %.0f",
			what, o.worse, o.better, bound)
	}
	if bound := bound(o.vainWorse, o.vainBetter); float64(o.vainWorse) > bound {
		tb.Errorf("HTTP-6: %s: of %d requests Serve alone called the handler in vain, of %d Shutdown alone; the bound is %.0f",
			what, o.vainWorse, o.vainBetter, bound)
	}
}

func (t *tally) classes() []class {
	all := make([]class, 0, len(t.outcomes))
	for c := range t.outcomes {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b class) int {
		if a.protocol != b.protocol {
			return slices.Index(protocols, a.protocol) - slices.Index(protocols, b.protocol)
		}
		return strings.Compare(a.kind, b.kind)
	})
	return all
}

func (t *tally) sum(protocol string) *outcomes {
	sum := &outcomes{}
	for c, o := range t.outcomes {
		if c.protocol == protocol {
			sum.connections += o.connections
			sum.sent += o.sent
			sum.lostOurs += o.lostOurs
			sum.lostPlain += o.lostPlain
			sum.worse += o.worse
			sum.better += o.better
			sum.vainOurs += o.vainOurs
			sum.vainPlain += o.vainPlain
			sum.vainWorse += o.vainWorse
			sum.vainBetter += o.vainBetter
		}
	}
	return sum
}

func (t *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %-16s %11s %9s %10s %10s %10s %10s %13s %10s\n",
		"protocol", "kind", "connections", "requests", "lost:Serve", "Shutdown", "only Serve", "only Shut.", "in vain:Serve", "Shutdown")
	line := func(protocol, kind string, o *outcomes) {
		fmt.Fprintf(&b, "%-10s %-16s %11d %9d %10d %10d %10d %10d %13d %10d\n", protocol, kind, o.connections, o.sent, o.lostOurs, o.lostPlain, o.worse, o.better, o.vainOurs, o.vainPlain)
	}
	for _, c := range t.classes() {
		line(c.protocol, c.kind, t.outcomes[c])
	}
	for _, protocol := range protocols {
		line(protocol, "all", t.sum(protocol))
	}
	return b.String()
}

// benchmark is the numbers in the format of package testing.
func (t *tally) benchmark() string {
	var b strings.Builder
	line := func(protocol, kind string, o *outcomes) {
		fmt.Fprintf(&b, "BenchmarkDifferential/%s/%s\t1\t%d connections %d requests %d lost-by-serve %d lost-by-shutdown %d lost-by-serve-alone %d lost-by-shutdown-alone %d in-vain-by-serve %d in-vain-by-shutdown\n",
			protocol, strings.ReplaceAll(kind, " ", "-"), o.connections, o.sent, o.lostOurs, o.lostPlain, o.worse, o.better, o.vainOurs, o.vainPlain)
	}
	for _, c := range t.classes() {
		line(c.protocol, c.kind, t.outcomes[c])
	}
	for _, protocol := range protocols {
		line(protocol, "all", t.sum(protocol))
	}
	return b.String()
}
