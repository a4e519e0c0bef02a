// Command report runs the benchmarks and writes their tables into README.md,
// where each has its place between two comments. Run it in docs/benchmarks:
//
//	go run ./report        measures, which takes a quarter of an hour
//	go run ./report -from results    makes the tables of what was measured
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/results"
)

func main() {
	from := flag.String("from", "", "a directory of measurements to read instead of making new ones")
	into := flag.String("into", "results", "where new measurements go")
	rounds := flag.Int("rounds", 10, "how often the benchmarks are run, one after the other")
	many := flag.Int("many", 5, "how often those with a million items are")
	stops := flag.Int("stops", 250, "how often each child process is stopped")
	flag.Parse()

	dir := *from
	if dir == "" {
		dir = *into
		if err := measure(dir, *rounds, *many, *stops); err != nil {
			log.Fatal(err)
		}
	}
	set, err := read(dir)
	if err != nil {
		log.Fatal(err)
	}
	old, err := os.ReadFile("README.md")
	if err != nil {
		log.Fatal(err)
	}
	text, err := fill(string(old), tables(set))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}

// read parses every file of a directory as one run.
func read(dir string) (*results.Set, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("report: no measurements in %s", dir)
	}
	var all []io.Reader
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, bytes.NewReader(text))
	}
	return results.Parse(io.MultiReader(all...))
}

var place = regexp.MustCompile(`(?s)(<!-- table: (\S+) -->\n).*?(<!-- end -->)`)

// fill puts every table in its place. A table without a place, or a place
// without a table, is a mistake.
func fill(text string, tables map[string]string) (string, error) {
	filled := map[string]bool{}
	var unknown error
	text = place.ReplaceAllStringFunc(text, func(old string) string {
		m := place.FindStringSubmatch(old)
		table, ok := tables[m[2]]
		if !ok {
			unknown = fmt.Errorf("report: there is no table %q", m[2])
		}
		filled[m[2]] = true
		return m[1] + table + m[3]
	})
	for name := range tables {
		if !filled[name] {
			return "", fmt.Errorf("report: the table %q has no place", name)
		}
	}
	return text, unknown
}
