package statusz

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/fsm"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// page is the template, parsed at the first request.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"clock":     clock,
		"breakable": breakable,
		"cssClass":  func(text string) string { return strings.ReplaceAll(text, " ", "-") },
	}).Parse(pageHTML))
})

// policy allows the page its script and its two styles, each by its hash, and to
// fetch itself; it allows loading nothing else. It uses hashes rather than nonces,
// because content fetched later has to obey the same policy.
var policy = sync.OnceValue(func() string {
	_, diagram, _ := strings.Cut(fsm.SVG(fsm.Running), "<style>")
	diagram, _, _ = strings.Cut(diagram, "</style>")
	return "default-src 'none'; script-src " + hash(pageJS) + "; style-src " + hash(pageCSS) + " " + hash(diagram) +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
})

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// content is the data of the template.
type content struct {
	*status
	Failed  *failure
	Title   string
	Diagram template.HTML
	Style   template.CSS
	Script  template.JS
	Used    seconds // of the limit
	Zone    string
}

// Detailed reports whether there is more to show than the state and the history.
func (c content) Detailed() bool { return c.details != nil }

// UrgentHooks returns the hooks, running and failed ones first.
func (c content) UrgentHooks() []hook { return urgent(c.Hooks) }

// Open reports whether it is unknown of any group whether it is busy.
func (c content) Open() bool {
	return slices.ContainsFunc(c.Work, func(w work) bool { return w.State == "open" })
}

func writePage(body *bytes.Buffer, header http.Header, a *answer) error {
	header.Set("Content-Security-Policy", policy())
	header.Set("Referrer-Policy", "no-referrer")
	c := content{status: a.status, Failed: a.failed, Style: template.CSS(pageCSS), Script: template.JS(pageJS)}
	if a.failed != nil {
		c.Title = http.StatusText(a.code)
		return page().Execute(body, c)
	}
	c.Title = a.status.State
	c.Zone = a.status.At.Format("MST")
	c.Diagram = template.HTML(fsm.SVG(a.status.state))
	if d := a.status.details; d != nil && d.Left != nil {
		c.Used = max(0, d.Limit-*d.Left)
	}
	return page().Execute(body, c)
}

// clock returns the time of day, with the date unless that is today.
func clock(at, now time.Time) string {
	if y, m, d := at.Date(); y != now.Year() || m != now.Month() || d != now.Day() {
		return at.Format("2 Jan 2006 15:04:05")
	}
	return at.Format("15:04:05.000")
}

// breakable returns a name with a line-break opportunity after each underscore.
func breakable(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr/>"))
}
