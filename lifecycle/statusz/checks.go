package statusz

import (
	"cmp"
	"slices"
	"time"

	"github.com/greynewell/mist-go/health"
)

// check is one health check.
type check struct {
	Name     string    `json:"name"`
	State    string    `json:"state"`
	Optional bool      `json:"optional,omitempty"`
	Groups   []string  `json:"groups,omitempty"`
	Text     string    `json:"text,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	For      *seconds  `json:"for_seconds,omitempty"`
	Took     *seconds  `json:"took_seconds,omitempty"`
	Running  *seconds  `json:"running_seconds,omitempty"`
}

// The states of a check.
const (
	checkFails   = "failing"
	checkPasses  = "passing"
	checkNotSeen = "not run"
)

// addChecks adds the checks: failing ones first, and of these the required ones
// before optional ones.
func (s *status) addChecks(h *health.Handler) {
	s.Health = true
	for _, k := range h.Checks() {
		s.Checks = append(s.Checks, checkOf(k, s.At))
	}
	slices.SortStableFunc(s.Checks, func(a, b check) int { return cmp.Compare(a.rank(), b.rank()) })
	s.Checks, s.MoreChecks = capped(s.Checks, len(s.Checks))
}

func checkOf(k health.CheckStatus, now time.Time) check {
	c := check{Name: k.Name, State: checkNotSeen, Optional: k.Optional, Groups: k.Groups}
	if k.Text != "" {
		c.State, c.Since, c.For = checkPasses, k.Since, known(max(0, now.Sub(k.Since)))
		if k.Failing {
			c.State = checkFails
		}
		if k.Text != "ok" {
			c.Text = k.Text
		}
	}
	if k.Ended {
		c.Took = known(k.Took)
	}
	if !k.Running.IsZero() {
		c.Running = known(max(0, now.Sub(k.Running)))
	}
	return c
}

func (c check) rank() int {
	switch {
	case c.State == checkFails && !c.Optional:
		return 0
	case c.State == checkFails:
		return 1
	case c.Text != "":
		return 2
	case c.State == checkNotSeen:
		return 3
	}
	return 4
}
