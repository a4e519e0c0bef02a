package checks_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health/checks"
)

func TestDNSLookupWithPassesForANameWithAnAddress(t *testing.T) {
	expectPass(t, checks.DNSLookupWith(nameServer(t, noError, nil), "db.mist.test."))
}

// The hosts file of every system has it.
func TestDNSLookupPassesForLocalhost(t *testing.T) {
	expectPass(t, checks.DNSLookup("localhost"))
	expectPass(t, checks.DNSLookupWith(nil, "localhost"))
}

func TestDNSLookupWithFailsForANameWithoutAnAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		code byte
		host string
		want string
	}{
		"the server knows no such name": {nameError, "lost.mist.test.", "no such host"},
		"the server is in trouble":      {serverFailure, "db.mist.test.", "server misbehaving"},
		"no name at all":                {noError, "a..b", "no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checks.DNSLookupWith(nameServer(t, tc.code, nil), tc.host)(t.Context())
			expectFailure(t, err, "checks: DNSLookupWith "+tc.host+": ", tc.want)
			var dns *net.DNSError
			if !errors.As(err, &dns) {
				t.Errorf("want a *net.DNSError, got %T", err)
			}
		})
	}
}

// The context ends while the server has the question and does not answer.
func TestDNSLookupWithoutAReplyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := nameServer(t, noError, func() bool { cancel(); return false })
	err := checks.DNSLookupWith(silent, "db.mist.test.")(ctx)
	expectFailure(t, err, "DNSLookupWith db.mist.test.", "canceled")
	expectIs(t, err, context.Canceled)
}

// As above, with a server in memory, so that time can be told: the resolver
// alone would not look at its context for 5 s.
func TestDNSLookupEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]struct {
			with func(ctx context.Context) (context.Context, context.CancelFunc)
			want error
		}{
			"at its deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Second)
			}, context.DeadlineExceeded},
			"when it is cancelled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(time.Second, cancel)
				return ctx, cancel
			}, context.Canceled},
		} {
			resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, server) }()
				return client, nil
			}}
			ctx, cancel := end.with(t.Context())
			start := time.Now()
			err := checks.DNSLookupWith(resolver, "db.mist.test.")(ctx)
			cancel()
			if took := time.Since(start); took != time.Second {
				t.Errorf("%s: took %v, want 1s", name, took)
			}
			expectFailure(t, err, "DNSLookupWith db.mist.test.")
			expectIs(t, err, end.want)
		}
	})
}
