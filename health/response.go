package health

import (
	"strconv"
	"unicode/utf8"
)

// Response is the body of every answer.
type Response struct {
	// Status is "ok", "degraded" (a check fails) or "not_ready" (SetReady, or
	// the state of the lifecycle); "method_not_allowed" in a 405.
	Status string `json:"status"`
	// State is the state of the lifecycle, such as "running"; empty without one.
	State string `json:"state,omitempty"`
	// Reason is the argument of SetNotReady, until SetReady is called.
	Reason string `json:"reason,omitempty"`
	// Tool and Version are the arguments of New.
	Tool    string `json:"tool"`
	Version string `json:"version"`
	// Uptime is the time since New in whole seconds, such as "3h42m18s".
	Uptime string `json:"uptime"`
	// Checks has "ok" or the error for each check that was run, and "still running" for
	// an optional check that had not ended in time.
	Checks map[string]string `json:"checks,omitempty"`
}

const (
	statusOK       = "ok"
	statusDegraded = "degraded"
	statusNotReady = "not_ready"
	statusNoMethod = "method_not_allowed"
)

// resultAt returns the result for the key of the i-th, and the index of the next key.
// Of names that are equal in JSON only the most severe result is shown: failing before
// failing without effect on readiness before passing (HEALTH-12).
func (a answer) resultAt(i int) (r *result, next int) {
	r = &a.results[i]
	for next = i + 1; next < len(a.results) && a.results[next].check.key == r.check.key; next++ {
		if a.results[next].severity() > r.severity() {
			r = &a.results[next]
		}
	}
	return r, next
}

func (r *result) severity() int {
	switch {
	case r.run.out == nil:
		return 0
	case r.check.optional || !r.run.fails:
		return 1
	}
	return 2
}

// response converts the answer to a Response.
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
			one, i = a.resultAt(i)
			r.Checks[one.check.key], _ = one.run.out.display(h.hideDetails)
		}
	}
	return r
}

// appendBody appends response(a) as encoding/json would encode it. Keys are sorted
// because the checks are. Strings were quoted by encoding/json when they became known.
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
			one, i = a.resultAt(i)
			_, quoted := one.run.out.display(h.hideDetails)
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

// maxText is the maximum length of a failing check's text in an answer, in bytes. The
// kubelet reads 10 KiB of a body.
const maxText = 1 << 10

const ellipsis = "…"

// toValidUTF8 returns s as a JSON decoder will see it: every byte that is not UTF-8 is
// replaced by U+FFFD.
func toValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// truncate is like toValidUTF8, and truncates the text on a rune boundary to at most
// maxText bytes, including the "…" that marks the cut.
func truncate(s string) string {
	s = toValidUTF8(s[:min(len(s), 2*maxText)]) // what is cut off here is cut off below too
	if len(s) <= maxText {
		return s
	}
	fits := maxText - len(ellipsis)
	for !utf8.RuneStart(s[fits]) {
		fits--
	}
	return s[:fits] + ellipsis
}
