package doccheck

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A Command is a block marked as sh run, and what is shown of its output.
type Command struct {
	Document *Document
	Block    Block
	Output   *Block // the block marked as text output, if there is one
}

// Commands is the documents' commands, in order.
func (t *Tree) Commands() (commands []Command) {
	for _, d := range t.Documents {
		for i, b := range d.Blocks {
			if b.Mark != "run" {
				continue
			}
			c := Command{Document: d, Block: b}
			if i+1 < len(d.Blocks) && d.Blocks[i+1].Mark == "output" {
				c.Output = &d.Blocks[i+1]
			}
			commands = append(commands, c)
		}
	}
	return commands
}

// Run runs the command in the directory, with a shell that stops at the first
// thing that fails, and compares the output shown with the one it has.
func (c Command) Run(ctx context.Context, dir string) []Problem {
	cmd := exec.CommandContext(ctx, "sh", "-eu", "-c", c.Block.Text)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return []Problem{{c.Document.Path, c.Block.Line, fmt.Sprintf("%v, having printed\n%s", err, out)}}
	}
	if c.Output == nil {
		return nil
	}
	shown, printed := c.Output.Text, string(out)
	if same(lines(normalize(shown, dir)), lines(normalize(printed, dir))) {
		return nil
	}
	return []Problem{{c.Document.Path, c.Output.Line, fmt.Sprintf("shows\n%sbut this is printed:\n%s", shown, printed)}}
}

// varying is what differs from run to run, or from machine to machine, and what
// stands for it.
var varying = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`(?m)^go: downloading .*\n`), ""},
	{regexp.MustCompile(`[ \t]+(?m:$)`), ""},
	{regexp.MustCompile(`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?`), "<time>"},
	{regexp.MustCompile(`\b(?:\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m|h))+\b`), "<duration>"},
	{regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::1?\]):\d+`), "$1:<port>"},
	{regexp.MustCompile(`\b(pid[ =:]|process )\d+`), "$1<pid>"},
	{regexp.MustCompile(`\.go:\d+(?::\d+)?`), ".go:<line>"},
	{regexp.MustCompile(regexp.QuoteMeta(filepath.Clean(os.TempDir())) + `/[^\s"']*`), "<temporary>"},
}

// normalize replaces what varies. What is in the directory is named from there.
func normalize(text, dir string) string {
	if dir, err := filepath.Abs(dir); err == nil {
		text = strings.ReplaceAll(text, dir+string(filepath.Separator), "")
	}
	for _, v := range varying {
		text = v.what.ReplaceAllString(text, v.as)
	}
	return strings.Trim(text, "\n")
}

// same reports whether the lines shown are those that were printed, where a
// line of three dots is any number of lines.
func same(shown, printed []string) bool {
	for len(shown) > 0 && strings.TrimSpace(shown[0]) != "..." {
		if len(printed) == 0 || shown[0] != printed[0] {
			return false
		}
		shown, printed = shown[1:], printed[1:]
	}
	if len(shown) == 0 {
		return len(printed) == 0
	}
	for i := range len(printed) + 1 {
		if same(shown[1:], printed[i:]) {
			return true
		}
	}
	return false
}

func lines(text string) []string { return strings.Split(text, "\n") }
