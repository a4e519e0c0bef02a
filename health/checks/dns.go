package checks

import (
	"context"
	"errors"
	"net"
	"strings"
)

// DNSLookup returns a check that passes when host resolves to at least one
// address with [net.DefaultResolver], which also looks into the hosts file and
// tries the search domains of a name that does not end in a dot.
//
// An IP address resolves to itself without a lookup: it, and an empty host, are
// checks that fail and say so. So is a host that is not a name, such as a URL or
// user:password: it is not shown. With the Go resolver a lookup ends with ctx; the
// system's own (cgo, Windows, macOS) may go on in the background until it gives
// up, but is not waited for.
func DNSLookup(host string) func(ctx context.Context) error {
	return dnsLookup("DNSLookup", func() *net.Resolver { return net.DefaultResolver }, host)
}

// DNSLookupWith is [DNSLookup] with a resolver of your own, such as one that
// asks a certain server. A nil resolver is, as in package net, the zero one.
func DNSLookupWith(resolver *net.Resolver, host string) func(ctx context.Context) error {
	return dnsLookup("DNSLookupWith", func() *net.Resolver { return resolver }, host)
}

func dnsLookup(function string, resolver func() *net.Resolver, host string) func(ctx context.Context) error {
	if host == "" {
		return bad("%s: the host is empty", function)
	}
	switch ip := isIP(host); {
	case isURL(host) || strings.Contains(host, ":") && !ip:
		return bad("%s: the host is not a name"+notShown, function)
	case ip:
		return bad("%s %s: an IP address, which is not looked up", function, host)
	}
	return named(function+" "+host, func(ctx context.Context) error {
		addresses, err := interruptible(resolver()).LookupHost(ctx, host)
		if err == nil && len(addresses) == 0 {
			err = errors.New("no addresses")
		}
		return err
	})
}

// interruptible returns a resolver like r whose questions end with their
// context. The one of package net looks at its deadline only: a question that
// is cancelled while it waits for an answer waits for up to 5 s more.
func interruptible(r *net.Resolver) *net.Resolver {
	if r == nil {
		r = new(net.Resolver)
	}
	dial := r.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &net.Resolver{
		PreferGo:     r.PreferGo,
		StrictErrors: r.StrictErrors,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err == nil {
				// This ctx is the question's own: it ends with the question at the latest.
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		},
	}
}
