package broken_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/broken"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// caseVariable names the case that TestClausewise holds to the contract.
const caseVariable = "LIFECYCLE_BROKEN_CASE"

// clausewise are cases to be examined clause by clause. The first shows in a
// few of the suite's own examples and in nothing else.
func clausewise() []broken.Case {
	rare := mist.Implementation()
	register := rare.OnShutdownContext
	rare.OnShutdownContext = func(ctx context.Context, hook func(context.Context) error, timeout time.Duration) {
		if timeout == 2*time.Second+2 {
			timeout = 0
		}
		register(ctx, hook, timeout)
	}
	all := []broken.Case{{Name: "one timeout is ignored", Breaks: []string{"HOOK-6"}, Impl: rare}}
	for _, c := range cases() {
		if c.Name == "hooks run in the order of registration" || c.Name == "the drain timeout is ignored" {
			all = append(all, c)
		}
	}
	return all
}

// TestClausewise fails, as it should, in a process whose environment names a case.
func TestClausewise(t *testing.T) {
	for _, c := range clausewise() {
		if c.Name == os.Getenv(caseVariable) {
			conformance.Test(t, c.Impl, conformance.Random(40), conformance.Every(300), conformance.About(checks(c)), conformance.OnReport(func(_ *testing.T, r conformance.Report) {
				fmt.Println("reported:", strings.Join(r.Failed(), " "))
			}))
		}
	}
}

// What Examine finds, Test finds too, and fails.
func TestTestReportsWhatExamineDoes(t *testing.T) {
	t.Parallel()
	if _, err := conformance.Find(os.Getenv(howMuch)); err == nil {
		t.Skipf("%s is one clause, and these cases break several", howMuch)
	}
	for _, c := range clausewise() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestClausewise$")
			cmd.Env = append(os.Environ(), caseVariable+"="+c.Name)
			output, err := cmd.CombinedOutput()
			if err == nil {
				t.Error("no test fails")
			}
			var subtests []string
			for line := range strings.Lines(string(output)) {
				if rest, ok := strings.CutPrefix(line, "    --- FAIL: TestClausewise/"); ok {
					name, _, _ := strings.Cut(rest, " ")
					subtests = append(subtests, name)
				}
			}
			if slices.Sort(subtests); !slices.Equal(subtests, c.Breaks) {
				t.Errorf("the subtests that fail are %q, want %q", subtests, c.Breaks)
			}
			for line := range strings.Lines(string(output)) {
				if rest, ok := strings.CutPrefix(line, "reported: "); ok {
					failed := strings.Fields(rest)
					slices.Sort(failed)
					if !slices.Equal(failed, c.Breaks) {
						t.Errorf("the suite reports %q, want %q: %s", failed, c.Breaks, output)
					}
					return
				}
			}
			t.Errorf("there is no report: %s", output)
		})
	}
}
