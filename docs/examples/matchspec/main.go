// Command matchspec is a complete service to copy from: an HTTP server, a
// background worker, and a store that must not lose a record, run by package
// lifecycle and probed through package health.
//
//	go run ./docs/examples/matchspec          serve until SIGINT or SIGTERM
//	go run ./docs/examples/matchspec -demo    run a scripted demo of a few seconds
//
// It evaluates match specs: a client posts a record with a glob pattern and an
// input, gets 202 Accepted, and the result is appended to the store. The service
// guarantees that every accepted record is in the store after SIGTERM.
//
// Read main.go, then service.go; the other files each hold one part. Leave
// faults.go, demo*.go, timeline.go and sigterm_*.go behind when you copy it.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

const version = "1.0.0"

// config is what the flags say.
type config struct {
	addr, admin       string
	data, checkpoints string
	slow, evaluate    time.Duration
	flushEvery        time.Duration
	drainDelay        time.Duration
	drainTimeout      time.Duration
	shutdownTimeout   time.Duration
	fault             string
	demo              bool
}

func flags() config {
	var c config
	dir := filepath.Join(os.TempDir(), "matchspec")
	flag.StringVar(&c.addr, "addr", "127.0.0.1:8080", "address to serve on; with port 0 the log says which one was chosen")
	flag.StringVar(&c.admin, "admin", "127.0.0.1:8081", "address for the status page, metrics and probes, which answer until the last hook has run")
	flag.StringVar(&c.data, "data", filepath.Join(dir, "records.jsonl"), "file that records are appended to")
	flag.StringVar(&c.checkpoints, "checkpoints", filepath.Join(dir, "checkpoints"), "directory for checkpoints")
	flag.DurationVar(&c.slow, "slow", 5*time.Second, "how long GET /slow takes")
	flag.DurationVar(&c.evaluate, "evaluate", 2*time.Millisecond, "how long the evaluation of one record takes")
	flag.DurationVar(&c.flushEvery, "flush-every", time.Second, "how often records are flushed to the disk")
	flag.DurationVar(&c.drainDelay, "drain-delay", 0, "keep serving that long after the signal while readiness already fails")
	flag.DurationVar(&c.drainTimeout, "drain-timeout", 15*time.Second, "how long requests and queued records are waited for")
	flag.DurationVar(&c.shutdownTimeout, "shutdown-timeout", 10*time.Second, "how long the clean-up hooks may take")
	flag.StringVar(&c.fault, "fault", "", "misbehave on purpose: panic, hung-hook, hung-drain or busy-loop")
	flag.BoolVar(&c.demo, "demo", false, "run by itself for a few seconds and print a timeline")
	flag.Parse()
	return c
}

// options is how long lifecycle.Run waits for what. Their sum is the longest
// that the process lives on after a signal; an orchestrator has to allow more.
func (c config) options() []lifecycle.Option {
	return []lifecycle.Option{
		lifecycle.WithDrainDelay(c.drainDelay),
		lifecycle.WithDrainTimeout(c.drainTimeout),
		lifecycle.WithShutdownTimeout(c.shutdownTimeout),
	}
}

func main() {
	cfg := flags()
	if err := checkFault(cfg.fault); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if cfg.demo {
		os.Exit(demo(os.Stdout))
	}

	// What the library logs goes to slog's default logger too: one line for
	// each change of state, and a warning for whatever was not waited for.
	//
	// A stderr whose reader hangs or has gone must not end the service: without
	// a receiver for SIGPIPE, a write to one that is gone would.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	stderr := newPatientWriter(os.Stderr, time.Second)
	slog.SetDefault(slog.New(slog.NewTextHandler(stderr, nil)))

	svc := newService(cfg)
	svc.listening = greet
	if err := lifecycle.Run(svc.main, cfg.options()...); err != nil {
		slog.Error("matchspec failed", "error", err)
		os.Exit(1)
	}
	slog.Info("matchspec stopped clean")
}
