package timeline

import "time"

// scale says where an instant is drawn, in columns or in pixels. What comes
// before the stop takes lead of them, whatever its length, and what comes after
// it takes room, up to the return of Run.
type scale struct {
	lead, room     int
	stop, returned time.Duration
}

func (t *Timeline) scale(lead, room int) scale {
	return scale{lead, room, t.stop, t.trace.Returned}
}

// at returns where an instant is, from 0 to lead+room. Later than Run's return is
// where that is.
func (s scale) at(d time.Duration) int {
	switch {
	case d < s.stop:
		return int(time.Duration(s.lead) * d / s.stop)
	case d >= s.returned && s.returned > s.stop:
		return s.lead + s.room
	case d == s.stop || s.returned == s.stop:
		return s.lead
	}
	return s.lead + int(time.Duration(s.room)*(d-s.stop)/(s.returned-s.stop))
}

// tick is one mark of the axis.
type tick struct {
	x     int
	label string
}

// ticks returns the marks from the stop on, each at least apart from the one
// before: by its own label and a gap, where a character is char wide.
func (s scale) ticks(char, gap int) []tick {
	length := s.returned - s.stop
	if length == 0 {
		return []tick{{s.lead, "0s"}}
	}
	for step := range steps {
		var all []tick
		fits := true
		for d := time.Duration(0); d <= length && fits; d += step {
			all = append(all, tick{s.at(s.stop + d), short(d)})
			if n := len(all); n > 1 {
				wide := max(len(all[n-1].label), len(all[n-2].label))
				fits = all[n-1].x-all[n-2].x >= wide*char+gap
			}
		}
		if fits {
			return all
		}
	}
	return nil
}
