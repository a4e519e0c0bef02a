package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/results"
)

// demand is a bound that the library means to keep.
type demand struct {
	text     string
	measured string
	value    float64
	limit    float64
}

func demandTable(s *results.Set) string {
	rows := [][]string{{"what", "at most", "measured", ""}}
	for _, d := range demands(s) {
		verdict := "kept"
		if !(d.value <= d.limit) {
			verdict = "**missed**"
		}
		rows = append(rows, []string{d.text, fmt.Sprint(d.limit), d.measured, verdict})
	}
	return results.Table(rows)
}

func demands(s *results.Set) []demand {
	n := cores(s)
	op := func(name string, cores int) []float64 { return s.Values(name, cores, "ns/op") }
	all := []demand{
		ratio("stop, idle: to no library", 1.1, results.RatioOf(
			s.Values("Stop/idle/lifecycle", n, results.FromSignal), s.Values("Stop/idle/bare", n, results.FromSignal))),
		ratio("stop, 50 requests under way, signal to exit: to no library", 1, results.RatioOf(
			s.Values("Stop/loaded/lifecycle", n, results.FromSignal), s.Values("Stop/loaded/bare", n, results.FromSignal))),
		ratio("the same, last answer to exit", 1, results.RatioOf(
			s.Values("Stop/loaded/lifecycle", n, results.FromAnswer), s.Values("Stop/loaded/bare", n, results.FromAnswer))),
		plain(s, "forced stop beside busy cores, ms to the first hook", 100, "Busy/forced", n, "ms-late"),
		plain(s, "drain timeout beside busy cores, ms to the first hook", 100, "Busy/timeout", n, "ms-late"),
		ms(s, "snapshot beside 10,000 tasks, ms", 5, "Snapshot/tasks=10000", n),
		ms(s, "snapshot beside 300,000 tasks, ms", 5, "Snapshot/tasks=300000", n),
		ratio("`Track` and `done`, 2 cores: to a bare `Add`, `Done`", 3.5, results.RatioOf(op("Work/track", 2), op("Work/waitgroup", 2))),
		ratio("what `Handler` adds, 2 cores: to a bare `Add`, `Done`", 2, results.RatioOf(
			less(op("Work/handler", 2), op("Work/nohandler", 2)), op("Work/waitgroup", 2))),
		plain(s, "`Handler`: allocations", 0, "Work/handler", 2, "allocs/op"),
	}
	all = append(all, serveDemands(s)...)
	for _, kind := range []subject{{"hooks", "hook"}, {"groups", "drain group"}, {"tasks", "task that ends at once"}, {"waiting", "task that waits for the stop"}} {
		all = append(all,
			ratio("time for a "+kind.text+", of 10⁶ to of 10²", 1.5, growth(s, kind.name, "ns/item")),
			ratio("heap for a "+kind.text+", of 10⁶ to of 10²", 1.5, growth(s, kind.name, "B/item")))
	}
	return append(all,
		quickest(s, "liveness, ns in the fastest round", 150, "Probe/liveness/mist", n),
		plain(s, "liveness, allocations", 0, "Probe/liveness/mist", n, "allocs/op"),
		quickest(s, "readiness without checks, ns in the fastest round", 200, "Probe/none/mist", n),
		plain(s, "readiness without checks, allocations", 0, "Probe/none/mist", n, "allocs/op"),
		ratio("readiness with ten checks: to ten goroutines", 1.5, results.RatioOf(op("Probe/ten/mist", n), op("Probe/ten/goroutines", n))),
		ratio("readiness with ten checks of 10 ms: to one", 1.1, results.RatioOf(op("Probe/ten-slow/mist", n), op("Probe/one-slow/mist", n))),
		ms(s, "adding 10,000 checks, ms", 50, "Checks/add", n),
		plain(s, "quick checks that are not right in time, of 400 beside 10,000 that hang", 0, "Checks/hung", n, "wrong/op"),
	)
}

func ratio(text string, limit float64, r results.Ratio) demand {
	if r.Value == 0 {
		return demand{text, "not measured", math.NaN(), limit}
	}
	return demand{text, r.String(), r.Value, limit}
}

// plain is a number that was measured if there are any times by that name.
func plain(s *results.Set, text string, limit float64, name string, cores int, unit string) demand {
	values := s.Values(name, cores, unit)
	if len(values) == 0 {
		return demand{text, "not measured", math.NaN(), limit}
	}
	value := results.Median(values)
	return demand{text, fmt.Sprintf("%.0f", value), value, limit}
}

// quickest is the time of an operation in the fastest round. A limit in
// nanoseconds has nothing beside it that would slow down with the machine, and
// other guests of the machine can only add to a time.
func quickest(s *results.Set, text string, limit float64, name string, cores int) demand {
	values := s.Values(name, cores, "ns/op")
	if len(values) == 0 {
		return demand{text, "not measured", math.NaN(), limit}
	}
	value := slices.Min(values)
	return demand{text, fmt.Sprintf("%.0f", value), value, limit}
}

// ms is a time in milliseconds.
func ms(s *results.Set, text string, limit float64, name string, cores int) demand {
	d := plain(s, text, limit, name, cores, "ns/op")
	if d.value /= 1e6; d.measured != "not measured" {
		d.measured = fmt.Sprintf("%.2f", d.value)
	}
	return d
}

// less is a minus b, round by round.
func less(a, b []float64) []float64 {
	diff := make([]float64, min(len(a), len(b)))
	for i := range diff {
		diff[i] = a[i] - b[i]
	}
	return diff
}
