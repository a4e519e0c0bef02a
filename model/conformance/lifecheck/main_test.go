package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

var update = flag.Bool("update", false, "write the table of docs/lifecheck.md anew")

const root = "../../.."

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func document(t *testing.T) (path, text string) {
	t.Helper()
	path = filepath.Join(root, "docs", "lifecheck.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, string(b)
}

const (
	tableBegin = "<!-- begin: generated from the table of model/conformance/lifecheck/check -->\n"
	tableEnd   = "<!-- end -->"
)

func TestTheTableOfFindingsIsThatOfTheCode(t *testing.T) {
	path, text := document(t)
	before, rest, ok := strings.Cut(text, tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", path)
	}
	var table strings.Builder
	table.WriteString("\n| finding | clause | what it means | what to change |\n| --- | --- | --- | --- |\n")
	for _, r := range check.Rules() {
		fmt.Fprintf(&table, "| `%s` | [%s](spec.md#%s) | %s | %s |\n", r.Name, r.Clause, strings.ToLower(r.Clause), r.Means, r.Change)
	}
	want := before + tableBegin + table.String() + "\n" + tableEnd + after
	if text == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the code says; run go generate ./model/conformance/lifecheck", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEachClauseIsInTheContract(t *testing.T) {
	spec, err := os.ReadFile(filepath.Join(root, "docs", "spec.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range check.Rules() {
		if !strings.Contains(string(spec), fmt.Sprintf("<a id=%q>", strings.ToLower(r.Clause))) {
			t.Errorf("%s names %s, which docs/spec.md does not have", r.Name, r.Clause)
		}
	}
}

// examples are the programs that the document shows the reports of, in its order.
var examples = []string{"mistakes", "mended"}

// examine builds an example and runs the command on it.
func examine(t *testing.T, name string, port int, more ...string) (code int, out, errs string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", program, "./docs/examples/lifecheck/"+name)
	build.Dir = root
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	args := append([]string{"-ready", "http://" + addr + "/readyz", "-live", "http://" + addr + "/healthz",
		"-work", "http://" + addr + "/work", "-delay", "1s", "-budget", "5s", "-runs", "1"}, more...)
	var stdout, stderr strings.Builder
	code = run(t.Context(), append(args, "--", program, "-addr", addr), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestTheDocumentShowsWhatIsFoundInItsExamples(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	if os.Getenv("LIFECYCLE_BROKEN") != "all" {
		t.Skip("takes half a minute; LIFECYCLE_BROKEN=all runs it")
	}
	_, text := document(t)
	shown := regexp.MustCompile("(?s)```\nlifecheck: .*?\nverdict: [^\n]*\n```").FindAllString(text, -1)
	if len(shown) != len(examples) {
		t.Fatalf("the document shows %d reports, not %d", len(shown), len(examples))
	}
	ports := []int{loopback.FreePort("127.0.0.1"), loopback.FreePort("127.0.0.1")}
	var running sync.WaitGroup
	defer running.Wait()
	for i, name := range examples {
		running.Go(func() {
			code, out, errs := examine(t, name, ports[i])
			if got, want := essence(out), essence(shown[i]); !slices.Equal(got, want) {
				t.Errorf("%s: the report has %q, the document %q\n%s\n%s", name, got, want, errs, out)
			}
			if want := 1 - i; code != want {
				t.Errorf("%s: exit code %d, want %d", name, code, want)
			}
		})
	}
}

// essence are the lines of a report that are the same each time.
func essence(report string) []string {
	return regexp.MustCompile(`(?m)^(✗ .*|verdict: .*|inconclusive: .*)$`).FindAllString(report, -1)
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken, free := "http://"+ln.Addr().String(), fmt.Sprintf("http://127.0.0.1:%d", loopback.FreePort("127.0.0.1"))
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"no command", []string{"-ready", free, "-work", free}, "no command"},
		{"no work", []string{"-ready", free, "--", "true"}, "no URL for work"},
		{"no readiness", []string{"-work", free, "--", "true"}, "no URL for readiness"},
		{"a URL of another kind", []string{"-ready", "ftp://x/", "-work", free, "--", "true"}, "not a URL with http"},
		{"a negative delay", []string{"-ready", free, "-work", free, "-delay", "-1s", "--", "true"}, "negative"},
		{"a delay beyond the budget", []string{"-ready", free, "-work", free, "-delay", "40s", "--", "true"}, "does not fit"},
		{"a negative budget", []string{"-ready", free, "-work", free, "-budget", "-5s", "--", "true"}, "the budget of -5s is negative"},
		{"an exit code that is none", []string{"-ready", free, "-work", free, "-code", "300", "--", "true"}, "exit code 300"},
		{"work and none", []string{"-ready", free, "-work", free, "-work", "none", "--", "true"}, "either URLs or"},
		{"a host that is not known", []string{"-ready", "http://nowhere.invalid/", "-work", free, "--", "true"}, "the host of http://nowhere.invalid/ is not known"},
		{"another profile", []string{"-ready", free, "-work", free, "-profile", "mine", "--", "true"}, "neither"},
		{"a flag that is not there", []string{"-fast"}, "not defined"},
		{"no runs", []string{"-runs", "0", "-ready", free, "-work", free, "--", "true"}, "can be 0"},
		{"two forms of the report", []string{"-json", "-markdown", "-ready", free, "-work", free, "--", "true"}, "-json and -markdown"},
		{"a program that is not there", []string{"-ready", free, "-work", free, "--", "/nowhere/program"}, "no such file"},
		{"an address that is taken", []string{"-ready", taken, "-work", taken, "--", "true"}, "already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(c.name, "program") {
				t.Skip("this system has no SIGTERM")
			}
			var out, errs strings.Builder
			if code := run(t.Context(), c.args, &out, &errs); code != badInput || !strings.Contains(errs.String(), c.says) {
				t.Errorf("exit code %d, want %d; it says %q, which lacks %q", code, badInput, errs.String(), c.says)
			}
		})
	}
}

