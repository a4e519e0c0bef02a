package health

import (
	"cmp"
	"slices"
)

// put adds a check, replacing the one with that name. With nil it only removes that.
func (s *scheduler) put(name string, c *check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byName[name]
	if old == nil && c == nil {
		return
	}
	if c == nil {
		delete(s.byName, name)
	} else {
		s.byName[name] = c
	}
	s.sorted.Store(nil)
	if old != nil {
		old.removed = true
		if r := old.run; r != nil && !r.decided { // probes need not wait for it any longer
			s.setResult(r, nil)
		}
		s.setAlarm(old, s.now())
	}
	if c == nil {
		return
	}
	if old != nil {
		c.inherit(old)
	}
	s.added = append(s.added, c)
	if len(s.added) > 2*len(s.byName)+64 {
		s.added = slices.DeleteFunc(s.added, isRemoved)
	}
}

func isRemoved(c *check) bool { return c.removed }

// all returns the checks sorted by key. Checks that were added since the last call are
// sorted and merged with the others.
func (s *scheduler) all() []*check {
	if sorted := s.sorted.Load(); sorted != nil {
		return *sorted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	added := slices.DeleteFunc(s.added, isRemoved)
	slices.SortFunc(added, byKey)
	sorted := make([]*check, 0, len(s.byName))
	for _, c := range s.base {
		if c.removed {
			continue
		}
		for len(added) > 0 && byKey(added[0], c) < 0 {
			sorted, added = append(sorted, added[0]), added[1:]
		}
		sorted = append(sorted, c)
	}
	sorted = append(sorted, added...)
	s.base, s.added = sorted, nil
	s.sorted.Store(&sorted)
	return sorted
}

func byKey(a, b *check) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.name, b.name))
}

// of returns the checks in these groups and those without a group (HEALTH-17).
func (s *scheduler) of(groups []string) (some []*check) {
	for _, c := range s.all() {
		if c.in(groups) {
			some = append(some, c)
		}
	}
	return some
}
