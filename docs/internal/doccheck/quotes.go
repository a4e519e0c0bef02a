package doccheck

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// programs is the Go files of the tree, without indentation.
func (t *Tree) programs() (texts []string, err error) {
	for file := range t.isDir {
		if path.Ext(file) != ".go" || inTestdata(file) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(file)))
		if err != nil {
			return nil, err
		}
		texts = append(texts, flush(string(text)))
	}
	return texts, nil
}

// quotes reports whether the block is some of the lines of a program.
func quotes(b Block, programs []string) bool {
	for _, text := range programs {
		if strings.Contains("\n"+text, "\n"+flush(b.Text)) {
			return true
		}
	}
	return false
}

// flush is the text with its lines set flush left.
func flush(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimLeft(line, " \t")
	}
	return strings.Join(lines, "")
}
