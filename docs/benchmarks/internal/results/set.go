// Package results reads what benchmarks print, and makes tables of it.
package results

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// Set is the measurements of one run. A benchmark that was run in several
// rounds has one value of each unit for each of them, in their order, so that
// the i-th values of two benchmarks were measured shortly one after the other.
type Set struct {
	Config map[string]string // the lines "key: value"
	values map[series][]float64
}

type series struct {
	name  string
	cores int
	unit  string
}

// Values returns what was measured: name without "Benchmark", cores as
// GOMAXPROCS was, unit as it was printed.
func (s *Set) Values(name string, cores int, unit string) []float64 {
	return s.values[series{name, cores, unit}]
}

// Median is that of the values, or zero when there are none.
func (s *Set) Median(name string, cores int, unit string) float64 {
	return Median(s.Values(name, cores, unit))
}

var (
	configLine = regexp.MustCompile(`^([a-z][^A-Z\s]*):\s+(.*)$`)
	cpuSuffix  = regexp.MustCompile(`-(\d+)$`)
)

// Parse reads the output of any number of runs of benchmarks, in the format of
// package testing. Lines of another kind are passed over.
func Parse(r io.Reader) (*Set, error) {
	s := &Set{Config: map[string]string{}, values: map[series][]float64{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m := configLine.FindStringSubmatch(lines.Text()); m != nil {
			s.Config[m[1]] = m[2]
			continue
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name, cores := strings.TrimPrefix(fields[0], "Benchmark"), 1
		if m := cpuSuffix.FindStringSubmatch(name); m != nil {
			name = strings.TrimSuffix(name, m[0])
			cores, _ = strconv.Atoi(m[1])
		}
		for i := 2; i < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("results: %q: %w", lines.Text(), err)
			}
			key := series{name, cores, fields[i+1]}
			s.values[key] = append(s.values[key], value)
		}
	}
	return s, lines.Err()
}

// Line is one measurement as Parse reads it.
func Line(name string, values ...any) string {
	suffix := ""
	if n := runtime.GOMAXPROCS(0); n > 1 {
		suffix = fmt.Sprint("-", n)
	}
	return fmt.Sprintf("Benchmark%s%s\t1\t%s", name, suffix, strings.TrimSpace(fmt.Sprintln(values...)))
}
