package main

import (
	"slices"
	"strings"
	"testing"
)

const samplePattern = "./testdata/sample"

func loadSample(t *testing.T) (*source, []*Mutant) {
	t.Helper()
	sources, err := load(".", samplePattern)
	if err != nil {
		t.Fatal(err)
	}
	all := find(sources[0])
	number(all)
	return sources[0], all
}

func TestEachOperatorMakesTheMutantsThatItShould(t *testing.T) {
	_, all := loadSample(t)
	for function, want := range map[string][]string{
		"condition": {
			`empty function: if a < b && a != 0 { … => return ""; if a < b && a != 0 { …`,
			"true: a < b && a != 0 => true", "false: a < b && a != 0 => false",
			"drop operand: a < b && a != 0 => a != 0", "drop operand: a < b && a != 0 => a < b",
			"boundary: a < b => a <= b", "constant: 0 => 1", `constant: "less" => ""`,
			"drop else: { … => {}", "drop assignment: b = 1 => (nothing)", "constant: 1 => 2", "constant: 1 => 0",
			"true: b == 1 || a > 9 => true", "false: b == 1 || a > 9 => false",
			"drop operand: b == 1 || a > 9 => a > 9", "drop operand: b == 1 || a > 9 => b == 1",
			"constant: 1 => 2", "constant: 1 => 0", "boundary: a > 9 => a >= 9", "constant: 9 => 10", "constant: 9 => 8",
			`constant: "one" => ""`, `zero: fmt.Sprintf("%d", b) => ""`, `constant: "%d" => ""`, "zero: b => nil",
		},
		"arithmetic": {
			"empty function: a += 2 => return 0; a += 2",
			"drop assignment: a += 2 => (nothing)", "swap operator: a += 2 => a -= 2", "constant: 2 => 3", "constant: 2 => 1",
			"drop assignment: a++ => (nothing)", "swap operator: a++ => a--",
			"zero: a*b + max(a, b)/2 - a%2 => 0", "swap operator: a*b + max(a, b)/2 - a%2 => a*b + max(a, b)/2 + a%2",
			"swap operator: a*b + max(a, b)/2 => a*b - max(a, b)/2", "swap operator: a*b => a",
			"swap operator: max(a, b)/2 => max(a, b)", "swap min and max: max(a, b) => min(a, b)",
			"constant: 2 => 3", "constant: 2 => 1", "swap operator: a%2 => a", "constant: 2 => 3", "constant: 2 => 1",
		},
		"loops": {
			"empty function: for _, x := range all { … => return 0; for _, x := range all { …",
			"empty range: all => (nothing)", "loop once: n += x => n += x; break",
			"true: x < 0 => true", "false: x < 0 => false", "boundary: x < 0 => x <= 0", "constant: 0 => 1",
			"drop break: break => (nothing)", "swap break and continue: break => continue",
			"true: x == 0 => true", "false: x == 0 => false", "constant: 0 => 1",
			"drop continue: continue => (nothing)", "swap break and continue: continue => break",
			"drop assignment: n += x => (nothing)", "swap operator: n += x => n -= x",
			"constant: 0 => 1", "false: i < 2 => false", "boundary: i < 2 => i <= 2", "constant: 2 => 3", "constant: 2 => 1",
			"loop once: n-- => n--; break", "drop assignment: n-- => (nothing)", "swap operator: n-- => n++",
			"zero: n => 0",
		},
		"send": {"drop send: ch <- n => (nothing)"},
		"lookup": {
			"empty function: m := make(map[int]int, 10) => return 0, false; m := make(map[int]int, 10)",
			"constant: 10 => 11 (capacity)", "constant: 10 => 9 (capacity)",
			"drop assignment: m[7] = 8 => (nothing)", "constant: 7 => 8", "constant: 7 => 6", "constant: 8 => 9", "constant: 8 => 7",
			"spoil result: v, ok := m[n] => v, ok := m[n]; v = 0", "spoil result: v, ok := m[n] => v, ok := m[n]; ok = !ok",
			"zero: v => 0", "negate: ok => !(ok)",
		},
		"wait":   {},
		"ErrOdd": {`constant: "an odd number" => "" (wording)`},
	} {
		var got []string
		for _, m := range all {
			if m.Func == function {
				got = append(got, describe(m))
			}
		}
		if slices.Sort(got); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s:\n got %s\nwant %s", function, strings.Join(got, "\n     "), strings.Join(sorted(want), "\n     "))
		}
	}
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// describe is the operator, the change, and the first word of the rule that
// leaves it out.
func describe(m *Mutant) string {
	text := m.Op + ": " + m.Change()
	if rule, _, ok := strings.Cut(m.Rule, ":"); ok {
		text += " (" + rule + ")"
	}
	return text
}

func TestStatementsThatRunBesideOrLaterAreDropped(t *testing.T) {
	_, all := loadSample(t)
	var got []string
	for _, m := range all {
		if m.Func == "flows" {
			got = append(got, describe(m))
		}
	}
	for _, want := range []string{
		"drop call: mu.Lock() => (nothing) (lock)",
		"drop defer: defer mu.Unlock() => (nothing) (lock)",
		"drop defer: defer func() { … => (nothing)",
		"drop go: go send(ch, 7) => (nothing)",
		"drop case: case n, ok := <-ch => (nothing)",
		"drop case: case <-time.After(wait) => (nothing)",
		"constant: wait => 2*(wait)",
		"constant: wait => 0",
		`drop call: panic("too late") => (nothing)`,
		"negate: ok => !(ok)",
		"spoil result: v, ok := lookup(p.left) => v, ok := lookup(p.left); v = 0",
		"zero: check(p) => nil",
		"zero: ch => nil",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("not found: %s; found:\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestWhatDoesNotCompileIsLeftOut(t *testing.T) {
	s, all := loadSample(t)
	_, bad, err := fit(s, all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range bad {
		got = append(got, m.Func+": "+describe(m))
	}
	want := []string{
		"forever: loop once: if n := next(); n > 3 { … => if n := next(); n > 3 { …; break",
		"missing: drop else: { … => {}",
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestASampleIsTheSameEachTimeAndAnotherForAnotherSeed(t *testing.T) {
	_, all := loadSample(t)
	first := sample(all, 20, 1)
	if len(first) != 20 || !slices.Equal(sample(all, 20, 1), first) {
		t.Errorf("two samples of one seed: %v, %v", first, sample(all, 20, 1))
	}
	if slices.Equal(sample(all, 20, 2), first) {
		t.Error("the samples of two seeds are the same")
	}
	// Half of the mutants gone, the others are drawn as before.
	half := slices.DeleteFunc(slices.Clone(all), func(m *Mutant) bool { return m.Func == "condition" })
	some := sample(half, 20, 1)
	for _, m := range first {
		if m.Func != "condition" && !slices.Contains(some, m) {
			t.Errorf("%s is not drawn any more", m.Key())
		}
	}
}
