package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/docs/internal/timeline"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheCommand(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		does   string
		args   string
		code   int
		stdout string
		stderr string // "": nothing is there
	}{
		{"draws an example when nothing is given", "", 0, command + " " + timeline.Example + "\n", ""},
		{"says that there is help then", "", 0, "-h says", ""},
		{"draws what is given", "-main 3s", 0, "SIGTERM: Run returns nil after 3s.\n", ""},
		{"lists its flags", "-h", 0, "-interrupt-at", ""},
		{"refuses what makes no sense", "-main soon", 2, "", "timeline: invalid value \"soon\" for flag -main: \"soon\" is not a duration such as 1.5s (-h lists the flags)\n"},
		{"refuses flags that it does not know", "-mian 3s", 2, "", "-mian"},
		{"says that a file cannot be written", "-svg " + filepath.Join(dir, "none", "x.svg"), 1, "", "x.svg"},
	} {
		var stdout, stderr strings.Builder
		code := run(strings.Fields(c.args), &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("it %s: exit code %d\n%s\n%s", c.does, code, stdout.String(), stderr.String())
		}
		if c.stderr == "" && stderr.String() != "" || c.stdout == "" && stdout.String() != "" {
			t.Errorf("it %s, but says also\n%s\n%s", c.does, stdout.String(), stderr.String())
		}
	}
}

func TestTheSVGIsWrittenBesideTheText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.svg")
	var stdout, stderr strings.Builder
	if code := run([]string{"-svg", file}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "What Run returns") {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout.String(), stderr.String())
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "<svg ") {
		t.Errorf("%v: %.40s", err, text)
	}
}

func TestTheDocumentationNamesEveryFlag(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var usage strings.Builder
	timeline.Usage(&usage)
	flags := 0
	for line := range strings.Lines(usage.String()) {
		if name := strings.Fields(line)[0]; strings.HasPrefix(line, "  -") {
			flags++
			if !strings.Contains(string(doc), "\n//\t"+name+" ") {
				t.Errorf("doc.go does not say what %s is", name)
			}
		}
	}
	if flags == 0 {
		t.Error("no flags in", usage.String())
	}
}
