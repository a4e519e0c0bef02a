package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Table returns Markdown: the first row is the heading.
func Table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("| ---" + strings.Repeat(" | ---:", len(row)-1) + " |\n")
		}
	}
	return b.String()
}

// Nanos writes a number of nanoseconds with a unit and three digits.
func Nanos(ns float64) string {
	switch {
	case ns == 0:
		return "–"
	case ns < 999.5:
		return digits(ns) + " ns"
	case ns < 999.5e3:
		return digits(ns/1e3) + " µs"
	case ns < 999.5e6:
		return digits(ns/1e6) + " ms"
	}
	return digits(ns/1e9) + " s"
}

// Bytes writes a number of bytes.
func Bytes(n float64) string { return fmt.Sprintf("%d B", int64(math.Round(n))) }

func digits(v float64) string {
	places := max(0, 2-int(math.Floor(math.Log10(v))))
	return strconv.FormatFloat(v, 'f', min(places, 2), 64)
}

// Units of what the command stop measures.
const (
	FromSignal = "ns-from-signal"
	FromAnswer = "ns-from-last-answer"
)

// Stop is one way to stop a service, as the command stop runs it.
type Stop struct{ Name, Text string }

// Stops are the ways compared, in the order of the tables.
var Stops = []Stop{
	{"bare", "`signal.NotifyContext`, `srv.Shutdown`"},
	{"bare-log", "the same, and one line logged with `slog`"},
	{"lifecycle", "this library, `ListenAndServe`"},
	{"documented", "this library, server stopped by a hook, default grace"},
	{"documented-no-grace", "the same with `WithReturnGrace(0)`"},
	{"oklog", "oklog/run"},
	{"fx", "uber fx"},
}

// StopTable is the table of one scene, "idle" or "loaded". The ratio is that
// of the first unit, to the same without a library.
func StopTable(s *Set, scene string, cores int, units ...string) string {
	heading := map[string]string{FromSignal: "signal to exit", FromAnswer: "last answer to exit"}
	rows := [][]string{{scene, "runs"}}
	for _, unit := range units {
		rows[0] = append(rows[0], heading[unit]+", median", "p90")
	}
	rows[0] = append(rows[0], "ratio of medians (95%)")
	for _, stop := range Stops {
		values := s.Values("Stop/"+scene+"/"+stop.Name, cores, units[0])
		if len(values) == 0 {
			continue
		}
		row := []string{stop.Text, fmt.Sprint(len(values))}
		for _, unit := range units {
			values := s.Values("Stop/"+scene+"/"+stop.Name, cores, unit)
			row = append(row, Nanos(Median(values)), Nanos(quantile(values, 0.9)))
		}
		rows = append(rows, append(row, RatioOf(values, s.Values("Stop/"+scene+"/bare", cores, units[0])).String()))
	}
	return Table(rows)
}
