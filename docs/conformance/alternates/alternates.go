package alternates

import (
	"regexp"

	"github.com/greynewell/mist-go/model/conformance"
)

// Alternate is a library that does what package lifecycle does, or a part of it.
type Alternate struct {
	Name   string // of its report in docs/conformance
	Module string
	// Note says what is the adapter's work and not the library's.
	Note string
	// Implementation has the Core API only. With RunWith, were it for a parent
	// context alone, the suite asks for more that none of these libraries means
	// to have, such as places in errors.
	Implementation conformance.Implementation
	// Undecided has the clauses of which the result depends on a race that is in
	// the library, or in how it has to be used, and says which.
	Undecided map[string]string
}

// All returns every alternate, in the order of the tables.
func All() []Alternate {
	return []Alternate{OklogRun(), Fx(), Errgroup(), ControllerRuntime()}
}

// bareWait is why DRAIN-6 is undecided for what waits for a group with nothing
// but Wait.
const bareWait = "a bare `Wait` panics when the group is reused at the wrong moment, which a run may or may not meet"

// Undecided is the result of a clause that comes out one way or the other.
const Undecided conformance.Result = "undecided"

// Report is what was found of an alternate, in the form that is kept: reasons are
// cut to what does not vary from run to run.
func (a Alternate) Report(found conformance.Report) conformance.Report {
	kept := found
	kept.Clauses = nil
	for _, o := range found.Clauses {
		o.Reason = short(o.Reason)
		if why, ok := a.Undecided[o.Clause]; ok && o.Result != conformance.NotOffered {
			o.Result, o.Reason = Undecided, why
		}
		kept.Clauses = append(kept.Clauses, o)
	}
	return kept
}

// reasonLength is how many characters of a reason are kept.
const reasonLength = 240

var spaces = regexp.MustCompile(`\s+`)

// short is the beginning of a reason, as one line.
func short(reason string) string {
	line := []rune(spaces.ReplaceAllString(reason, " "))
	if len(line) <= reasonLength {
		return string(line)
	}
	return string(line[:reasonLength]) + "…"
}
