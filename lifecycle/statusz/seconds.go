package statusz

import (
	"fmt"
	"strconv"
	"time"
)

// seconds is a duration that is encoded in JSON as seconds, to the millisecond.
type seconds time.Duration

func known(d time.Duration) *seconds { return (*seconds)(&d) }

// MarshalJSON returns a number such as 12.345.
func (s seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Round(time.Millisecond).Seconds(), 'f', -1, 64), nil
}

// String returns a readable text, such as "320 ms", "12.3 s", "4 min 5 s" and
// "3 d 4 h", with at most two units.
func (s seconds) String() string {
	d := time.Duration(s)
	switch {
	case d < 0:
		return "-" + max(-s, -(s+1)).String() // the smallest value has no negation
	case d > 0 && d < 500*time.Microsecond:
		return "< 1 ms"
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d < 59950*time.Millisecond && d.Round(time.Millisecond)%time.Second == 0:
		return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
	case d < 59950*time.Millisecond:
		return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', 1, 64) + " s"
	}
	d = d.Round(time.Second)
	const day = 24 * time.Hour
	for _, unit := range []struct {
		size, next time.Duration
		name, then string
	}{{day, time.Hour, "d", "h"}, {time.Hour, time.Minute, "h", "min"}, {time.Minute, time.Second, "min", "s"}} {
		if d >= unit.size {
			return fmt.Sprintf("%d %s %d %s", d/unit.size, unit.name, d%unit.size/unit.next, unit.then)
		}
	}
	return "60 s" // not reached: less than a minute was handled above
}
