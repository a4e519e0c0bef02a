package timeline

import (
	"fmt"
	"strings"
	"time"
)

// steps yields the distances that marks may have, from a millisecond on. It does
// not end; the first that is longer than the axis fits.
func steps(yield func(time.Duration) bool) {
	for _, unit := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		for _, n := range []time.Duration{1, 2, 5} {
			if !yield(n * unit) {
				return
			}
		}
	}
	for _, unit := range []time.Duration{time.Second, time.Minute} {
		for _, n := range []time.Duration{1, 2, 5, 10, 15, 20, 30} {
			if !yield(n * unit) {
				return
			}
		}
	}
	for d := time.Hour; yield(d); d *= 2 {
	}
}

// short prints a duration to the millisecond, without units that are zero.
func short(d time.Duration) string {
	text := d.Truncate(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// more returns a round duration that is longer than d.
func more(d time.Duration) time.Duration {
	step := grain(d)
	return (d/step + 1) * step
}

// less returns a round duration that is at most d, but not nothing.
func less(d time.Duration) time.Duration {
	step := grain(d)
	return max(d/step*step, step)
}

func grain(d time.Duration) time.Duration {
	if d < time.Second {
		return 100 * time.Millisecond
	}
	return time.Second
}

// goDuration returns d as Go writes it.
func goDuration(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "time.Hour"}, {time.Minute, "time.Minute"}, {time.Second, "time.Second"}} {
		if d%u.unit == 0 {
			return strings.TrimPrefix(fmt.Sprintf("%d*%s", d/u.unit, u.name), "1*")
		}
	}
	return fmt.Sprintf("%d*time.Millisecond", d.Milliseconds())
}

// seconds prints a duration in seconds, as a manifest has them.
func seconds(d time.Duration) string { return fmt.Sprint(d.Truncate(time.Millisecond).Seconds()) }