func TestLivenessThatNeverPassesIsInconclusive(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	code, out, errs := examine(t, "mended", loopback.FreePort("127.0.0.1"), "-live", "http://127.0.0.1:1/healthz")
	if code != 2 || !strings.Contains(out, "does not pass while the service runs: refused") {
		t.Errorf("exit code %d, want 2; it says\n%s\n%s", code, out, errs)
	}
}

func TestAServiceThatNeverComesUpIsInconclusive(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	free := fmt.Sprintf("http://127.0.0.1:%d", loopback.FreePort("127.0.0.1"))
	for _, c := range []struct {
		name, start, script string
		says                []string
	}{
		{"it ends", "1m", "echo the database is away >&2; exit 3", []string{"exit code 3", "the database is away"}},
		{"it never listens", "300ms", "sleep 60", []string{"never ready in 300ms"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs strings.Builder
			code := run(t.Context(), []string{"-json", "-q", "-start", c.start, "-ready", free, "-work", free, "--", "sh", "-c", c.script}, &out, &errs)
			var report check.Report
			if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
				t.Fatalf("%v in %s", err, out.String())
			}
			why := strings.Join(report.Why, "\n")
			if code != 2 || report.Verdict != check.Inconclusive {
				t.Errorf("exit code %d, %+v; want 2 and inconclusive", code, report)
			}
			for _, text := range c.says {
				if !strings.Contains(why, text) {
					t.Errorf("the reason is %q, which lacks %q", why, text)
				}
			}
		})
	}
}

func TestHelpNamesEachFlagAndItsValue(t *testing.T) {
	for _, name := range []string{"-h", "-help", "--help"} {
		var out, errs strings.Builder
		if code := run(t.Context(), []string{name}, &out, &errs); code != 0 || errs.Len() > 0 {
			t.Errorf("%s: exit code %d, and on standard error %q; want 0 and nothing", name, code, errs.String())
		}
		for _, line := range []string{"usage: lifecheck ", "  -ready URL\n", "  -live URL\n", "  -work URL\n", "  -upload URL\n", "  -hang URL\n",
			"  -delay duration\n", "  -budget duration\n", "  -start duration\n", "  -code code\n", "  -profile profile\n", "  -runs number\n",
			"  -json\n", "  -markdown\n", "  -q\t", "Exit codes: 0"} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%s: there is no %q in\n%s", name, line, &out)
			}
		}
	}
}
