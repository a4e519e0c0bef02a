//go:build unix

package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

// The keys under which each library has the text and the level of a record.
var formats = map[string]struct{ text, level string }{
	"json":    {"msg", "level"},
	"zap":     {"msg", "level"},
	"zerolog": {"message", "level"},
}

func TestEveryLineOfTheStopIsInTheFormatOfTheLibrary(t *testing.T) {
	for format, key := range formats {
		t.Run(format, func(t *testing.T) {
			var texts []string
			for _, line := range logOf(t, format) {
				var record map[string]any
				if err := json.Unmarshal([]byte(line), &record); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				text, _ := record[key.text].(string)
				texts = append(texts, text)
				switch text {
				case "lifecycle: draining":
					if record["at_most"] != "15s" || record["waits_for"] != "main" {
						t.Errorf("draining: %v", record)
					}
				case "lifecycle: hook failed":
					if level, _ := record[key.level].(string); !strings.EqualFold(level, "error") {
						t.Errorf("a hook's failure has level %v", record[key.level])
					}
				}
			}
			all := strings.Join(texts, "\n")
			for _, want := range []string{
				"a library that uses package log", "lifecycle: draining", "lifecycle: hook failed", "lifecycle: stopped",
			} {
				if !strings.Contains(all, want) {
					t.Errorf("no line says %q", want)
				}
			}
			if last := texts[len(texts)-1]; last != "billing failed" {
				t.Errorf("the last line is %q", last)
			}
		})
	}
}

func TestTheTextOfACleanEndIsForDebug(t *testing.T) {
	const text = `"error":"context canceled"`
	if all := strings.Join(logOf(t, "json"), "\n"); strings.Contains(all, text) {
		t.Errorf("without -debug the log has %s:\n%s", text, all)
	}
	if all := strings.Join(logOf(t, "json", "-debug"), "\n"); !strings.Contains(all, text) {
		t.Errorf("with -debug the log has no %s:\n%s", text, all)
	}
}

func TestTheGuideShowsTheLogAsItIs(t *testing.T) {
	guide, err := os.ReadFile("../logging.md")
	if err != nil {
		t.Fatal(err)
	}
	_, quoted, _ := strings.Cut(string(guide), "```json\n")
	quoted, _, found := strings.Cut(quoted, "```")
	if !found {
		t.Fatal("the guide shows no log")
	}
	have := map[string]bool{}
	for _, line := range logOf(t, "json") {
		have[normal(line)] = true
	}
	for line := range strings.Lines(quoted) {
		if line = strings.TrimSuffix(line, "\n"); !have[normal(line)] {
			t.Errorf("the program does not log\n%s", line)
		}
	}
}

var varying = regexp.MustCompile(`"(time|elapsed)":"[^"]*"|(\S*/)?main\.go:\d+`)

func normal(line string) string { return varying.ReplaceAllString(line, "…") }

// logOf runs the program until SIGTERM, and returns its log.
func logOf(t *testing.T, format string, args ...string) []string {
	t.Helper()
	p := guidetest.Start(t, append([]string{"-format", format}, args...)...)
	// Not a line of the log: zap's is buffered until the end.
	for p.Stdout.Find("billing waits for SIGTERM") < 0 {
		select {
		case <-p.Exited():
			t.Fatal("the program has ended")
		case <-time.After(time.Millisecond):
		}
	}
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 1)
	return p.Stderr.All()
}
