package check_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
	"github.com/greynewell/mist-go/model/conformance/lifecheck/internal/services"
)

func TestMain(m *testing.M) {
	services.Main() // where this binary is one of them
	goleak.VerifyTestMain(m)
}

// thorough has all services examined; without it those that stand for each
// family of findings are.
func thorough() bool { return os.Getenv("LIFECYCLE_BROKEN") == "all" }

// freePorts are ports that nobody listens on now.
func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		ports = append(ports, ln.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func TestEachServiceHasItsFindingsAndNoOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cases := slices.DeleteFunc(services.All(), func(c services.Case) bool { return !c.First && !thorough() })
	ports := freePorts(t, 2*len(cases))
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			need(t, c.Needs())
			report := examine(t, c.Options(self, t.TempDir(), ports[2*i], ports[2*i+1]))
			var names []string
			for _, f := range report.Findings {
				names = append(names, f.Name)
			}
			if !slices.Equal(names, c.Finds) {
				var text strings.Builder
				_ = report.Text(&text)
				t.Errorf("found %q, want %q\n%s", names, c.Finds, &text)
			}
		})
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if program == "" {
		return
	}
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("MIST_NO_SKIP") == "1" {
			t.Fatalf("%s is not installed, and MIST_NO_SKIP is set: %v", program, err)
		}
		t.Skipf("%s is not installed: %v", program, err)
	}
}

func examine(t *testing.T, o check.Options) check.Report {
	t.Helper()
	if testing.Verbose() {
		o.Progress = func(line string) { t.Log(line) }
	}
	report, err := check.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) == 0 && len(report.Why) > 0 && !strings.Contains(fmt.Sprint(o.Env), "too fast") {
		t.Errorf("inconclusive: %q", report.Why)
	}
	return report
}

func TestEachFindingHasAServiceThatIsWrongInIt(t *testing.T) {
	found := map[string]bool{}
	for _, c := range services.All() {
		for _, name := range c.Finds {
			found[name] = true
		}
	}
	for _, r := range check.Rules() {
		if !found[r.Name] {
			t.Errorf("no service has the finding %q", r.Name)
		}
		delete(found, r.Name)
	}
	if len(found) > 0 {
		t.Errorf("these findings are not in the table: %v", found)
	}
}
