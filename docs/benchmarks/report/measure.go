package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// measure runs everything and leaves what was printed in dir.
func measure(dir string, rounds, many, stops int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	began := time.Now()
	machine := fmt.Sprintf("date: %s\ngo: %s\ncores: %d\nrounds: %d\nmany: %d\n",
		began.Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), rounds, many)
	test := filepath.Join(dir, "benchmarks.test")
	if _, err := run("go", "test", "-c", "-o", test, "."); err != nil {
		return err
	}
	defer os.Remove(test)

	// One round after the other, so that what the machine does meanwhile
	// befalls all that is compared.
	quick, err := repeat(rounds, test, "-test.bench=^Benchmark(State|Can|Fire|Life|Probe)$", "-test.benchtime=200ms")
	if err != nil {
		return err
	}
	checks, err := repeat(min(3, rounds), test, "-test.bench=^BenchmarkChecks$", "-test.benchtime=5x")
	if err != nil {
		return err
	}
	busy, err := repeat(rounds, test, "-test.bench=^BenchmarkBusy$", "-test.benchtime=5x")
	if err != nil {
		return err
	}
	snapshots, err := repeat(rounds, test, "-test.bench=^BenchmarkSnapshot$", "-test.benchtime=100x")
	if err != nil {
		return err
	}
	work, err := repeat(rounds, test, "-test.bench=^BenchmarkWork$", "-test.benchtime=300ms", "-test.cpu=1,2")
	if err != nil {
		return err
	}
	// The bounds are those of a median of twenty.
	served, err := repeat(max(20, rounds), test, "-test.bench=^BenchmarkServe$", "-test.benchtime=1s")
	if err != nil {
		return err
	}
	lives, err := repeat(many, test, "-test.bench=^BenchmarkRun$", "-test.benchtime=200ms", "-test.timeout=1h")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "benchmarks.txt"), []byte(machine+quick+checks+busy+snapshots+work+served+lives), 0o644); err != nil {
		return err
	}
	if err := differential(filepath.Join(dir, "differential.txt")); err != nil {
		return err
	}
	tables, err := run("go", "run", "./stop", fmt.Sprintf("-rounds=%d", stops), "-raw="+filepath.Join(dir, "stop.txt"))
	fmt.Print(tables)
	fmt.Printf("measured for %v\n", time.Since(began).Round(time.Second))
	return err
}

// differential plays random connections to Serve and to a bare server, in the
// main module's test of that.
func differential(raw string) error {
	raw, err := filepath.Abs(raw)
	if err != nil {
		return err
	}
	_, err = run("go", "test", "-C", "../..", "-count=1", "-timeout=1h", "./fuzz", "-run=Differential", "-connections=20000", "-raw="+raw)
	return err
}

func repeat(rounds int, test string, args ...string) (string, error) {
	path, err := filepath.Abs(test)
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for range rounds {
		out, err := run(path, append([]string{"-test.run=^$"}, args...)...)
		if err != nil {
			return "", err
		}
		all.WriteString(out)
	}
	return all.String(), nil
}

func run(name string, args ...string) (string, error) {
	fmt.Println(name, strings.Join(args, " "))
	cmd := exec.Command(name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %v: %w\n%s", name, args, err, out.String())
	}
	return out.String(), nil
}
