package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// HTTPGet returns a check that passes if a GET of url is answered with a status from
// 200 to 299. The body is not read.
//
// A redirect is not followed and fails; the error shows its target. Use that as url, or
// use [HTTPGetWith] with a client that follows redirects. Each run opens and closes a
// connection. A proxy is used according to HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
//
// If url cannot be parsed, is neither http nor https, or has no host, the check always
// fails. Errors do not show user information: if url contains "@", escaped or not, they
// omit everything before the last one, and any reason or redirect that could repeat it.
func HTTPGet(url string) func(ctx context.Context) error {
	return httpGet("HTTPGet", url, &http.Client{
		Transport: &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, func(io.Reader) {})
}

// HTTPGetWith is like [HTTPGet] with the given client, for its certificates, proxy and
// redirect policy; the status of the last response counts. The client may keep
// connections: up to 64 KiB of the body is read, for at most 100 ms, so that the
// connection can be reused. With a nil client the check always fails.
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
		if marked(raw) { // the text before the colon may be a user name
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
		following, urls := record(client, raw)
		response, err := following.Do(request)
		if err != nil {
			return cause(*urls, err)
		}
		if response.StatusCode >= 200 { // after 101 the body is the connection, which does not end with the context
			timer := time.AfterFunc(bodyTimeout, cancel)
			drain(response.Body)
			timer.Stop()
		}
		_ = response.Body.Close() // closes the connection too, unless the client keeps it
		return statusError(*urls, response)
	})
}

// record returns a client like this one that appends the URL of each redirect to urls,
// which begins with raw. A relative Location has the host of one of them, and an error
// may have it too.
func record(client *http.Client, raw string) (recording *http.Client, urls *[]string) {
	urls = &[]string{raw}
	copied := *client
	copied.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		*urls = append(*urls, r.URL.String())
		if client.CheckRedirect != nil {
			return client.CheckRedirect(r, via)
		}
		if len(via) >= 10 { // as a client does by default
			return errors.New("stopped after 10 redirects")
		}
		return nil
	}
	return &copied, urls
}

// statusError returns an error unless the response has a status from 200 to 299. The
// response is from the last of the URLs.
func statusError(urls []string, r *http.Response) error {
	if r.StatusCode >= 200 && r.StatusCode <= 299 {
		return nil
	}
	answered := fmt.Sprintf("answered %d %s", r.StatusCode, http.StatusText(r.StatusCode))
	if to, err := r.Location(); err == nil && r.StatusCode/100 == 3 && !slices.ContainsFunc(urls, ambiguous) {
		answered += " to " + shown(to.String())
	}
	return errors.New(strings.TrimSpace(answered) + ", 200 to 299 wanted")
}
