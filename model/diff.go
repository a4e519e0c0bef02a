package model

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Diff returns "" when two traces are the same. Otherwise it prints them side
// by side, the expected one on the left, with a mark on every line that only
// one of them has: "<" for what is missing, ">" for what should not be there. Of
// many lines in a row that both have, the first and the last are printed.
func Diff(want, got Trace) string {
	if want.Equal(got) {
		return ""
	}
	rows := shortened(align(want.lines(), got.lines()))
	width := len("want")
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r.left))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  %-*s | %s\n", width, "want", "got")
	for _, r := range rows {
		text := fmt.Sprintf("%s %-*s | %s", r.mark, width, r.left, r.right)
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}

type row struct{ mark, left, right string }

// shortened leaves out the middle of more than eight rows that are the same on both sides.
func shortened(rows []row) (short []row) {
	const most, kept = 8, 3
	for i := 0; i < len(rows); i++ {
		same := 0
		for i+same < len(rows) && rows[i+same].mark == " " {
			same++
		}
		if same > most {
			text := fmt.Sprintf("… %d more that are the same", same-2*kept)
			short = append(append(short, rows[i:i+kept]...), row{" ", text, text})
			i += same - kept
			same = kept
		}
		short = append(short, rows[i:i+max(same, 1)]...)
		i += max(same, 1) - 1
	}
	return short
}

// align pairs the lines that both sides have, in a longest common
// subsequence, so that one missing line does not make every later one differ.
func align(want, got []string) []row {
	// common[i][j] is the length of that sequence for want[i:] and got[j:].
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i] == got[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var rows []row
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			rows = append(rows, row{" ", want[i], got[j]})
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			rows = append(rows, row{"<", want[i], ""})
			i++
		default:
			rows = append(rows, row{">", "", got[j]})
			j++
		}
	}
	return rows
}
