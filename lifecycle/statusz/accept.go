package statusz

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// prefersJSON reports whether a request prefers JSON to a page. If it names neither,
// as */* does, or both with the same weight, it gets the page.
func prefersJSON(header http.Header) bool {
	accept := strings.Join(header.Values("Accept"), ",")
	return quality(accept, "application", "json") > quality(accept, "text", "html")
}

// quality returns the weight of a type in an Accept header, from 0 to 1: that of the
// most specific range that matches it (RFC 9110, section 12.5.1). A malformed range
// is ignored.
func quality(accept, major, minor string) (q float64) {
	best := -1
	for part := range strings.SplitSeq(accept, ",") {
		mediaRange, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		specific := -1
		switch mediaRange {
		case major + "/" + minor:
			specific = 2
		case major + "/*":
			specific = 1
		case "*/*":
			specific = 0
		}
		if specific <= best {
			continue
		}
		best, q = specific, weight(params["q"])
	}
	return q
}

// weight parses a q parameter. If it is missing or not a number from 0 to 1, the
// weight is 1.
func weight(text string) float64 {
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
