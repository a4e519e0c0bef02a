package main

import (
	"fmt"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/results"
)

// cores is on how many the comparisons that are no matter of cores are made:
// all that were there.
func cores(s *results.Set) int {
	n := 1
	_, _ = fmt.Sscan(s.Config["cores"], &n)
	return n
}

// tables makes every table of the README.
func tables(s *results.Set) map[string]string {
	c := s.Config
	return map[string]string{
		"machine": fmt.Sprintf("%s, %s cores of %s, %s/%s, %s; %s rounds, %s of those with a million items.\n",
			c["date"], c["cores"], c["cpu"], c["goos"], c["goarch"], c["go"], c["rounds"], c["many"]),
		"demands": demandTable(s),
		"idle":    results.StopTable(s, "idle", cores(s), results.FromSignal),
		"loaded":  results.StopTable(s, "loaded", cores(s), results.FromAnswer, results.FromSignal),
		"lost":    lostTable(s),
		"served":  servedTable(s),
		"work":    workTable(s),
		"run":     runTable(s),
		"machines": grid(s, []string{"State", "Can", "Fire", "Life"}, []subject{
			{"fsm", "this library"}, {"looplab", "looplab/fsm"}, {"stateless", "qmuntal/stateless"}, {"atomic", "an atomic"},
		}, "", "`State`", "`Can`", "`Fire`", "a whole life"),
		"probes": grid(s, []string{"Probe/liveness", "Probe/none", "Probe/ten", "Probe/one-slow", "Probe/ten-slow"}, []subject{
			{"mist", "this library"}, {"liesenfeld", "alexliesenfeld/health"}, {"hellofresh", "hellofresh/health-go"},
			{"hellofresh-wide", "the same, `WithMaxConcurrent(n)`"}, {"sundheit", "AppsFlyer/go-sundheit (what ran before)"},
			{"bytes", "floor: bytes made before"}, {"goroutines", "floor: a goroutine per check"},
		}, "", "liveness", "no checks", "ten checks", "one of 10 ms", "ten of 10 ms"),
	}
}

type subject struct{ name, text string }

// grid has a row for each subject and a column for each benchmark.
func grid(s *results.Set, benchmarks []string, subjects []subject, heading ...string) string {
	rows := [][]string{heading}
	for _, subject := range subjects {
		row := []string{subject.text}
		for _, benchmark := range benchmarks {
			row = append(row, cost(s, benchmark+"/"+subject.name, cores(s)))
		}
		rows = append(rows, row)
	}
	return results.Table(rows)
}

// cost is the time of one operation and, if there are any, its allocations.
func cost(s *results.Set, name string, cores int) string {
	text := results.Nanos(s.Median(name, cores, "ns/op"))
	if n := s.Median(name, cores, "allocs/op"); n > 0 {
		text += fmt.Sprintf(", %.0f allocs", n)
	}
	return text
}

func workTable(s *results.Set) string {
	rows := [][]string{{"", "1 core", "2 cores", "to a bare pair on 2 cores (95%)"}}
	for _, w := range []subject{
		{"waitgroup", "bare `WaitGroup`: `Add`, `Done`"}, {"draingroup", "`DrainGroup`: `Add`, `Done`"},
		{"track", "`Track`, `done`"}, {"nohandler", "a handler that does nothing"}, {"handler", "the same in `Handler`"},
	} {
		name := "Work/" + w.name
		ratio := results.RatioOf(s.Values(name, 2, "ns/op"), s.Values("Work/waitgroup", 2, "ns/op"))
		rows = append(rows, []string{w.text, cost(s, name, 1), cost(s, name, 2), ratio.String()})
	}
	return results.Table(rows)
}

func runTable(s *results.Set) string {
	rows := [][]string{{"per item", "n = 1", "10²", "10⁴", "10⁶", "10⁶ to 10² (95%)", "heap, 10²", "10⁶", "held, 10⁶"}}
	for _, kind := range []subject{
		{"hooks", "hooks"}, {"hooks-bare", "functions"},
		{"groups", "drain groups"}, {"groups-bare", "WaitGroups"},
		{"tasks", "tasks that end at once"}, {"tasks-bare", "goroutines"},
		{"waiting", "tasks that wait for the stop"}, {"waiting-bare", "goroutines"},
	} {
		row := []string{kind.text}
		for _, n := range []string{"1", "100", "10000", "1000000"} {
			row = append(row, results.Nanos(s.Median("Run/"+kind.name+"/n="+n, cores(s), "ns/item")))
		}
		few, many := "Run/"+kind.name+"/n=100", "Run/"+kind.name+"/n=1000000"
		rows = append(rows, append(row, growth(s, kind.name, "ns/item").String(),
			results.Bytes(s.Median(few, cores(s), "B/item")), results.Bytes(s.Median(many, cores(s), "B/item")),
			results.Bytes(s.Median(many, cores(s), "held-B/item"))))
	}
	return results.Table(rows)
}

// growth is what one of 10⁶ items costs, to one of 10².
func growth(s *results.Set, kind, unit string) results.Ratio {
	return results.RatioOf(s.Values("Run/"+kind+"/n=1000000", cores(s), unit), s.Values("Run/"+kind+"/n=100", cores(s), unit))
}
