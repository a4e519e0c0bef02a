package doccheck

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
)

// A link is what a document points to.
type link struct {
	line   int
	target string
}

var (
	inline     = regexp.MustCompile(`\]\(\s*(<[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)`)
	definition = regexp.MustCompile(`(?m)^ {0,3}\[([^\]\n]+)\]:[ \t]*(\S+)`)
	reference  = regexp.MustCompile(`\[([^\[\]]+)\]\[([^\[\]]*)\]`)
	attribute  = regexp.MustCompile(`(?i)<[a-z][^>]*?\s(href|src|id|name)="([^"]*)"`)

	heading   = regexp.MustCompile(`^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$`)
	underline = regexp.MustCompile(`^ {0,3}(?:=+|-+)[ \t]*$`)
	markup    = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	tag       = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)
)

// readProse reads what is not in a block: headings and links.
func (d *Document) readProse(lines []string) {
	seen := map[string]int{}
	for i, line := range lines {
		if m := heading.FindStringSubmatch(line); m != nil {
			d.addHeading(m[1], seen)
		} else if i > 0 && underline.MatchString(line) && strings.TrimSpace(lines[i-1]) != "" && !strings.ContainsAny(lines[i-1][:1], "|#->=") {
			d.addHeading(lines[i-1], seen)
		}
	}
	text := maskCode(strings.Join(lines, "\n"))
	add := func(at int, target string) {
		target = strings.TrimSuffix(strings.TrimPrefix(target, "<"), ">")
		d.links = append(d.links, link{1 + strings.Count(text[:at], "\n"), target})
	}
	for _, m := range inline.FindAllStringSubmatchIndex(text, -1) {
		add(m[2], text[m[2]:m[3]])
	}
	for _, m := range attribute.FindAllStringSubmatchIndex(text, -1) {
		if name := strings.ToLower(text[m[2]:m[3]]); name == "id" || name == "name" {
			d.anchors[text[m[4]:m[5]]] = true
		} else {
			add(m[4], text[m[4]:m[5]])
		}
	}
	defined := map[string]bool{}
	for _, m := range definition.FindAllStringSubmatchIndex(text, -1) {
		defined[strings.ToLower(text[m[2]:m[3]])] = true
		add(m[4], text[m[4]:m[5]])
	}
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		label := text[m[4]:m[5]]
		if label == "" {
			label = text[m[2]:m[3]]
		}
		label = strings.Join(strings.Fields(label), " ")
		if !defined[strings.ToLower(label)] {
			d.problem(1+strings.Count(text[:m[0]], "\n"), "no link is defined as [%s]", label)
		}
	}
}

func (d *Document) addHeading(text string, seen map[string]int) {
	s := slug(text)
	n := seen[s]
	seen[s]++
	if n > 0 {
		s = fmt.Sprintf("%s-%d", s, n)
	}
	d.anchors[s] = true
}

// slug is the anchor that GitHub gives to a heading: what is shown of it, in
// lower case, with its letters, digits, hyphens and underscores, and a hyphen
// for each space.
func slug(text string) string {
	text = markup.ReplaceAllString(text, "$1")
	text = html.UnescapeString(tag.ReplaceAllString(text, ""))
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Pc):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(text))
}

// maskCode replaces what is between backticks by as many dots. Newlines stay.
func maskCode(text string) string {
	out := []byte(text)
	for i := 0; i < len(text); {
		n := backticks(text[i:])
		if n == 0 {
			i++
			continue
		}
		end := i + n
		for end < len(text) && !strings.HasPrefix(text[end:], "\n\n") {
			m := backticks(text[end:])
			if m == n {
				break
			}
			end += max(m, 1)
		}
		if end == len(text) || text[end] != '`' { // not closed in its paragraph: not code
			i += n
			continue
		}
		for j := i; j < end+n; j++ {
			if out[j] != '\n' {
				out[j] = '.'
			}
		}
		i = end + n
	}
	return string(out)
}

func backticks(text string) int { return len(text) - len(strings.TrimLeft(text, "`")) }
