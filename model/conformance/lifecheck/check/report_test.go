package check

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

func TestEachFormOfTheReportSaysWhatWasFound(t *testing.T) {
	found, _ := Judge(options(), survey, []Life{lost(UnderLoad)})
	report := Report{Verdict: HasFindings, Command: []string{"./a|b", "-c"}, Profile: Kubernetes, Findings: found,
		NotAsked: []string{"liveness: give -live"}, Lives: []Life{lost(UnderLoad)}, Took: 3 * time.Second}
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		says  []string
	}{
		{"text", report.Text, []string{"✗ in-flight-dropped (HTTP-2)\n", "seen: SIGTERM under load: 1 of 4 in flight", "change: Wait for them",
			"not asked: liveness", "exit code 0 after 1.7s, 3 of 4 requests in flight answered", "\nverdict: 1 finding\n"}},
		{"Markdown", report.Markdown, []string{"**1 finding**, by the kubernetes profile", "| in-flight-dropped | [HTTP-2](" + Spec + "#http-2) |",
			"Not asked: liveness", "| SIGTERM under load | exit code 0"}},
		{"JSON", report.JSON, []string{`"verdict": "findings"`, `"name": "in-flight-dropped"`, `"stop": 1000000000`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := c.write(&b); err != nil {
				t.Fatal(err)
			}
			for _, text := range c.says {
				if !strings.Contains(b.String(), text) {
					t.Errorf("there is no %q in\n%s", text, &b)
				}
			}
		})
	}
	var b strings.Builder
	_ = report.JSON(&b)
	var read Report
	if err := json.Unmarshal([]byte(b.String()), &read); err != nil || read.Findings[0].Name != "in-flight-dropped" {
		t.Errorf("JSON is read back as %+v, %v", read, err)
	}
}

func TestAnUploadDoesNotStandInForAGET(t *testing.T) {
	gets, uploads := well(UnderLoad), well(UnderLoad)
	uploads.eachRequest(InFlight, func(r *Request) { r.Upload = true })
	r := &runner{Options: options(), book: book{survey: &survey}, lives: []Life{*gets}}
	const missing = "no GET of " + slow
	if not := strings.Join(r.notAsked(), "\n"); strings.Contains(not, missing) {
		t.Errorf("with GETs in flight, not asked is\n%s", not)
	}
	r.lives = append(r.lives, *uploads)
	if not := strings.Join(r.notAsked(), "\n"); !strings.Contains(not, missing) {
		t.Errorf("with uploads only in one life, not asked is\n%s", not)
	}
}

func TestAStatusThatIsNoSuccessIsInTheReport(t *testing.T) {
	r := &runner{Options: options(), book: book{survey: &Survey{Work: []Usual{{URL: slow, Takes: time.Second, Status: 404}}}}}
	if not := strings.Join(r.notAsked(), "\n"); !strings.Contains(not, slow+" answers 404") {
		t.Errorf("not asked is\n%s", not)
	}
}

func TestTheExitCodeIsThatOfTheVerdict(t *testing.T) {
	for verdict, want := range map[Verdict]int{Pass: 0, HasFindings: 1, Inconclusive: 2} {
		if got := (Report{Verdict: verdict}).ExitCode(); got != want {
			t.Errorf("%s: %d, want %d", verdict, got, want)
		}
	}
}
