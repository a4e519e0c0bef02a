package doccheck

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

var (
	external  = regexp.MustCompile(`^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)`)
	lineRange = regexp.MustCompile(`^L[0-9]+(?:-L[0-9]+)?$`)
)

// Links follows each link that stays in the tree, and its anchor.
func (t *Tree) Links() (problems []Problem) {
	documents := map[string]*Document{}
	for _, d := range t.Documents {
		documents[d.Path] = d
	}
	for _, d := range t.Documents {
		for _, l := range d.links {
			if external.MatchString(l.target) {
				continue
			}
			if text := t.follow(documents, d, l.target); text != "" {
				problems = append(problems, Problem{d.Path, l.line, fmt.Sprintf("link to %s: %s", l.target, text)})
			}
		}
	}
	return sorted(problems)
}

// follow says what is wrong with a link.
func (t *Tree) follow(documents map[string]*Document, from *Document, target string) (problem string) {
	file, anchor, _ := strings.Cut(target, "#")
	file, _, _ = strings.Cut(file, "?")
	file, err := url.PathUnescape(file)
	if err != nil {
		return err.Error()
	}
	switch {
	case file == "" && anchor == "":
		return "leads nowhere"
	case file == "":
		file = from.Path
	case strings.HasPrefix(file, "/"): // from the root, as GitHub takes it
		file = path.Clean(strings.TrimLeft(file, "/"))
	default:
		file = path.Join(path.Dir(from.Path), file)
	}
	isDir, exists := t.isDir[file]
	switch {
	case file == ".." || strings.HasPrefix(file, "../"):
		return "leads out of the repository"
	case !exists:
		return "there is no such file"
	case anchor == "":
		return ""
	}
	if isDir {
		file = path.Join(file, "README.md")
	}
	if d, ok := documents[file]; ok {
		if !d.anchors[anchor] {
			return fmt.Sprintf("%s has no anchor #%s", file, anchor)
		}
	} else if !lineRange.MatchString(anchor) {
		return fmt.Sprintf("%s is no document that has anchors", file)
	}
	return ""
}
