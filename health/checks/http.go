package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// HTTPGet returns a check that passes when a GET of url is answered with a
// status from 200 to 299. The body is not read.
//
// A redirect is not followed, and fails: what was asked for is what is
// checked. The error says where it leads; put that into url, or give
// [HTTPGetWith] a client that follows. Each run opens a connection and closes
// it. A proxy is used where HTTP_PROXY, HTTPS_PROXY and NO_PROXY ask for one.
//
// A url that cannot be parsed, is neither http nor https, or has no host is a
// check that fails and says so. No error shows any part of the user information
// of a url, whatever string it is: of one with an "@", all that stands before the
// last is left out, and so is a reason that may repeat it.
func HTTPGet(url string) func(ctx context.Context) error {
	return httpGet("HTTPGet", url, &http.Client{
		Transport: &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, func(io.Reader) {})
}

// HTTPGetWith is [HTTPGet] with a client of your own: for its certificates,
// its proxy, its redirects, which it follows as it is set to, and its
// connections, which it may keep: a body of up to 64 KiB is read for at most
// 100 ms, so that the connection is free for the next run. What counts is the
// last answer. A nil client is a check that fails and says so.
func HTTPGetWith(client *http.Client, url string) func(ctx context.Context) error {
	if client == nil {
		return bad("HTTPGetWith: the client is nil")
	}
	return httpGet("HTTPGetWith", url, client, func(body io.Reader) { _, _ = io.CopyN(io.Discard, body, maxBody+1) })
}

const (
	maxBody     = 64 << 10
	bodyTimeout = 100 * time.Millisecond
)

func httpGet(function, raw string, client *http.Client, drain func(body io.Reader)) func(ctx context.Context) error {
	target, err := url.Parse(raw)
	switch {
	case err != nil:
		return bad("%s %q: %w", function, shown(raw), parseError(raw, err))
	case target.Scheme != "http" && target.Scheme != "https":
		if marked(raw) { // what stands before a colon may be a user
			return bad("%s %q: the scheme is not http or https", function, shown(raw))
		}
		return bad("%s %q: the scheme is %q, not http or https", function, raw, target.Scheme)
	case target.Hostname() == "":
		return bad("%s %q: there is no host", function, shown(raw))
	}
	return named(function+" "+shown(raw), func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, raw, nil)
		if err != nil {
			return &hidden{err}
		}
		request.Header.Set("User-Agent", "mist-go-health")
		response, err := client.Do(request)
		if err != nil {
			return cause(raw, err)
		}
		if response.StatusCode >= 200 { // after 101 the body is the connection, which no context ends
			timer := time.AfterFunc(bodyTimeout, cancel)
			drain(response.Body)
			timer.Stop()
		}
		_ = response.Body.Close() // closes the connection too, unless the client keeps it
		return judge(response)
	})
}

// judge says what is wrong with the answer, if anything.
func judge(r *http.Response) error {
	if r.StatusCode >= 200 && r.StatusCode <= 299 {
		return nil
	}
	answered := fmt.Sprintf("answered %d %s", r.StatusCode, http.StatusText(r.StatusCode))
	if to, err := r.Location(); err == nil && r.StatusCode/100 == 3 {
		answered += " to " + shown(to.String())
	}
	return errors.New(strings.TrimSpace(answered) + ", 200 to 299 wanted")
}

// userMark is what ends the user information of a URL, as it is or escaped, once
// or more often: a URL may stand in another one's query.
var userMark = regexp.MustCompile(`(?i)@|%(25)*40|＠`)

// marked reports whether text has user information, or may have.
func marked(text string) bool { return userMark.MatchString(text) }

// afterMark splits raw before and after its last userMark.
func afterMark(raw string) (from, to int, found bool) {
	all := userMark.FindAllStringIndex(raw, -1)
	if len(all) == 0 {
		return 0, 0, false
	}
	last := all[len(all)-1]
	return last[0], last[1], true
}

// shown is a URL, or what was meant to be one, without what is or may be its
// user information: where an "@" is, whatever stands before it. A password that
// is not escaped may have any character that a URL gives a meaning to.
func shown(raw string) string {
	from, to, found := afterMark(raw)
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

// parseError is why raw is not a URL, as far as that can be said without its user
// information.
func parseError(raw string, err error) error {
	if _, to, found := afterMark(raw); found {
		if _, err = url.Parse("http://" + raw[to:]); err == nil {
			return errors.New("what stands before the \"@\" is no user information; its special characters need escaping")
		}
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// cause is why a request failed, without the URL that a *url.Error repeats. What
// may repeat user information is hidden: a text with an "@"; where an "@" stands
// behind the host, one with the host, which is then perhaps no host; and one with
// a Location that is not a URL.
func cause(raw string, err error) error {
	urls := []string{raw}
	for e := (*url.Error)(nil); errors.As(err, &e); err = e.Err {
		urls = append(urls, e.URL)
	}
	if marked(err.Error()) || strings.Contains(err.Error(), "Location header") || slices.ContainsFunc(urls, ambiguous) {
		return &hidden{err}
	}
	return err
}

// ambiguous reports whether a URL has an "@" in its host or behind it.
func ambiguous(raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || marked(u.Host+u.Opaque+u.Path+u.RawPath+u.RawQuery+u.Fragment+u.RawFragment)
}

// hidden is an error of which only the kind is shown.
type hidden struct{ err error }

func (h *hidden) Unwrap() error { return h.err }

func (h *hidden) Error() string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(h.err, context.Canceled):
		return context.Canceled.Error()
	case errors.Is(h.err, context.DeadlineExceeded):
		return context.DeadlineExceeded.Error()
	case errors.As(h.err, &dns):
		return "the host cannot be looked up"
	case errors.As(h.err, &op):
		return "cannot " + op.Op
	}
	return "the request failed, for a reason that may name the user information and is not shown"
}
