package play

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
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
		if p.s.CheckTimeout == 0 && !scenarios.OwnSettings(c) {
			p.health.AddCheck(checkName(i+1), check)
			continue
		}
		p.health.AddCheckContext(checkName(i+1), func(context.Context) error { return check() },
			subject.CheckSettings{Timeout: p.s.CheckTimeout, Optional: c.Optional})
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
	w := Ask(handler, http.MethodGet)
	p.note(func() {
		a := model.Answer{At: p.now(), Code: w.Code, Status: w.Status, State: model.State(w.State)}
		for c := range p.s.Checks {
			if text, ok := w.Checks[checkName(c+1)]; ok && text != "ok" {
				a.Failed = append(a.Failed, c+1)
			}
		}
		switch p.s.Probes[i].Of {
		case model.Startup:
			a.Status, a.State = "", ""
		case model.Liveness:
			a.State = "" // it may name one
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
