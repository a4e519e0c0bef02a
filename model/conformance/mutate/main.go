// Command mutate asks the conformance suite about mutants of the code that it is
// meant to judge. A mutant is the code with one change made by machine: an
// operator, a condition, a constant, an argument, a result or a statement. One
// that the suite has nothing against is a way to be wrong that it does not see.
//
//	go run ./model/conformance/mutate -sample 100 -seed 1
//
// asks about a fixed sample of 100, which takes less than ten minutes on two
// idle cores, and prints the numbers and the survivors. Without -sample it asks
// about all. With -own it asks the packages' own tests instead.
//
// # How it works
//
// All mutants are compiled into one copy of the code, each behind a switch (see
// package mutant), and the switch is set by the environment, which the suite's
// child processes inherit. So one build is enough:
//
//	code ─▶ find ─▶ rewrite ─▶ build once ─▶ run once for each mutant ─▶ report
//
// Those that do not compile are left out, and those whose change nobody is meant
// to see, by rules that the report lists. What no process of the suite comes to
// survives without being asked about. Of the rest a quick pass of the suite kills
// most, with the clauses that the file is about or with all; the whole suite is
// asked about those that it does not kill, with the clauses whose processes come to
// the change. What fails must fail twice.
//
// Before, the suite must find nothing, three times, with no mutant on.
//
// Results are kept in a file as they come, and with -resume those that it has are
// not asked for again. Mutants that turned out to be equivalent are listed in
// equivalent.txt, each with the reason.
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
	only     int
	parallel int
	results  string
	resume   bool
	list     bool
	markdown bool
	keep     string
	slack    time.Duration // added to the time limit of each pass
}

func main() {
	c := config{targets: targets(), equivalent: equivalentText, slack: 30 * time.Second}
	flag.StringVar(&c.packages, "package", strings.Join(names(c.targets), ","), "ask about these `packages`, separated by commas")
	flag.BoolVar(&c.own, "own", false, "ask the packages' own tests, not the suite")
	flag.IntVar(&c.sample, "sample", 0, "ask about `n` mutants; 0: about all")
	flag.IntVar(&c.seed, "seed", 1, "the sample's seed")
	flag.IntVar(&c.only, "only", 0, "ask about the mutant with this `ID` alone, and print what is printed")
	flag.IntVar(&c.parallel, "parallel", 2, "ask about `n` at a time")
	flag.StringVar(&c.results, "results", "mutants.jsonl", "the `file` of results")
	flag.BoolVar(&c.resume, "resume", false, "do not ask again about what the file of results has")
	flag.BoolVar(&c.list, "list", false, "list the mutants and ask about none")
	flag.BoolVar(&c.markdown, "markdown", false, "write the numbers of the file of results into docs/conformance/mutants.md, and ask about none")
	flag.StringVar(&c.keep, "work", "", "the `directory` for what is built, which is kept; empty: a temporary one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := c.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}
