package check

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spec is where the clauses are.
const Spec = "https://github.com/greynewell/mist-go/blob/main/docs/spec.md"

// A Report is what one call of Run has found.
type Report struct {
	Verdict  Verdict       `json:"verdict"`
	Command  []string      `json:"command"`
	Profile  Profile       `json:"profile"`
	Findings []Finding     `json:"findings"`
	Why      []string      `json:"why,omitempty"`       // why it is inconclusive
	NotAsked []string      `json:"not_asked,omitempty"` // what was not asked, and how it would be
	Lives    []Life        `json:"lives"`               // times are nanoseconds from the start of the process
	Took     time.Duration `json:"took"`                // nanoseconds
}

func (r *runner) report(why string) Report {
	report := Report{Verdict: Pass, Command: r.Command, Profile: r.Profile, Findings: []Finding{}, Lives: r.lives}
	if why != "" {
		report.Why = append(report.Why, why)
	}
	if r.book.survey != nil {
		found, _ := Judge(r.Options, *r.book.survey, r.lives)
		report.Findings = append(report.Findings, found...)
		if why == "" {
			report.Why = inconclusive(r.Options, r.lives)
		}
		report.NotAsked = r.notAsked()
	}
	switch {
	case len(report.Findings) > 0:
		report.Verdict = HasFindings
	case len(report.Why) > 0:
		report.Verdict = Inconclusive
	}
	return report
}

// notAsked is what the options, or the service, gave no way to ask.
func (r *runner) notAsked() (not []string) {
	s := r.book.survey
	if r.Live == "" && len(r.Work) > 0 {
		not = append(not, "liveness: give -live")
	}
	if len(r.Work) > 0 && !r.canHang() {
		not = append(not, "a request that never ends: give -hang")
	} else if answered := r.stuckAnswered(); answered != "" {
		not = append(not, "a request that never ends: "+answered+" ended by itself; give -hang")
	}
	if len(r.Work) > 0 && s.Upload == nil {
		not = append(not, "uploads: give -upload, a URL that reads the body of a POST")
	}
	for _, u := range s.Work {
		if u.Takes < youngest {
			not = append(not, fmt.Sprintf("slow requests: %s answers in %s", u.URL, round(u.Takes)))
		}
		if u.Takes >= youngest && !flewEach(u.URL, r.lives) {
			not = append(not, fmt.Sprintf("slow requests: no GET of %s was in flight at the signal in some run", u.URL))
		}
		if len(u.Varies) > 0 {
			not = append(not, fmt.Sprintf("status: %s answers %d and %s before any signal, so such a status is expected after it too", u.URL, u.Status, list(texts(u.Varies))))
		} else if u.Status >= 300 {
			not = append(not, fmt.Sprintf("success: %s answers %d before any signal, so that is what is expected of it", u.URL, u.Status))
		}
		if !u.HTTP2 {
			not = append(not, "HTTP/2: "+u.URL+" does not speak it")
		}
	}
	if r.Delay == DelayUnknown && len(r.Work) > 0 {
		not = append(not, "how long the listener stays open: give -delay")
	}
	return not
}

func texts(numbers []int) (out []string) {
	for _, n := range numbers {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// flewEach reports whether a GET of the URL was in flight in each life under load.
func flewEach(url string, lives []Life) bool {
	return !slices.ContainsFunc(lives, func(l Life) bool {
		return l.Kind.loaded() && l.Stop > 0 && !slices.ContainsFunc(l.Requests, func(q Request) bool { return q.URL == url && !q.Upload && l.flew(q) })
	})
}

// stuckAnswered is the request that was meant never to end, if it was answered.
func (r *runner) stuckAnswered() string {
	for _, l := range r.lives {
		for _, q := range l.Requests {
			if q.Phase == Stuck && q.Outcome == Answered {
				return q.What
			}
		}
	}
	return ""
}

func printed(output string) string {
	if output = strings.TrimSpace(output); output == "" {
		return "; it printed nothing"
	}
	return "; the last that it printed:\n" + output
}

// Text writes the report for a terminal.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nlifecheck: %s (%s profile, %d lives, %s)\n", strings.Join(r.Command, " "), r.Profile, len(r.Lives), round(r.Took))
	for _, l := range r.Lives {
		fmt.Fprintf(&b, "  %s\n", l.summary())
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n✗ %s (%s)\n  %s\n", f.Name, f.Clause, f.Means)
		for _, line := range f.Seen {
			fmt.Fprintf(&b, "  seen: %s\n", line)
		}
		fmt.Fprintf(&b, "  change: %s\n", f.Change)
	}
	b.WriteString("\n")
	for _, line := range r.NotAsked {
		fmt.Fprintf(&b, "not asked: %s\n", line)
	}
	for _, line := range r.Why {
		fmt.Fprintf(&b, "inconclusive: %s\n", line)
	}
	fmt.Fprintf(&b, "verdict: %s\n", r.says())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) says() string {
	switch n := len(r.Findings); n {
	case 0:
		return string(r.Verdict)
	case 1:
		return "1 finding"
	default:
		return fmt.Sprintf("%d findings", n)
	}
}

// Markdown writes the report for a document.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# How `%s` stops\n\nVerdict: **%s**, by the %s profile, after %d lives.\n", strings.Join(r.Command, " "), r.says(), r.Profile, len(r.Lives))
	if len(r.Findings) > 0 {
		b.WriteString("\n| finding | clause | seen | change |\n| --- | --- | --- | --- |\n")
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "| %s | [%s](%s#%s) | %s | %s |\n", f.Name, f.Clause, Spec, strings.ToLower(f.Clause), cell(strings.Join(f.Seen, "<br>")), cell(f.Change))
	}
	b.WriteString("\n| life | what came of it |\n| --- | --- |\n")
	for _, l := range r.Lives {
		kind, rest, _ := strings.Cut(l.summary(), ": ")
		fmt.Fprintf(&b, "| %s | %s |\n", kind, cell(rest))
	}
	for _, line := range append(prefixed("Not asked: ", r.NotAsked), prefixed("Inconclusive: ", r.Why)...) {
		fmt.Fprintf(&b, "\n%s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func prefixed(with string, lines []string) (out []string) {
	for _, line := range lines {
		out = append(out, with+line)
	}
	return out
}

// cell makes text fit for one cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

// JSON writes the report for a program.
func (r Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// ExitCode is that of the command: 0, 1 for findings, 2 for inconclusive.
func (r Report) ExitCode() int {
	return map[Verdict]int{Pass: 0, HasFindings: 1, Inconclusive: 2}[r.Verdict]
}
