// Command stop measures what it takes a service to stop: from SIGTERM to the
// exit of a real process, for this library and for its peers, with nothing
// under way and with requests under way. It prints Markdown.
//
// In every round each subject runs once, in an order that is drawn anew, so
// that what the machine does meanwhile befalls all of them alike. Every few
// rounds the programs are copied, so that no ratio is that of one place in memory.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/results"
)

// subject is one way to stop a service.
type subject struct {
	name, child string
	env         []string
	slow        bool // it takes seconds: run it in few rounds
	idleOnly    bool
}

// The hook of the documented style is given a context that is cancelled by
// then, so that it fails with requests under way: it is measured idle.
var subjects = []subject{
	{name: "bare", child: "bare"},
	{name: "bare-log", child: "bare", env: []string{"LOG=1"}},
	{name: "lifecycle", child: "lifecycle"},
	{name: "documented-no-grace", child: "documented", env: []string{"RETURN_GRACE=0s"}, idleOnly: true},
	{name: "oklog", child: "oklog"},
	{name: "fx", child: "fx"},
	{name: "documented", child: "documented", slow: true, idleOnly: true},
}

func main() {
	rounds := flag.Int("rounds", 250, "how often each subject is run in each scene")
	slow := flag.Int("slow", 5, "how often the subject that takes five seconds is run")
	requests := flag.Int("requests", 50, "how many requests are under way in the second scene")
	raw := flag.String("raw", "", "a file to add every measurement to")
	flag.Parse()

	built, err := build(".")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(built.dir)

	var lines bytes.Buffer
	record := func(scene, name string, values ...any) {
		fmt.Fprintln(&lines, results.Line("Stop/"+scene+"/"+name, values...))
	}
	if err := measure(built, *rounds, *slow, *requests, record); err != nil {
		os.RemoveAll(built.dir)
		log.Fatal(err)
	}
	if *raw != "" {
		if err := os.WriteFile(*raw, lines.Bytes(), 0o644); err != nil {
			log.Print(err)
		}
	}
	set, err := results.Parse(&lines)
	if err != nil {
		log.Print(err)
	}
	cores := runtime.GOMAXPROCS(0)
	fmt.Println(results.StopTable(set, "idle", cores, results.FromSignal))
	fmt.Println(results.StopTable(set, "loaded", cores, results.FromAnswer, results.FromSignal))
}

// copyEvery is how many rounds the same copies of the programs are run.
const copyEvery = 10

func measure(built children, rounds, slow, requests int, record func(scene, name string, values ...any)) error {
	for done := 0; done < rounds; done += copyEvery {
		if err := measureCopies(built, done, min(rounds, done+copyEvery), slow, requests, record); err != nil {
			return err
		}
	}
	return nil
}

func measureCopies(built children, from, to, slow, requests int, record func(scene, name string, values ...any)) error {
	fresh, err := built.copies()
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh.dir)
	for round := from - 1; round < to; round++ {
		warming := round < from // each program's first run is not measured
		for _, i := range rand.Perm(len(subjects)) {
			s := subjects[i]
			if s.slow && (warming || round >= slow) {
				continue
			}
			took, err := stopIdle(fresh, s)
			if err != nil {
				return fmt.Errorf("%s, idle: %w", s.name, err)
			}
			if !warming {
				record("idle", s.name, took.Nanoseconds(), results.FromSignal)
			}
		}
		if warming {
			continue
		}
		// All subjects of a round get the same requests.
		ends := schedule(requests, time.Duration(rand.Int64N(int64(80*time.Millisecond))))
		for _, i := range rand.Perm(len(subjects)) {
			s := subjects[i]
			if s.slow || s.idleOnly {
				continue
			}
			signal, answer, err := stopLoaded(fresh, s, ends)
			if err != nil {
				return fmt.Errorf("%s, loaded: %w", s.name, err)
			}
			record("loaded", s.name, answer.Nanoseconds(), results.FromAnswer, signal.Nanoseconds(), results.FromSignal)
		}
	}
	return nil
}

// schedule says when after the signal each request ends: evenly from 20 ms on,
// the last one after the given time more.
func schedule(requests int, more time.Duration) []time.Duration {
	ends := make([]time.Duration, requests)
	for i := range ends {
		ends[i] = 20*time.Millisecond + more*time.Duration(i+1)/time.Duration(requests)
	}
	return ends
}
