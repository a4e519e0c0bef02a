package health

import (
	"strconv"
	"unicode/utf8"
)

// Response is the body of every answer, for those who decode it.
type Response struct {
	// Status is "ok", "degraded" (a check fails) or "not_ready" (SetReady, or
	// the state of the lifecycle); "method_not_allowed" in a 405.
	Status string `json:"status"`
	// State is the state of the lifecycle that is followed, such as "running".
	State string `json:"state,omitempty"`
	// Reason is what SetNotReady was given, until SetReady is called.
	Reason string `json:"reason,omitempty"`
	// Tool and Version are what New was given.
	Tool    string `json:"tool"`
	Version string `json:"version"`
	// Uptime is the time since New in whole seconds, such as "3h42m18s".
	Uptime string `json:"uptime"`
	// Checks has "ok", or why it failed, for each check that was run, and "still
	// running" for an optional one that was not waited for any longer.
	Checks map[string]string `json:"checks,omitempty"`
}

const (
	statusOK       = "ok"
	statusDegraded = "degraded"
	statusNotReady = "not_ready"
	statusNoMethod = "method_not_allowed"
)

// shown returns the result to show for the key of the i-th, and the index of
// the next key. Of names that JSON cannot tell apart there is one, the one that
// matters most: failing before failing but not counted before passing
// (HEALTH-12).
func (a answer) shown(i int) (r *result, next int) {
	r = &a.results[i]
	for next = i + 1; next < len(a.results) && a.results[next].check.key == r.check.key; next++ {
		if a.results[next].weight() > r.weight() {
			r = &a.results[next]
		}
	}
	return r, next
}

func (r *result) weight() int {
	switch {
	case r.run.out == nil:
		return 0
	case r.check.optional || !r.run.fails:
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
	if a.gate != nil {
		r.Reason = a.gate.reason
	}
	if len(a.results) > 0 {
		r.Checks = make(map[string]string, len(a.results))
		for i := 0; i < len(a.results); {
			var one *result
			one, i = a.shown(i)
			r.Checks[one.check.key], _ = one.run.out.shown(h.hideDetails)
		}
	}
	return r
}

// appendBody appends what encoding/json would make of response(a). Keys are
// sorted because the checks are. What needs quoting was quoted by encoding/json
// when it became known.
func (h *Handler) appendBody(b []byte, a answer) []byte {
	b = append(b, `{"status":"`...)
	b = append(b, a.status...)
	if a.state != "" {
		b = append(b, `","state":"`...)
		b = append(b, a.state...)
	}
	b = append(b, `",`...)
	if a.gate != nil && a.gate.quoted != "" {
		b = append(b, `"reason":`...)
		b = append(b, a.gate.quoted...)
		b = append(b, ',')
	}
	b = append(b, h.write.identity...)
	b = appendUptime(b, h.uptime())
	b = append(b, '"')
	if len(a.results) > 0 {
		separator := `,"checks":{`
		for i := 0; i < len(a.results); separator = "," {
			var one *result
			one, i = a.shown(i)
			_, quoted := one.run.out.shown(h.hideDetails)
			b = append(b, separator...)
			b = append(b, one.check.quoted...)
			b = append(b, quoted...)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// appendUptime appends whole seconds as time.Duration prints them: "0s",
// "1m0s", "3h42m18s" (HEALTH-7).
func appendUptime(b []byte, seconds int64) []byte {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	if h > 0 {
		b = append(strconv.AppendInt(b, h, 10), 'h')
	}
	if h > 0 || m > 0 {
		b = append(strconv.AppendInt(b, m, 10), 'm')
	}
	return append(strconv.AppendInt(b, s, 10), 's')
}

// maxText is the most bytes of UTF-8 that the text of a failing check has in
// an answer. The kubelet reads 10 KiB of a body.
const maxText = 1 << 10

const ellipsis = "…"

// valid returns s as a JSON decoder will see it: every byte that is no UTF-8
// replaced by U+FFFD.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// clip is valid, and cuts what would be longer than maxText on a rune
// boundary, to at most maxText with the "…" that marks the cut.
func clip(s string) string {
	s = valid(s[:min(len(s), 2*maxText)]) // what is cut off here is cut off below too
	if len(s) <= maxText {
		return s
	}
	fits := maxText - len(ellipsis)
	for !utf8.RuneStart(s[fits]) {
		fits--
	}
	return s[:fits] + ellipsis
}
