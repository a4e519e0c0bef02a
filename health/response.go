package health

import "net/http"

// Response is the body of every answer, for whoever decodes it.
type Response struct {
	// Status is "ok", "degraded" (a check fails) or "not_ready" (SetReady, or
	// the state of the lifecycle); "method_not_allowed" in a 405.
	Status string `json:"status"`
	// State is the state of the lifecycle that is followed, such as "running".
	State string `json:"state,omitempty"`
	// Tool and Version are what New was given.
	Tool    string `json:"tool"`
	Version string `json:"version"`
	// Uptime is the time since New in whole seconds, such as "3h42m18s".
	Uptime string `json:"uptime"`
	// Checks has "ok", or why it failed, for each check that was run.
	Checks map[string]string `json:"checks,omitempty"`
}

const (
	statusOK       = "ok"
	statusDegraded = "degraded"
	statusNotReady = "not_ready"
	statusNoMethod = "method_not_allowed"
)

// answer is what a probe found, before it is put into words.
type answer struct {
	code    int
	status  string
	state   string   // empty when no lifecycle is followed
	tickets []ticket // one for each check that was run, in the order of the keys
}

// shown returns the ticket to show for the key of the i-th, and the index of
// the next key. Of names that JSON cannot tell apart there is one, the one that
// matters most: failing before failing but optional before passing (HEALTH-12).
func (a answer) shown(i int) (t *ticket, next int) {
	t = &a.tickets[i]
	for next = i + 1; next < len(a.tickets) && a.tickets[next].check.key == t.check.key; next++ {
		if a.tickets[next].weight() > t.weight() {
			t = &a.tickets[next]
		}
	}
	return t, next
}

// text is what the answer says of the check.
func (t *ticket) text(hideDetails bool) string {
	switch {
	case t.out == nil:
		return "ok"
	case hideDetails:
		return "failed"
	}
	return t.out.text
}

func (t *ticket) weight() int {
	switch {
	case t.out == nil:
		return 0
	case t.check.optional:
		return 1
	}
	return 2
}

// response puts the answer into a Response.
func (h *Handler) response(a answer) Response {
	r := Response{
		Status:  a.status,
		State:   a.state,
		Tool:    h.tool,
		Version: h.version,
		Uptime:  string(appendUptime(nil, h.uptime())),
	}
	if len(a.tickets) > 0 {
		r.Checks = make(map[string]string, len(a.tickets))
		for i := 0; i < len(a.tickets); {
			var t *ticket
			t, i = a.shown(i)
			r.Checks[t.check.key] = t.text(h.hideDetails)
		}
	}
	return r
}

// appendBody appends what encoding/json would make of response(a). Keys are
// sorted because the checks are.
func (h *Handler) appendBody(b []byte, a answer, identity string) []byte {
	b = append(b, `{"status":"`...)
	b = append(b, a.status...)
	if a.state != "" {
		b = append(b, `","state":"`...)
		b = append(b, a.state...)
	}
	b = append(b, identity...)
	b = appendUptime(b, h.uptime())
	b = append(b, '"')
	if len(a.tickets) > 0 {
		separator := `,"checks":{`
		for i := 0; i < len(a.tickets); separator = "," {
			var t *ticket
			t, i = a.shown(i)
			b = append(b, separator...)
			b = append(b, t.check.quoted...)
			b = appendString(b, t.text(h.hideDetails))
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// ok is the answer of a probe that has nothing to say against the process.
func ok(state string) answer { return answer{code: http.StatusOK, status: statusOK, state: state} }

func notReady(state string) answer {
	return answer{code: http.StatusServiceUnavailable, status: statusNotReady, state: state}
}
