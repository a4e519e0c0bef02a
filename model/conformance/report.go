package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Result is what became of a clause.
type Result string

// Every result. NotOffered is for an extended clause whose needs are absent.
// Skipped is for a Core clause that could not be checked.
const (
	Pass       Result = "pass"
	Fail       Result = "fail"
	NotOffered Result = "not offered"
	Skipped    Result = "skipped"
)

// Outcome is one clause of a report.
type Outcome struct {
	Clause string `json:"clause"`
	Level  Level  `json:"level"`
	Result Result `json:"result"`
	// Reason says why it failed, or what is not offered.
	Reason string `json:"reason,omitempty"`
}

// Report is how an implementation stands to the contract. It holds nothing
// that varies from run to run, but for the reasons of failures.
type Report struct {
	Implementation string    `json:"implementation"`
	Verdict        string    `json:"verdict"`
	Clauses        []Outcome `json:"clauses"`
}

// Every verdict. An implementation is partial when nothing failed but a Core
// clause was skipped.
const (
	Conforms = "conforms"
	Partial  = "partial"
	Fails    = "fails"
)

func newReport(name string, outcomes []Outcome) Report {
	r := Report{Implementation: name, Verdict: Conforms, Clauses: outcomes}
	for _, o := range outcomes {
		switch {
		case o.Result == Fail:
			r.Verdict = Fails
		case o.Result == Skipped && r.Verdict == Conforms:
			r.Verdict = Partial
		}
	}
	return r
}

// Failed returns the clauses that failed, in the order of the contract.
func (r Report) Failed() (ids []string) {
	for _, o := range r.Clauses {
		if o.Result == Fail {
			ids = append(ids, o.Clause)
		}
	}
	return ids
}

// JSON returns the report as a file.
func (r Report) JSON() []byte {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that could not be marshalled
	}
	return append(b, '\n')
}

// Markdown returns the report as a document with a table.
func (r Report) Markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance of %s\n\nVerdict: **%s**", r.Implementation, r.Verdict)
	count := map[Result]int{}
	for _, o := range r.Clauses {
		count[o.Result]++
	}
	for _, result := range []Result{Pass, Fail, Skipped, NotOffered} {
		if count[result] > 0 {
			fmt.Fprintf(&b, ", %d %s", count[result], result)
		}
	}
	b.WriteString(". The clauses are those of [the contract](../spec.md).\n\n| clause | level | result | |\n| --- | --- | --- | --- |\n")
	for _, o := range r.Clauses {
		reason, _, _ := strings.Cut(o.Reason, "\n")
		fmt.Fprintf(&b, "| [%s](../spec.md#%s) | %s | %s | %s |\n", o.Clause, strings.ToLower(o.Clause), o.Level, o.Result,
			strings.ReplaceAll(reason, "|", `\|`))
	}
	return []byte(b.String())
}
