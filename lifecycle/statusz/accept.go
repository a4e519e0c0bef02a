package statusz

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// prefersJSON reports whether a request wants JSON rather than a page. What
// names neither, as */* does, or both alike, gets the page.
func prefersJSON(header http.Header) bool {
	accept := strings.Join(header.Values("Accept"), ",")
	return quality(accept, "application", "json") > quality(accept, "text", "html")
}

// quality is how much an Accept header wants a type, from 0 to 1: what the
// most specific range that matches it says (RFC 9110, section 12.5.1). A range
// that cannot be read is passed over.
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

// weight reads a q. One that is not a number from 0 to 1 is 1, as if it were
// not there.
func weight(text string) float64 {
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
