package broken_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/broken"
)

func TestMain(m *testing.M) {
	if much := os.Getenv(howMuch); !slices.Contains([]string{"", "all", "families", "everything"}, much) {
		if _, err := conformance.Find(much); err != nil {
			fmt.Fprintf(os.Stderr, "%s is neither all, families, everything nor a clause: %v\n", howMuch, err)
			os.Exit(2)
		}
	}
	// The runtime starts its signal goroutine at the first Notify. In a bubble
	// of virtual time that would end the test binary, so it happens here.
	started := make(chan os.Signal, 1)
	signal.Notify(started, syscall.SIGTERM)
	signal.Stop(started)
	// The children wait for signals and timeouts half of their time.
	flag.Parse()
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	goleak.VerifyTestMain(m)
}

// few makes the suite play little more than the examples of each clause. Those
// are what has to find a mistake: to be found by luck is not enough.
var few = []conformance.Option{conformance.Random(10), conformance.Every(1500)}

// howMuch is an environment variable. Without it, the first wrong implementation of
// every fourth clause is examined, and one in a hundred of the others, for the clauses that
// they break and one in 120 of the rest, which are different for each. With "all" all
// of them are, for a quarter of the other clauses of the families that they break, and one
// in 30 of the rest; with "families" for all clauses of those families and one in 12 of the
// rest; with "everything", for every clause; with the ID of a clause, for that alone. Of
// those that conform all are examined with any value, else one in 16.
const howMuch = "LIFECYCLE_BROKEN"

func more() bool       { return os.Getenv(howMuch) != "" }
func everything() bool { return os.Getenv(howMuch) == "everything" }

func hash(texts ...string) uint32 {
	sum := fnv.New32()
	_, _ = io.WriteString(sum, strings.Join(texts, ""))
	return sum.Sum32()
}

// checks says which clauses a wrong implementation is examined for.
func checks(c broken.Case) func(clause string) bool {
	families := map[string]bool{}
	for _, id := range c.Breaks {
		families[family(id)] = true
	}
	return func(clause string) bool {
		broke, h := slices.Contains(c.Breaks, clause), hash(c.Name, clause)
		switch much := os.Getenv(howMuch); much {
		case "":
			return broke || h%120 == 0
		case "all":
			return broke || families[family(clause)] && h%4 == 0 || h%30 == 0
		case "families":
			return families[family(clause)] || h%12 == 0
		case "everything":
			return true
		default:
			return clause == much
		}
	}
}

func family(clause string) string {
	name, _, _ := strings.Cut(clause, "-")
	return name
}

// options also play more for a mistake that no example finds: one that needs an
// abandoned hook to fail while another is running.
func options(c broken.Case) []conformance.Option {
	opts := append(slices.Clone(few), conformance.About(checks(c)))
	if slices.Contains(c.Breaks, "HOOK-8") {
		return append(opts, conformance.Random(150))
	}
	return opts
}

// cases are those that howMuch says. Under the race detector they are fewer: what the
// suite reports does not depend on it, and it costs five times the time.
func cases() (all []broken.Case) {
	broke := map[string]bool{}
	for _, c := range broken.All() {
		first := slices.ContainsFunc(c.Breaks, func(id string) bool { return !broke[id] })
		h := hash(c.Name)
		if race.Enabled && first && h%20 == 0 || !race.Enabled && !c.Race && (more() || first && h%4 == 0 || h%100 == 0) {
			all = append(all, c)
		}
		for _, id := range c.Breaks {
			broke[id] = true
		}
	}
	return all
}

// onceOnly is how many of a test's examinations may end otherwise than they should, if
// they do not when they are done again.
const onceOnly = 2

// again examines once more, twice, what was not reported as it should be: a machine that
// stops for a second spoils one examination in some thousands. That is counted, and at
// most onceOnly times in a test.
type again struct{ spoiled atomic.Int32 }

func examineAgain(t *testing.T) *again {
	a := &again{}
	t.Cleanup(func() { // when the parallel ones are over
		if n := a.spoiled.Load(); n > onceOnly {
			t.Errorf("%d were not reported as they should be at first, want at most %d", n, onceOnly)
		}
	})
	return a
}

// expect expects that examine finds nothing wrong.
func (a *again) expect(t *testing.T, examine func() (wrong []string)) {
	t.Helper()
	wrong := examine()
	if len(wrong) == 0 && !conformance.Child() { // a child may be of a later examination
		return
	}
	second := append(examine(), examine()...)
	if a.spoiled.Add(1); len(second) == 0 {
		t.Logf("not the same twice: at first, %s", strings.Join(wrong, "\n"))
		return
	}
	t.Error(strings.Join(wrong, "\n"))
}

