package checks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
// check that fails and says so. No error shows the password of a url.
func HTTPGet(url string) func(ctx context.Context) error {
	return httpGet("HTTPGet", url, &http.Client{
		Transport: &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// HTTPGetWith is [HTTPGet] with a client of your own: for its certificates,
// its proxy, its redirects, which it follows as it is set to, and its
// connections, which it may keep. What counts is the last answer. A nil client
// is a check that fails and says so.
func HTTPGetWith(client *http.Client, url string) func(ctx context.Context) error {
	if client == nil {
		return bad("HTTPGetWith: the client is nil")
	}
	return httpGet("HTTPGetWith", url, client)
}

func httpGet(function, raw string, client *http.Client) func(ctx context.Context) error {
	target, err := url.Parse(raw)
	switch {
	case err != nil:
		return bad("%s %q: %w", function, withoutUser(raw), cause(err))
	case target.Scheme != "http" && target.Scheme != "https":
		return bad("%s %q: the scheme is %q, not http or https", function, target.Redacted(), target.Scheme)
	case target.Hostname() == "":
		return bad("%s %q: there is no host", function, target.Redacted())
	}
	return named(function+" "+target.Redacted(), func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
		if err != nil {
			return err
		}
		request.Header.Set("User-Agent", "mist-go-health")
		response, err := client.Do(request)
		if err != nil {
			return cause(err)
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
		answered += " to " + to.Redacted()
	}
	return errors.New(strings.TrimSpace(answered) + ", 200 to 299 wanted")
}

// cause is err without the URL that a *url.Error repeats, with its password
// when the URL could not be parsed.
func cause(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// withoutUser is a URL that cannot be parsed without what may be a user and a
// password.
func withoutUser(raw string) string {
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		return "…" + raw[at:]
	}
	return raw
}
