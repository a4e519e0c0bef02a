package checks

import (
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// callSite is a line of code.
type callSite struct {
	file, function string
	line           int
}

// here is the place of its caller, so many lines further down.
func here(further int) callSite {
	pc, file, line, _ := runtime.Caller(1)
	function := runtime.FuncForPC(pc).Name()
	return callSite{filepath.Base(file), function[strings.LastIndex(function, "/")+1:], line + further}
}

// anywhere stands for any call site: that of an adapter, where what is called is
// never the library's own function.
var anywhere callSite

func (p callSite) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// isIn says whether a text has the place. How it is written is up to the
// implementation: file.go:12, with any path before it, file.go, line 12, line 12 of
// file.go, or the function and the line. Line 12 is not line 123.
func (p callSite) isIn(text string) bool {
	if p == anywhere {
		return anyPlace.MatchString(text)
	}
	for _, name := range []string{p.file, p.function} {
		for rest := text; name != ""; {
			var found bool
			if _, rest, found = strings.Cut(rest, name); !found {
				break
			}
			before := text[:len(text)-len(rest)-len(name)]
			before = before[max(0, len(before)-longestPath):] // the text may be long, and have the file often
			for _, line := range [][]string{firstNumber.FindStringSubmatch(rest), lineBefore.FindStringSubmatch(before)} {
				if line != nil && line[1] == strconv.Itoa(p.line) {
					return true
				}
			}
		}
	}
	return false
}

// longestPath is as long as "line 12 of" and the path of a file may be.
const longestPath = 4096

// lineBefore is a line that is named before the file, with its path.
var lineBefore = regexp.MustCompile(`\bline ([0-9]+) (?:of|in) [^ \n]*$`)

// firstNumber is a number that comes soon.
var firstNumber = regexp.MustCompile(`^[^0-9/\n]{1,12}([0-9]+)`)

// anyPlace is a place as any implementation may write it.
var anyPlace = regexp.MustCompile(`\bline [0-9]+(?: (?:of|in) [^ ]+\.go\b)?|[^ ]+\.go\b[^0-9/\n]{1,12}[0-9]+`)

// numbersIn returns the numbers in a text, which may be written 1,000 and 3x.
func numbersIn(text string) (all []string) {
	for _, found := range aNumber.FindAllStringSubmatch(thousands.ReplaceAllString(text, "$1$2"), -1) {
		all = append(all, found[1])
	}
	return all
}

// inWords are the small numbers as a text may have them.
var inWords = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"}

// hasNumber says whether a text has the number, in digits or in words.
func hasNumber(text string, number int) bool {
	if slices.Contains(numbersIn(text), strconv.Itoa(number)) {
		return true
	}
	return number < len(inWords) && slices.Contains(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }), inWords[number])
}

var (
	aNumber   = regexp.MustCompile(`\bx?([0-9]+)x?\b`)
	thousands = regexp.MustCompile(`\b([0-9]{1,3}),([0-9]{3})\b`)
)
