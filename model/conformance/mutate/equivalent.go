package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"strings"
)

// equivalentText lists mutants that do what the code does, or what the contract
// leaves free. A line that begins with no space is the key of one, and the lines
// below it, which do, say why.
//
//go:embed equivalent.txt
var equivalentText []byte

// readEquivalent returns the reasons by key.
func readEquivalent(text []byte) (map[string]string, error) {
	reasons := map[string]string{}
	key := ""
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, "\t"):
			if _, twice := reasons[line]; twice {
				return nil, fmt.Errorf("equivalent.txt:%d: listed twice", n)
			}
			key = line
			reasons[key] = ""
		case key == "":
			return nil, fmt.Errorf("equivalent.txt:%d: a reason for nothing", n)
		default:
			reasons[key] = strings.TrimSpace(reasons[key] + " " + strings.TrimSpace(line))
		}
	}
	for key, reason := range reasons {
		if reason == "" {
			return nil, fmt.Errorf("equivalent.txt: no reason for %s", key)
		}
	}
	return reasons, nil
}
