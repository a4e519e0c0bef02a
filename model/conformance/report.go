package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Result is what became of a clause.
type Result string

// Every result. NotOffered is for an Extended clause that needs what the
// implementation does not offer. Skipped is for a Core clause that needs it, and for any
// clause that could not be checked. Undecided is for a clause that was checked without
// a result, such as one that cannot be tested because another failed;
// Outcome.Reason says why.
const (
	Pass       Result = "pass"
	Fail       Result = "fail"
	NotOffered Result = "not offered"
	Skipped    Result = "skipped"
	Undecided  Result = "undecided"
)

// Outcome is the result of one clause.
type Outcome struct {
	Clause string `json:"clause"`
	Level  Level  `json:"level"`
	Result Result `json:"result"`
	// Reason says why it failed or is undecided, what is not offered, or which parts of
	// a clause that passes were not checked. Its first line says it in short.
	Reason string `json:"reason,omitempty"`
}

// Report is the result of an examination. Only the reasons of failures vary from run
// to run.
type Report struct {
	Implementation string    `json:"implementation"`
	Verdict        string    `json:"verdict"`          // Conforms, Partial or Fails
	Errors         []string  `json:"errors,omitempty"` // fields of the implementation that panic
	Clauses        []Outcome `json:"clauses"`          // in the order of the contract
}

// Every verdict. An implementation fails if a clause does or a field panics. Else it
// is partial if a clause was skipped or is undecided.
const (
	Conforms = "conforms"
	Partial  = "partial"
	Fails    = "fails"
)

func newReport(name string, outcomes []Outcome, s scope) Report {
	r := Report{Implementation: name, Verdict: Conforms, Errors: s.errors(), Clauses: outcomes}
	if len(r.Errors) > 0 {
		r.Verdict = Fails
	}
	for _, o := range outcomes {
		switch {
		case o.Result == Fail:
			r.Verdict = Fails
		case (o.Result == Skipped || o.Result == Undecided) && r.Verdict == Conforms:
			r.Verdict = Partial
		}
	}
	return r
}

// Failed returns the IDs of the clauses that failed, in the order of the contract.
func (r Report) Failed() (ids []string) {
	return r.ids(func(o Outcome) bool { return o.Result == Fail })
}

// InPart returns the IDs of the clauses that pass, and of which some parts were not
// checked because the implementation does not offer what they need.
func (r Report) InPart() (ids []string) {
	return r.ids(func(o Outcome) bool { return o.Result == Pass && o.Reason != "" })
}

func (r Report) ids(of func(o Outcome) bool) (ids []string) {
	for _, o := range r.Clauses {
		if of(o) {
			ids = append(ids, o.Clause)
		}
	}
	return ids
}

// JSON returns the report as indented JSON.
func (r Report) JSON() []byte {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that could not be marshalled
	}
	return append(b, '\n')
}

// Markdown returns the report as a page: the verdict, how many clauses have which
// result, and a table with the first line of each reason.
func (r Report) Markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Conformance of %s\n\nVerdict: **%s**, %s. The clauses are those of [the contract](%s).\n\n", r.Implementation, r.Verdict, r.counts(), contract)
	for _, text := range r.Errors {
		fmt.Fprintf(&b, "- %s\n", summary(text))
	}
	if len(r.Errors) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("| clause | level | result | |\n| --- | --- | --- | --- |\n")
	for _, o := range r.Clauses {
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s |\n", o.Clause, Clause{ID: o.Clause}.URL(), o.Level, o.Result, summary(o.Reason))
	}
	return []byte(b.String())
}

// counts says how many clauses have which result.
func (r Report) counts() string {
	count := map[Result]int{}
	for _, o := range r.Clauses {
		count[o.Result]++
	}
	var texts []string
	for _, result := range []Result{Pass, Fail, Undecided, Skipped, NotOffered} {
		if count[result] == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", count[result], result)
		if n := len(r.InPart()); n > 0 && result == Pass {
			text += fmt.Sprintf(" (%d of them only in part)", n)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// summary returns the first line of a reason, in Markdown. What introduces the next
// line, such as "; the log:", is left out.
func summary(reason string) string {
	line, _, _ := strings.Cut(reason, "\n")
	if before, ok := strings.CutSuffix(line, ":"); ok {
		if i := strings.LastIndex(before, "; "); i >= 0 {
			before = before[:i]
		}
		line = before
	}
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(line)
}
