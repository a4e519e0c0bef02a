package guidetest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/docs/child"
)

// WantQuotedLog compares what the process has written to stderr with the log
// that the guide in the file shows in its n-th block of ```log, from 0: each
// line that is quoted is there. Times, durations, ports, line numbers and the
// numbers of jobs may be others.
func WantQuotedLog(t testing.TB, p *child.Process, file string, n int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```log\n")
	if len(blocks) < n+2 {
		t.Fatalf("%s shows %d logs", file, len(blocks)-1)
	}
	quoted, _, _ := strings.Cut(blocks[n+1], "```")
	have := map[string]bool{}
	for _, line := range p.Stderr.All() {
		have[normal(line)] = true
	}
	for line := range strings.Lines(quoted) {
		if !have[normal(strings.TrimSuffix(line, "\n"))] {
			t.Errorf("%s shows a line that the program does not log:\n%s\nit logs:\n%s", file, line, p.Stderr)
		}
	}
}

var varying = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `), ""},
	{regexp.MustCompile(`"(time|elapsed)":"[^"]*"`), `"$1":"…"`},
	{regexp.MustCompile(`\b(time|elapsed|took|left|job)=\S+`), "$1=…"},
	{regexp.MustCompile(`([^\s"=]*/)?(\w+\.go):\d+`), "$2:…"},
	{regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::\]|):\d{4,5}\b`), ":…"},
}

// normal is a line of a log without what differs from run to run.
func normal(line string) string {
	for _, v := range varying {
		line = v.what.ReplaceAllString(line, v.with)
	}
	return line
}
