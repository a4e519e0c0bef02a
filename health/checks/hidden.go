package checks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// lastAt finds the last "@" of text, which ends the user information of a URL, and its
// bytes: plain, in another width ("＠", "﹫"), or escaped, even repeatedly, since a URL
// may be part of another one's query.
func lastAt(text string) (from, to int, found bool) {
	plain, begins := unescape(text)
	last, width := -1, 0
	for _, at := range []string{"@", "＠", "﹫"} {
		if i := bytes.LastIndex(plain, []byte(at)); i > last {
			last, width = i, len(at)
		}
	}
	if last < 0 {
		return 0, 0, false
	}
	return begins[last], begins[last+width], true
}

// unescape returns the text with escapes such as "%40" replaced, repeatedly, and the
// offset in text of each byte, followed by the length of text.
func unescape(text string) (plain []byte, begins []int) {
	for i := range len(text) {
		plain, begins = append(plain, text[i]), append(begins, i)
		for n := len(plain) - 3; n >= 0 && plain[n] == '%'; n = len(plain) - 3 {
			b, err := strconv.ParseUint(string(plain[n+1:]), 16, 8)
			if err != nil {
				break
			}
			plain, begins = append(plain[:n], byte(b)), begins[:n+1]
		}
	}
	return plain, append(begins, len(text))
}

// marked reports whether text may have user information.
func marked(text string) bool {
	_, _, found := lastAt(text)
	return found
}

// isURL reports whether text is a URL or a data source name rather than a host:
// such a string often comes from the same variable, and may have a password.
func isURL(text string) bool { return marked(text) || strings.ContainsAny(text, "/=?& ") }

// shown returns a URL, even an invalid one, without anything that may be user
// information: everything before the last "@". A password that is not escaped may
// contain any character that has a meaning in URLs.
func shown(raw string) string {
	from, to, found := lastAt(raw)
	if !found {
		return raw
	}
	for _, scheme := range []string{"http://", "https://"} {
		if len(raw) >= len(scheme) && strings.EqualFold(raw[:len(scheme)], scheme) && from >= len(scheme) {
			return scheme + "…@" + raw[to:]
		}
	}
	return "…@" + raw[to:]
}

// parseError returns why raw is not a URL, without its user information.
func parseError(raw string, err error) error {
	if _, to, found := lastAt(raw); found {
		if _, err = url.Parse("http://" + raw[to:]); err == nil {
			return errors.New("the text before the \"@\" is not valid user information; special characters must be escaped")
		}
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// cause returns why a request for these URLs failed, without the URL that a *url.Error
// repeats. An error that may repeat user information is hidden: one with an "@" in its
// text; any error if a URL has an "@" after the host, which may then not be a host; and
// one about a Location that is not a URL.
func cause(urls []string, err error) error {
	for e := (*url.Error)(nil); errors.As(err, &e); err = e.Err {
		urls = append(urls, e.URL)
	}
	if marked(err.Error()) || strings.Contains(err.Error(), "Location header") || slices.ContainsFunc(urls, ambiguous) {
		return &hidden{err}
	}
	return err
}

// ambiguous reports whether a URL has an "@" in or after its host.
func ambiguous(raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || marked(u.Host+u.Opaque+u.Path+u.RawPath+u.RawQuery+u.Fragment+u.RawFragment)
}

// driverError returns a driver's error, hidden if it may repeat a data source name. A
// URL in it may lack an "@", or be truncated.
func driverError(err error) error {
	text := err.Error()
	hide := marked(text) || errors.As(err, new(*url.Error))
	text = strings.ToLower(text)
	for _, key := range []string{"password", "pwd"} {
		if _, value, found := strings.Cut(text, key); found && strings.HasPrefix(strings.TrimSpace(value), "=") {
			hide = true
		}
	}
	if hide {
		return &hidden{err}
	}
	return err
}

// hidden is an error whose text only says what kind of error it is.
type hidden struct{ err error }

func (h *hidden) Unwrap() error { return h.err }

func (h *hidden) Error() string {
	var dns *net.DNSError
	var op *net.OpError
	var parse *url.Error
	switch {
	case errors.Is(h.err, context.Canceled):
		return context.Canceled.Error()
	case errors.Is(h.err, context.DeadlineExceeded):
		return context.DeadlineExceeded.Error()
	case errors.As(h.err, &dns):
		return "DNS lookup failed"
	case errors.As(h.err, &op):
		return "cannot " + op.Op
	case errors.As(h.err, &parse) && parse.Op == "parse":
		return "cannot parse a URL" + notShown
	}
	innermost := h.err
	for next := innermost; next != nil; next = errors.Unwrap(next) {
		innermost = next
	}
	return fmt.Sprintf("an error of type %T", innermost) + notShown
}

const notShown = "; not shown because it may contain a password"
