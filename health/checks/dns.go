package checks

import (
	"context"
	"errors"
	"net"
	"strings"
)

// DNSLookup returns a check that passes if host resolves to at least one address with
// [net.DefaultResolver], which also reads the hosts file and tries the search domains
// for a name that does not end in a dot.
//
// The check always fails if host is empty, is an IP address, which needs no lookup, or
// is not a name, such as a URL or user:password, which is then not shown. With the Go
// resolver a lookup ends with ctx; the system's resolver (cgo, Windows, macOS) may
// continue in the background, but is not waited for.
func DNSLookup(host string) func(ctx context.Context) error {
	return dnsLookup("DNSLookup", func() *net.Resolver { return net.DefaultResolver }, host)
}

// DNSLookupWith is like [DNSLookup] with the given resolver, for example one that asks a
// particular server. As in package net, a nil resolver means a zero Resolver.
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

// interruptible returns a resolver like r whose queries end when their context is
// cancelled. Package net observes only the deadline: a query that is cancelled while
// waiting for a reply waits up to 5 s more.
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
				// This ctx is the query's: it ends with the query at the latest.
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		},
	}
}
