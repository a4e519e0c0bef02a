package checks

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// opaque is an error that answers for what it wraps, and does not unwrap to it.
type opaque struct{ inner error }

func (o opaque) Error() string        { return o.inner.Error() }
func (o opaque) Is(target error) bool { return errors.Is(o.inner, target) }
func (o opaque) As(target any) bool   { return errors.As(o.inner, target) }

func TestAPlaceIsFoundAsAnybodyWritesIt(t *testing.T) {
	place := callSite{"run.go", "checks.Main.func1", 12}
	for text, want := range map[string]bool{
		"at /src/checks/run.go:12":                   true,
		"at run.go:12:7":                             true,
		"at file:///src/run.go#L12":                  true,
		"run.go, line 12; 3 requests":                true,
		"line 12 of run.go, line 14 of run.go":       true,
		"line 12 in /src/checks/run.go":              true,
		"checks.Main.func1 (line 12)":                true,
		"run.go:123":                                 false,
		"line 12 of stop.go; run.go:14":              false,
		"line 123 of run.go":                         false,
		"line 12 is reached; it is not in a/run.go:": false,
	} {
		if place.isIn(text) != want {
			t.Errorf("%s is found in %q: %t, want %t", place, text, !want, want)
		}
	}
}

func TestNumbersAreFoundAsAnybodyWritesThem(t *testing.T) {
	for text, want := range map[string][]string{
		"3 units":                           {"3"},
		"3x a unit, x4, 5×":                 {"3", "4", "5"},
		"1,000 requests":                    {"1000"},
		"after 15s of 1.5s":                 {"1"},
		"line 12 of run.go; 3 units":        {"3"},
		"/src/run.go:12, run.go:13; 7 busy": {"7"},
	} {
		if got := numbersIn(anyPlace.ReplaceAllString(text, "")); !slices.Equal(got, want) {
			t.Errorf("%q has the numbers %q, want %q", text, got, want)
		}
	}
}

func TestANumberMayBeInWords(t *testing.T) {
	for text, want := range map[string]bool{"3 units": true, "Three units": true, "threefold, 13 units": false, "one unit": false} {
		if hasNumber(text, 3) != want {
			t.Errorf("%q has the number 3: %t, want %t", text, !want, want)
		}
	}
}

func TestAnErrorIsFoundInWhatAnswersForIt(t *testing.T) {
	mine, other := errors.New("mine"), errors.New("another")
	uncomparable := fields{"name"}
	for _, inner := range []error{mine, fmt.Errorf("wrapped: %w", mine), errors.Join(uncomparable, mine)} {
		err := fmt.Errorf("a hook: %w", opaque{inner})
		if !holds(err, mine, 8) || occurrences(err, mine) != 1 || holds(err, other, 8) {
			t.Errorf("%q: it is found: %t, %d times; another is: %t", err, holds(err, mine, 8), occurrences(err, mine), holds(err, other, 8))
		}
	}
	if err := (opaque{uncomparable}); !holds(err, uncomparable, 8) || holds(err, fields{"port"}, 8) {
		t.Errorf("an error that cannot be compared is found: %t; another is: %t", holds(err, uncomparable, 8), holds(err, fields{"port"}, 8))
	}
}
