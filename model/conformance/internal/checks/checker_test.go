package checks

import (
	"strings"
	"testing"
)

func TestOfManyFailuresTheFirstAreShown(t *testing.T) {
	for n, want := range map[int]string{
		0:    "",
		1:    "wrong",
		8:    "wrong" + strings.Repeat("\nwrong", 7),
		9:    "wrong" + strings.Repeat("\nwrong", 8), // the last takes no more room than what would stand for it
		10:   "wrong" + strings.Repeat("\nwrong", 7) + "\nand 2 more like these",
		1000: "wrong" + strings.Repeat("\nwrong", 7) + "\nand 992 more like these",
	} {
		var c Checker
		for range n {
			c.Errorf("wrong")
		}
		if got := c.Failure(); got != want {
			t.Errorf("after %d failures, it is %q, want %q", n, got, want)
		}
	}
}
