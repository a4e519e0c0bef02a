package check_test

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/internal/race"
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

// freePorts are n different ports on which nothing listens.
func freePorts(n int) (ports []int) {
	for len(ports) < n {
		if port := loopback.FreePort("127.0.0.1"); !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// atOnce is how many services run side by side: they sleep most of the time.
const atOnce = 20

type result struct {
	report check.Report
	err    error
	log    []string
}

// examine runs lifecheck on all of the cases whose programs are there.
func examine(t *testing.T, cases []services.Case) []result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(2 * len(cases))
	results := make([]result, len(cases))
	room := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for i, c := range cases {
		if missing(c.Needs()) != nil {
			continue
		}
		o := c.Options(self, t.TempDir(), ports[2*i], ports[2*i+1])
		o.Progress = func(line string) { results[i].log = append(results[i].log, line) }
		room <- struct{}{}
		running.Go(func() {
			results[i].report, results[i].err = check.Run(t.Context(), o)
			<-room
		})
	}
	running.Wait()
	return results
}

func missing(program string) error {
	if program == "" {
		return nil
	}
	_, err := exec.LookPath(program)
	return err
}

func TestEachServiceHasItsFindingsAndNoOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	t.Parallel()
	cases := slices.DeleteFunc(services.All(), func(c services.Case) bool { return !c.First && !thorough() })
	if race.Enabled { // they are judged from outside: for lifecheck's own code these do
		cases = slices.DeleteFunc(cases, func(c services.Case) bool {
			return c.Name != "requests are cut by Close" && c.Name != "HTTP/2 without TLS, and nothing else"
		})
	}
	results := examine(t, cases)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if err := missing(c.Needs()); err != nil && os.Getenv("MIST_NO_SKIP") == "1" {
				t.Fatalf("%s is not installed, and MIST_NO_SKIP is set: %v", c.Needs(), err)
			} else if err != nil {
				t.Skipf("%s is not installed: %v", c.Needs(), err)
			}
			r := results[i]
			if r.err != nil {
				t.Fatal(r.err)
			}
			var names []string
			for _, f := range r.report.Findings {
				names = append(names, f.Name)
			}
			wanted := check.Pass
			if len(c.Finds) > 0 {
				wanted = check.HasFindings
			}
			if !slices.Equal(names, c.Finds) || r.report.Verdict != wanted {
				var text strings.Builder
				_ = r.report.Text(&text)
				t.Errorf("%s, found %q; want %q\n%s\n%s", r.report.Verdict, names, c.Finds, strings.Join(r.log, "\n"), &text)
			}
		})
	}
}

// ignoringVariable tells a process that it was started with SIGINT ignored.
const ignoringVariable = "LIFECHECK_TEST_IGNORES"

// A command that a shell runs in the background ignores SIGINT, and what it starts would
// too. This is tested in a process of its own: the runtime does not forget that a signal
// was ignored.
func TestTheServiceHearsSIGINTThoughThisProcessIgnoresIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGTERM")
	}
	if race.Enabled {
		t.Skip("what is tested is another process")
	}
	t.Parallel()
	if os.Getenv(ignoringVariable) == "" {
		cmd := exec.Command("/bin/sh", "-c", `trap "" INT; exec "$0" -test.run "^TestTheServiceHears"`, os.Args[0])
		cmd.Env = append(os.Environ(), ignoringVariable+"=1")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	i := slices.IndexFunc(services.All(), func(c services.Case) bool { return slices.Equal(c.Finds, []string{"sigint-kills"}) })
	c := services.All()[i]
	if r := examine(t, []services.Case{c})[0]; r.err != nil || len(r.report.Findings) != 1 || r.report.Findings[0].Name != "sigint-kills" {
		t.Errorf("%s: found %v, %v", c.Name, r.report.Findings, r.err)
	}
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
