package systemd

import (
	"fmt"
	"strings"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// unlimited is the budget from which on no limit is shown: a hundred years.
const unlimited = 100 * 365 * 24 * time.Hour

// status returns the line that systemctl status shows, such as "draining
// (stop_requested): waits for main, 2 requests; at most 15s".
func status(step fsm.Step, s lifecycle.Snapshot) string {
	text := fmt.Sprintf("%v (%v)", step.To, step.On)
	if s.Deadline.IsZero() {
		return text
	}
	var waits string
	switch step.To {
	case fsm.Draining:
		waits = "waits for " + work(s)
	case fsm.Hooks:
		waits = "runs " + hooks(s)
	}
	text += ": " + waits
	if s.Budget < unlimited {
		text += "; at most " + s.Budget.Round(time.Millisecond).String()
	}
	return text
}

// work returns what Draining waits for, as text.
func work(s lifecycle.Snapshot) string {
	groups := 0
	for _, g := range s.Groups {
		if !g.Idle {
			groups++
		}
	}
	parts := []string{"main"}
	if s.MainBack {
		parts = nil
	}
	for _, of := range []struct {
		n    int
		what string
	}{{groups, "drain group"}, {s.TaskCount, "task"}, {s.Tracked, "tracked unit"}, {s.Requests, "request"}} {
		if of.n > 0 {
			parts = append(parts, count(of.n, of.what))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// hooks returns the hooks that are left to run, as text.
func hooks(s lifecycle.Snapshot) string {
	left, first := s.HookCount-len(s.Hooks), "" // hooks without a row have not begun
	for _, h := range s.Hooks {
		if !h.Ended.IsZero() {
			continue
		}
		if left++; first == "" {
			if first = h.Name; first == "" {
				first = "the one registered at " + h.Place
			}
		}
	}
	if left == 0 {
		return "no hook"
	}
	return count(left, "hook") + ", first " + first
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
