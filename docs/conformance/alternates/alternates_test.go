package alternates

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

var update = flag.Bool("update", false, "write the reports and the tables in docs/conformance anew")

// kept is the folder of the reports.
const kept = ".."

// reportVariable is where TestExamination puts its report.
const reportVariable = "ALTERNATES_REPORT"

// TestExamination holds the alternates to the contract as an implementer holds
// their own, so it fails wherever a clause is broken. It is therefore started by
// examine, for one of them, which takes no more than its report.
func TestExamination(t *testing.T) {
	path := os.Getenv(reportVariable)
	if path == "" {
		t.Skip("the other tests start this one")
	}
	for _, a := range All() {
		t.Run(a.Name, func(t *testing.T) {
			conformance.Test(t, a.Implementation, conformance.Random(100), conformance.Every(20), conformance.OnReport(func(t *testing.T, r conformance.Report) {
				if err := os.WriteFile(path, r.JSON(), 0o644); err != nil {
					t.Error(err)
				}
			}))
		})
	}
}

// examine has TestExamination examine an alternate.
func examine(t *testing.T, a Alternate) (found conformance.Report) {
	t.Helper()
	began := time.Now()
	path := filepath.Join(t.TempDir(), "report.json")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestExamination$/^"+regexp.QuoteMeta(a.Name)+"$")
	cmd.Env = append(os.Environ(), reportVariable+"="+path)
	output, err := cmd.CombinedOutput()
	text, unread := os.ReadFile(path)
	if unread == nil {
		unread = json.Unmarshal(text, &found)
	}
	if unread != nil {
		t.Fatalf("no report (%v): %v\n%s", unread, err, output)
	}
	t.Logf("%s: examined in %v", a.Name, time.Since(began).Round(time.Second/10))
	return found
}

// TestReports examines every alternate, and compares the results, clause by
// clause, with the report that is kept.
func TestReports(t *testing.T) {
	for _, a := range All() {
		t.Run(a.Name, func(t *testing.T) {
			found := a.Report(examine(t, a))
			if *update {
				write(t, a.Name+".json", found.JSON())
				write(t, a.Name+".md", found.Markdown())
				return
			}
			want := report(t, a.Name)
			for i, o := range found.Clauses {
				if i < len(want.Clauses) && want.Clauses[i].Clause == o.Clause && want.Clauses[i].Result == o.Result {
					continue
				}
				t.Errorf("%s is %s (%s), which is not what the report says; go generate writes it anew", o.Clause, o.Result, o.Reason)
			}
		})
	}
	if *update {
		write(t, "README.md", []byte(page(t)))
	}
}

// TestPage compares the page with the reports and the notes that it shows.
func TestPage(t *testing.T) {
	if got := read(t, "README.md"); got != page(t) {
		t.Error("docs/conformance/README.md is not what the reports and the notes say; go generate writes it anew")
	}
}

// page is the page with its tables written anew.
func page(t *testing.T) string {
	reports := []conformance.Report{report(t, "mist")}
	for _, a := range All() {
		reports = append(reports, report(t, a.Name))
	}
	text := read(t, "README.md")
	for name, part := range map[string]string{"table": Table(reports), "notes": Notes(All(), version(t))} {
		var err error
		if text, err = Replace(text, name, part); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

// version returns what finds the version of a module in go.mod.
func version(t *testing.T) func(module string) string {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	return func(module string) string {
		for line := range strings.Lines(string(mod)) {
			if f := strings.Fields(line); len(f) >= 2 && f[0] == module {
				return f[1]
			}
		}
		t.Errorf("go.mod does not require %s", module)
		return ""
	}
}

// TestSameResults examines every alternate as often as ALTERNATES_TIMES says,
// and reports the clauses that come out differently, but for those that are
// known to.
func TestSameResults(t *testing.T) {
	times, _ := strconv.Atoi(os.Getenv("ALTERNATES_TIMES"))
	for _, a := range All() {
		t.Run(a.Name, func(t *testing.T) {
			results := map[string]map[conformance.Result]int{}
			reasons := map[string]string{}
			for i := range times {
				t.Run(fmt.Sprint(i+1), func(t *testing.T) {
					for _, o := range a.Report(examine(t, a)).Clauses {
						if results[o.Clause] == nil {
							results[o.Clause] = map[conformance.Result]int{}
						}
						results[o.Clause][o.Result]++
						if o.Result == conformance.Fail {
							reasons[o.Clause] = o.Reason
						}
					}
				})
			}
			for _, clause := range slices.Sorted(maps.Keys(results)) {
				if len(results[clause]) > 1 {
					t.Errorf("%s comes out as %v: %s", clause, results[clause], reasons[clause])
				}
			}
		})
	}
}

func report(t *testing.T, name string) (r conformance.Report) {
	if err := json.Unmarshal([]byte(read(t, name+".json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, name string) string {
	text, err := os.ReadFile(filepath.Join(kept, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name string, text []byte) {
	if err := os.WriteFile(filepath.Join(kept, name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
