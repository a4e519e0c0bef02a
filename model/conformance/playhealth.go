package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
)

// checkRun is the beginning of one run of a check.
type checkRun struct {
	check int // counted from one
	at    time.Duration
}

func checkName(c int) string { return fmt.Sprintf("check %02d", c) }

// addChecks adds the scenario's checks: plainly where that is enough.
func (p *player) addChecks() {
	for i, c := range p.s.Checks {
		check := func() error {
			p.note(func() { p.checkRuns = append(p.checkRuns, checkRun{i + 1, p.now()}) })
			p.lasting(c.Lasts, nil)
			kind := model.Kind(fmt.Sprintf("check error #%d", i+1))
			return p.end(c.Ends, kind, kind)
		}
		if p.s.CheckTimeout == 0 && !ownSettings(c) {
			p.health.AddCheck(checkName(i+1), check)
			continue
		}
		p.health.AddCheckContext(checkName(i+1), func(context.Context) error { return check() },
			CheckSettings{Timeout: p.s.CheckTimeout, Optional: c.Optional})
	}
}

// probe asks an endpoint and writes down the answer. The probe that began a
// run of a check is told by the instant, of which each probe has its own.
func (p *player) probe(i int) {
	handler := p.health.Liveness
	switch p.s.Probes[i].Of {
	case model.Readiness:
		handler = p.health.Readiness
	case model.Startup:
		handler = p.health.Startup
	}
	defer func() {
		if v := recover(); v != nil {
			p.oddity("HEALTH-8", "a probe panicked: %v", v)
		}
	}()
	w := ask(handler, http.MethodGet)
	p.note(func() {
		a := model.Answer{At: p.now(), Code: w.code, Status: w.Status, State: model.State(w.State)}
		for c := range p.s.Checks {
			if text, ok := w.Checks[checkName(c+1)]; ok && text != "ok" {
				a.Failed = append(a.Failed, c+1)
			}
		}
		if p.s.Probes[i].Of == model.Startup {
			a.Status, a.State = "", ""
		}
		p.got.Answers[i] = a
	})
}

// finishAnswers says of each probe which runs it began.
func (p *player) finishAnswers() {
	for i := range p.got.Answers {
		a := &p.got.Answers[i]
		for _, run := range p.checkRuns {
			if run.at == p.s.Probes[i].At {
				a.Ran = append(a.Ran, run.check)
			}
		}
		slices.Sort(a.Ran)
		if a.Status == "not_ready" {
			a.Failed = nil
		}
	}
}

// reply is what an endpoint answered, with the body read as JSON.
type reply struct {
	code    int
	header  http.Header
	body    []byte
	invalid error // why the body is not JSON
	Status  string
	State   string
	Reason  string
	Tool    string
	Version string
	Uptime  string
	Checks  map[string]string
}

// ask asks a handler without a server.
func ask(h http.Handler, method string) reply {
	return askWith(context.Background(), h, method)
}

func askWith(ctx context.Context, h http.Handler, method string) reply {
	r := &http.Request{
		Method: method, URL: &url.URL{Path: "/"}, Host: "localhost",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}
	w := &recorder{header: http.Header{}}
	h.ServeHTTP(w, r.WithContext(ctx))
	w.WriteHeader(http.StatusOK) // what net/http does when the handler did not
	return newReply(w.code, w.header, w.body.Bytes())
}

func newReply(code int, header http.Header, body []byte) reply {
	a := reply{code: code, header: header, body: body}
	a.invalid = json.Unmarshal(a.body, &a)
	return a
}

// recorder is a ResponseWriter that keeps what it is given.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header returns the header.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader keeps the first code.
func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

// Write keeps the body.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
