package results

import (
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const output = `goos: linux
cpu: Some Maker 9000
BenchmarkWork/track   	  478010	        41.98 ns/op	      32 B/op	       2 allocs/op
BenchmarkWork/track-2 	  478010	        80 ns/op	      32 B/op	       2 allocs/op
BenchmarkRun/hooks/n=100-2  10  1000 ns/op  10 ns/item
BenchmarkRun/hooks/n=100-2  10  3000 ns/op  30 ns/item
BenchmarkBroken-2
PASS
`

func TestWhatBenchmarksPrintIsRead(t *testing.T) {
	s, err := Parse(strings.NewReader(output + Line("Stop/idle/x", 5, FromSignal)))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Config; got["goos"] != "linux" || got["cpu"] != "Some Maker 9000" {
		t.Errorf("config %v", got)
	}
	for _, want := range []struct {
		name   string
		cores  int
		unit   string
		values []float64
	}{
		{"Work/track", 1, "ns/op", []float64{41.98}},
		{"Work/track", 2, "ns/op", []float64{80}},
		{"Work/track", 2, "allocs/op", []float64{2}},
		{"Run/hooks/n=100", 2, "ns/item", []float64{10, 30}},
		{"Run/hooks/n=100", 1, "ns/item", nil},
	} {
		if got := s.Values(want.name, want.cores, want.unit); !slices.Equal(got, want.values) {
			t.Errorf("%s on %d cores, %s: got %v, want %v", want.name, want.cores, want.unit, got, want.values)
		}
	}
	if got := s.Median("Run/hooks/n=100", 2, "ns/item"); got != 20 {
		t.Errorf("the median is %v, want 20", got)
	}
}

func TestALineThatIsBrokenIsAnError(t *testing.T) {
	if _, err := Parse(strings.NewReader("BenchmarkX 1 much ns/op")); err == nil {
		t.Error("it was read")
	}
}

func TestARatioHasItsInterval(t *testing.T) {
	a, b := []float64{20, 22, 24, 26, 28}, []float64{10, 11, 12, 13, 14}
	r := RatioOf(a, b)
	if r.Value != 2 || r.Low > 2 || r.High < 2 {
		t.Errorf("got %v, want 2 inside its interval", r)
	}
	if again := RatioOf(a, b); again != r {
		t.Errorf("the same values give %v and then %v", r, again)
	}
	if got := RatioOf(nil, b); got != (Ratio{}) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestNumbersHaveThreeDigitsAndAUnit(t *testing.T) {
	for ns, want := range map[float64]string{
		0: "–", 0.5094: "0.51 ns", 41.98: "42.0 ns", 999.7: "1.00 µs", 12_916_970: "12.9 ms", 5_000_000_000: "5.00 s",
	} {
		if got := Nanos(ns); got != want {
			t.Errorf("%v: got %q, want %q", ns, got, want)
		}
	}
}
