package checks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/health/checks"
)

// echo is a transport that fails, with an error that repeats all that it was
// asked for, as those of package net repeat the host.
type echo struct{}

func (echo) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(r.URL.Path)%2 == 0 {
		return nil, errors.New("cannot reach " + r.URL.String() + " at " + r.URL.Host)
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname()}}
}

// redirect is a transport that answers with these Locations, one after another,
// and nothing that follows the last.
type redirect []string

func (to redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	n := 0
	for before := r.Response; before != nil; before = before.Request.Response {
		n++
	}
	if n >= len(to) {
		return echo{}.RoundTrip(r)
	}
	return &http.Response{StatusCode: 302, Header: http.Header{"Location": {to[n]}}, Body: http.NoBody, Request: r}, nil
}

func TestRelativeLocationIsShownUnlessTheURLMayHaveUserInformation(t *testing.T) {
	for raw, to := range map[string]string{
		"http://search/x?y":                      " to http://search/login",
		"http://admin:s3cret@search/":            " to http://…@search/login",
		"http://s3cret#x@search/":                "",
		"http://s3cret/x@search/":                "",
		"http://s3cret?x@search/":                "",
		"http://s3cret\ufe6bsearch/":             "",
		"http://s3cret%EF%BC%A0search/":          "",
		"http://s3cret%ef%b9%absearch/":          "",
		"http://admin:5432#s3cret%25%34%30h/":    "",
		"http://search/?to=http://s3cret%40home": "",
	} {
		client := &http.Client{Transport: redirect{"/login"}, CheckRedirect: atMost(0)}
		err := checks.HTTPGetWith(client, raw)(t.Context())
		expectFailure(t, err, ": answered 302 Found"+to+", 200 to 299 wanted")
		if strings.Contains(err.Error(), "s3cret") {
			t.Error(err)
		}
	}
	followed := &http.Client{Transport: redirect{"http://s3cret#x@search/", "/a", "/b"}, CheckRedirect: atMost(2)}
	err := checks.HTTPGetWith(followed, "http://home/")(t.Context()) // two that are not ambiguous come after the one that is
	expectFailure(t, err, "checks: HTTPGetWith http://home/: answered 302 Found, 200 to 299 wanted")
}

func TestNoErrorShowsAPasswordInAnEscapedURLOrALocation(t *testing.T) {
	s := newSite(t)
	for _, to := range []string{"http://admin:s3cret", "http://admin:s3cret%40h/", "http://h/?redirect=http%3A%2F%2Fadmin%3As3cret%40h"} {
		for _, check := range []func(context.Context) error{
			checks.HTTPGetWith(&http.Client{Transport: redirect{to}}, s.URL),
			checks.HTTPGet(strings.Replace(to, "http://h/", s.URL+"/lost", 1)),
		} {
			if err := check(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") && strings.Contains(to, "%40") {
				t.Errorf("%s: %v", to, err)
			}
		}
	}
	if err := checks.HTTPGetWith(&http.Client{Transport: redirect{"http://admin:s3cret"}}, s.URL)(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
	for _, dsn := range []string{"postgres://admin:s3cret@db:5432/x", "admin:s3cret@db", "host=db password=s3cret"} {
		for _, check := range []func(context.Context) error{checks.TCPDial(dsn), checks.DNSLookup(dsn)} {
			if err := check(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v", dsn, err)
			}
		}
	}
}

// FuzzNoErrorShowsAPassword: whatever string is taken for a URL, an address or a
// data source name, and whatever a password has in it, no error shows any of what
// stands before the last "@", however that is spelled.
func FuzzNoErrorShowsAPassword(f *testing.F) {
	for _, scheme := range []string{"http://", "https://", "http:/", "https:", "", "ftp://", "HTTP://", "://", " http://", "http://search/?x="} {
		for _, special := range []string{"", "/x", "?", "#", "@", "%zz", " ", "\n", ":", ":80/", "[", "]", "\\"} {
			f.Add(scheme, "admin", special, "search:9200/health")
		}
	}
	f.Add("http://", "a", "", "search/x@y")
	f.Add("http://", ":1/", "2", "")
	f.Add("[::1%", "a", "]:80", "search")
	f.Fuzz(func(t *testing.T, scheme, user, special, rest string) {
		const secret = "s3cr3t"
		if strings.Contains(strings.ToLower(scheme+rest+user+special), secret) {
			return
		}
		expectHidden := func(what string, err error) {
			t.Helper()
			if err == nil || strings.Contains(strings.ToLower(err.Error()), secret) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		for _, raw := range []string{user + ":" + secret + special, user + ":" + secret + ":80" + special, "[" + user + ":" + secret + "]:80"} {
			expectHidden(raw, checks.TCPDial(raw)(t.Context()))
			expectHidden(raw, checks.DNSLookup(raw)(t.Context()))
		}
		for _, raw := range spellings(
			scheme+user+secret+special+"@"+rest,
			scheme+secret+user+":"+special+"@"+rest,
			scheme+user+":"+secret+special+"@"+rest,
			scheme+user+":"+special+secret+"@"+rest,
			scheme+secret+":80"+special+"@"+rest,
		) {
			expectHidden(raw, checks.TCPDial(raw)(t.Context()))
			expectHidden(raw, checks.DNSLookup(raw)(t.Context()))
			for _, client := range []*http.Client{
				{Transport: echo{}},
				{Transport: redirect{raw}},
				{Transport: redirect{"/login"}, CheckRedirect: atMost(0)},
				{Transport: redirect{raw, "/login", "/moved"}},
				{Transport: redirect{raw, "/login", "/moved"}, CheckRedirect: atMost(2)},
			} {
				expectHidden(raw, checks.HTTPGetWith(client, raw)(t.Context()))
				expectHidden("redirected to "+raw, checks.HTTPGetWith(client, "http://search/")(t.Context()))
			}
			_, noURL := url.Parse(raw)
			for _, err := range []error{errors.New("cannot open " + raw), fmt.Errorf("cannot open %s: %w", raw, sql.ErrConnDone), noURL} {
				if err != nil {
					expectHidden("SQLPing "+raw, checks.SQLPing(open(t, connector{refuse: err}))(t.Context()))
				}
			}
		}
	})
}

// spellings returns the texts, and those with the first "@" of each spelled in
// other ways.
func spellings(texts ...string) []string {
	for _, text := range texts[:len(texts):len(texts)] {
		for _, mark := range []string{"%40", "%2540", "%%34%30", "\uff20", "\ufe6b", "%EF%BC%A0", "%ef%b9%ab", "%25Ef%bC\xa0"} {
			texts = append(texts, strings.Replace(text, "@", mark, 1))
		}
	}
	return texts
}

// atMost is what a client does that follows so many redirects.
func atMost(redirects int) func(*http.Request, []*http.Request) error {
	return func(_ *http.Request, via []*http.Request) error {
		if len(via) > redirects {
			return http.ErrUseLastResponse
		}
		return nil
	}
}
