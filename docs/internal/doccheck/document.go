package doccheck

import (
	"fmt"
	"regexp"
	"strings"
)

// A Document is what is checked of a Markdown file.
type Document struct {
	Path     string
	Blocks   []Block         // what is fenced, in order
	Prelude  Block           // the comment with declarations for blocks of Go
	Problems []Problem       // found while reading
	links    []link          // in order
	anchors  map[string]bool // what a link may have behind #
}

// A Block is what stands between two fences.
type Block struct {
	Line int    // of its first line
	Lang string // the first word of its info string
	Mark string // the second word
	Text string // ends with a newline, unless it is empty
}

var (
	fence       = regexp.MustCompile("^([ \t]*)(`{3,}|~{3,})[ \t]*([^`]*)$")
	preludeOpen = regexp.MustCompile(`^<!--\s*prelude\s*$`)
)

// Parse reads a document.
func Parse(path, text string) *Document {
	d := &Document{Path: path, anchors: map[string]bool{}}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	d.readProse(d.takeBlocks(lines))
	return d
}

func (d *Document) problem(line int, format string, args ...any) {
	d.Problems = append(d.Problems, Problem{d.Path, line, fmt.Sprintf(format, args...)})
}

// takeBlocks reads what is fenced or in a comment, and returns the lines with
// that replaced by empty ones.
func (d *Document) takeBlocks(lines []string) (prose []string) {
	prose = append(prose, lines...)
	for i := 0; i < len(lines); i++ {
		open := fence.FindStringSubmatch(lines[i])
		comment := strings.HasPrefix(lines[i], "<!--")
		if open == nil && !comment {
			continue
		}
		closes := func(line string) bool { return strings.Contains(line, "-->") }
		start := i + 1
		if open != nil {
			closes = func(line string) bool {
				line = strings.TrimSpace(line)
				return len(line) >= len(open[2]) && strings.Trim(line, open[2][:1]) == ""
			}
		} else if closes(lines[i]) {
			start = i
		}
		end := start
		for end < len(lines) && !closes(lines[end]) {
			end++
		}
		if end == len(lines) {
			d.problem(i+1, "is not closed")
		}
		switch {
		case open != nil:
			d.addBlock(Block{Line: start + 1, Text: unindent(lines[start:end], open[1])}, open[3])
		case preludeOpen.MatchString(lines[i]):
			if d.Prelude.Line > 0 {
				d.problem(i+1, "a second prelude; a document has one")
			}
			d.Prelude = Block{Line: start + 1, Lang: "go", Text: unindent(lines[start:end], "")}
		}
		for ; i < end; i++ {
			prose[i] = ""
		}
		if i < len(lines) {
			prose[i] = ""
		}
	}
	return prose
}

func unindent(lines []string, indent string) string {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(strings.TrimPrefix(line, indent) + "\n")
	}
	return text.String()
}

func (d *Document) addBlock(b Block, info string) {
	words := strings.Fields(info)
	if len(words) > 0 {
		b.Lang = words[0]
	}
	if len(words) > 1 {
		b.Mark = strings.Join(words[1:], " ")
	}
	afterRun := len(d.Blocks) > 0 && d.Blocks[len(d.Blocks)-1].Mark == "run"
	switch {
	case b.Mark == "", b.Lang == "sh" && b.Mark == "run":
	case b.Lang != "text" || b.Mark != "output":
		d.problem(b.Line-1, "unknown mark %q; a block is marked as sh run or text output", strings.Join(words, " "))
	case !afterRun:
		d.problem(b.Line-1, "the output of no block: none before it is marked as sh run")
	}
	d.Blocks = append(d.Blocks, b)
}