func TestTheSuiteReportsEachMistakeAndNothingElse(t *testing.T) {
	t.Parallel()
	again := examineAgain(t)
	for _, c := range cases() {
		t.Run(strings.Join(c.Breaks, " ")+": "+c.Name, func(t *testing.T) {
			t.Parallel()
			again.expect(t, func() (wrong []string) {
				r := conformance.Examine(t, c.Impl, options(c)...)
				expectReadable(t, r)
				failed, examined := r.Failed(), checks(c)
				missed := slices.ContainsFunc(c.Breaks, func(id string) bool { return examined(id) && !slices.Contains(failed, id) })
				wronged := slices.ContainsFunc(failed, func(id string) bool { return !slices.Contains(c.Breaks, id) && !slices.Contains(c.May, id) })
				if !missed && !wronged {
					return nil
				}
				wrong = append(wrong, fmt.Sprintf("the suite reports %q, want %q", failed, c.Breaks))
				for _, o := range r.Clauses {
					if o.Result == conformance.Fail && !slices.Contains(c.Breaks, o.Clause) {
						wrong = append(wrong, fmt.Sprintf("%s: %s", o.Clause, o.Reason))
					}
				}
				return wrong
			})
		})
	}
}

// expectReadable expects that the first line of each reason says something, and that
// an instant that is never is not shown as a duration of 292 years.
func expectReadable(t *testing.T, r conformance.Report) {
	t.Helper()
	for _, o := range r.Clauses {
		if first, _, _ := strings.Cut(o.Reason, "\n"); strings.Contains(o.Reason, "2562047h") || strings.Contains(o.Reason, "never ()") || o.Result != conformance.Pass && first == "" {
			t.Errorf("%s has the reason %q", o.Clause, o.Reason)
		}
	}
	for line := range strings.Lines(string(r.Markdown())) {
		if strings.HasSuffix(line, ": |\n") {
			t.Errorf("the report has a reason that ends at a colon: %s", line)
		}
	}
}

// asked says which clauses an implementation that conforms is examined for: those of the
// families in which it differs, all of them with "families" and half otherwise, and a few
// of the others.
func asked(c broken.Conforming) conformance.Option {
	return conformance.About(func(clause string) bool {
		differs, h := slices.Contains(strings.Fields(c.Families), family(clause)), hash(c.Impl.Name, clause)
		switch much := os.Getenv(howMuch); much {
		case "families":
			return differs || h%30 == 0
		case "", "all":
			return differs && h%2 == 0 || h%30 == 0
		case "everything":
			return true
		default:
			return clause == much
		}
	})
}

func TestWhatTheContractLeavesOpenConforms(t *testing.T) {
	t.Parallel()
	combinations, little := 4, []conformance.Option{conformance.Random(1), conformance.Every(6000)}
	switch {
	case everything():
		combinations, little = 40, few
	case more():
		little[0] = conformance.Random(8) // with which all lives after a signal are played
	}
	all := broken.AllConforming(combinations)
	if len(all) < 150 {
		t.Errorf("there are %d implementations that conform, want at least 150", len(all))
	}
	again := examineAgain(t)
	for i, c := range all {
		if race.Enabled && i%80 != 0 || !more() && i%16 != 0 {
			continue // as for cases
		}
		t.Run(c.Impl.Name, func(t *testing.T) {
			t.Parallel()
			again.expect(t, func() (wrong []string) {
				r := conformance.Examine(t, c.Impl, append(slices.Clone(little), asked(c))...)
				if r.Verdict != conformance.Conforms {
					wrong = append(wrong, fmt.Sprintf("the verdict is %q", r.Verdict))
				}
				for _, o := range r.Clauses {
					if o.Result == conformance.Fail || o.Result == conformance.Skipped || o.Result == conformance.Undecided {
						wrong = append(wrong, fmt.Sprintf("%s: %s: %s", o.Clause, o.Result, o.Reason))
					}
				}
				return wrong
			})
		})
	}
}

func TestEveryClauseIsBrokenByACase(t *testing.T) {
	broke := map[string]bool{}
	for _, c := range broken.All() {
		for _, id := range c.Breaks {
			broke[id] = true
			if _, err := conformance.Find(id); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	}
	for _, clause := range conformance.Clauses() {
		if !broke[clause.ID] {
			t.Errorf("no implementation breaks %s: %s", clause.ID, clause.Sentence)
		}
	}
}

func TestACaseSaysWhyItBreaksManyClauses(t *testing.T) {
	names := map[string]bool{}
	for _, c := range broken.All() {
		if len(c.Breaks) > 3 && c.Why == "" {
			t.Errorf("%s breaks %q, and does not say why so many", c.Name, c.Breaks)
		}
		if !slices.IsSorted(c.Breaks) || len(c.Breaks) == 0 || c.Impl.Name != c.Name {
			t.Errorf("%s breaks %q, and calls itself %q", c.Name, c.Breaks, c.Impl.Name)
		}
		if names[c.Name] {
			t.Errorf("two cases are named %q", c.Name)
		}
		names[c.Name] = true
	}
}
