// Command mutate runs the conformance suite on mutants of the code that it tests. A
// mutant is the code with one automatic change: to an operator, a condition, a
// constant, an argument, a result or a statement. A mutant that passes shows an error
// that the suite misses.
//
//	go run ./model/conformance/mutate -sample 100 -seed 1
//
// tests a fixed sample of 100, which takes less than ten minutes on two idle cores,
// and prints the numbers and the survivors. Without -sample it tests all. With -own
// it runs the packages' own tests instead of the suite.
//
// # How it works
//
// All mutants are compiled into one copy of the code, each behind a switch (see
// package mutant), and the switch is set by the environment, which the suite's
// child processes inherit. So one build is enough:
//
//	code ─▶ find ─▶ rewrite ─▶ build once ─▶ run once for each mutant ─▶ report
//
// Mutants that do not compile are left out, and so are those that the suite is not
// meant to detect, by rules that the report lists. A mutant that no process of the
// suite executes survives without a run. Of the rest a quick pass of the suite kills
// most, with the clauses that the file is about or with all; on those that survive it,
// the whole suite is run, with the clauses whose processes execute the change. A
// mutant is killed only if it fails twice.
//
// Before all this the suite must pass three times without a mutant.
//
// Results are written to a file as they are obtained, and with -resume the mutants in
// that file are not run again; with -again those that survived are, by a suite that has
// become better. Equivalent mutants are listed in equivalent.txt, each with the reason.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

// config is what the flags say.
type config struct {
	targets    []target
	equivalent []byte // the text of equivalent.txt

	packages string
	own      bool
	sample   int
	seed     int
	only     string
	parallel int
	results  string
	resume   bool
	again    bool
	list     bool
	markdown bool
	keep     string
	slack    time.Duration // added to the time limit of each pass
}

func main() {
	c := config{targets: targets(), equivalent: equivalentText, slack: 30 * time.Second}
	flags := flag.NewFlagSet("mutate", flag.ExitOnError) // flag.CommandLine has rapid's too
	flags.StringVar(&c.packages, "package", strings.Join(names(c.targets), ","), "ask about these `packages`, separated by commas")
	flags.BoolVar(&c.own, "own", false, "ask the packages' own tests, not the suite")
	flags.IntVar(&c.sample, "sample", 0, "ask about `n` mutants; 0: about all")
	flags.IntVar(&c.seed, "seed", 1, "the sample's seed")
	flags.StringVar(&c.only, "only", "", "ask about the mutants with these `IDs` alone, separated by commas, and print what is printed")
	flags.IntVar(&c.parallel, "parallel", 2, "ask about `n` at a time")
	flags.StringVar(&c.results, "results", "mutants.jsonl", "the `file` of results")
	flags.BoolVar(&c.resume, "resume", false, "do not ask again about what the file of results has")
	flags.BoolVar(&c.again, "again", false, "with -resume, ask again about those that survived")
	flags.BoolVar(&c.list, "list", false, "list the mutants, with their keys for equivalent.txt, and ask about none")
	flags.BoolVar(&c.markdown, "markdown", false, "write the numbers of the file of results into docs/conformance/mutants.md, and ask about none")
	flags.StringVar(&c.keep, "work", "", "the `directory` for what is built, which is kept; empty: a temporary one")
	_ = flags.Parse(os.Args[1:]) // it exits where there is an error
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "mutate: unexpected arguments: %q\n", flags.Args())
		os.Exit(2)
	}
	if c.again && !c.resume {
		fmt.Fprintln(os.Stderr, "mutate: -again has no effect without -resume, which keeps the results of an earlier run")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := c.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}
