package main

import (
	"fmt"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/results"
)

// The protocols of the differential test.
var protocols = []string{"HTTP/1.1", "TLS", "HTTP/2", "h2c"}

// lostTable is what became of requests around a stop.
func lostTable(s *results.Set) string {
	rows := [][]string{{"requests lost", "connections", "requests", "by `Serve`", "by `Shutdown`", "by `Serve` alone", "by `Shutdown` alone"}}
	for _, protocol := range protocols {
		row := []string{protocol}
		for _, unit := range []string{"connections", "requests", "lost-by-serve", "lost-by-shutdown", "lost-by-serve-alone", "lost-by-shutdown-alone"} {
			row = append(row, fmt.Sprintf("%.0f", lostCount(s, protocol, unit)))
		}
		rows = append(rows, row)
	}
	return results.Table(rows)
}

func lostCount(s *results.Set, protocol, unit string) float64 {
	return s.Median("Differential/"+protocol+"/all", 1, unit)
}

// servedTable is one request and its answer over loopback.
func servedTable(s *results.Set) string {
	rows := [][]string{{"one request", "time", "allocations", "to a bare server (95%)"}}
	for _, w := range []subject{
		{"bare", "a bare `http.Server`"}, {"serve", "`Serve`"}, {"serve-delay", "`Serve`, with a drain delay"},
	} {
		rows = append(rows, []string{w.text, results.Nanos(s.Median("Serve", cores(s), w.name+"-ns")),
			fmt.Sprintf("%.0f", s.Median("Serve", cores(s), w.name+"-allocs")), served(s, w.name).String()})
	}
	return results.Table(rows)
}

// served is the time of a request under one server to that under a bare one.
func served(s *results.Set, name string) results.Ratio {
	return results.RatioOf(s.Values("Serve", cores(s), name+"-ns"), s.Values("Serve", cores(s), "bare-ns"))
}

func serveDemands(s *results.Set) (all []demand) {
	for _, protocol := range protocols {
		ours, plain := lostCount(s, protocol, "lost-by-serve"), lostCount(s, protocol, "lost-by-shutdown")
		d := demand{text: protocol + ": requests that `Serve` loses at a stop, to those that `Shutdown` does", limit: 1}
		d.value, d.measured = ours/plain, fmt.Sprintf("%.0f to %.0f", ours, plain)
		if plain == 0 {
			d.measured = "not measured"
		}
		all = append(all, d)
	}
	for _, w := range []subject{{"serve", "`Serve`"}, {"serve-delay", "`Serve` with a drain delay"}} {
		all = append(all, ratio("a request under "+w.text+": to a bare server", 1.05, served(s, w.name)))
		d := plain(s, "the same, allocations more", 1, "Serve", cores(s), w.name+"-allocs")
		if bare := s.Median("Serve", cores(s), "bare-allocs"); bare > 0 {
			d.value -= bare
			d.measured = fmt.Sprintf("%.0f", d.value)
		}
		all = append(all, d)
	}
	return all
}
