package conformance_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

var update = flag.Bool("update", false, "write the reports in docs/conformance anew")

// TestConformance holds this module's own lifecycle and health to the
// contract, and compares the report with the one in docs/conformance.
func TestConformance(t *testing.T) {
	t.Parallel()
	opts := []conformance.Option{conformance.OnReport(func(t *testing.T, r conformance.Report) {
		keep(t, "mist.json", r.JSON())
		keep(t, "mist.md", r.Markdown())
	})}
	if checks := flag.Lookup("rapid.checks"); os.Getenv("LIFECYCLE_BROKEN") == "" && checks.Value.String() == checks.DefValue {
		opts = append(opts, conformance.Random(250), conformance.Every(20)) // a quarter of the scenarios, and of the time
	}
	conformance.Test(t, mist.Implementation(), opts...)
}

// keep compares a report with the one that is kept, or replaces that.
func keep(t *testing.T, name string, text []byte) {
	path := filepath.Join("..", "..", "docs", "conformance", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, text) {
		t.Errorf("%s is not the report of this run (%v); to mend it, run in the root of the module:\n\tgo test ./model/conformance -run TestConformance -update", path, err)
	}
}
