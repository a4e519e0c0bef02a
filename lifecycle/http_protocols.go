package lifecycle

import (
	"crypto/tls"
	"net/http"
)

// nextProto is an entry of http.Server.TLSNextProto.
type nextProto = func(*http.Server, *tls.Conn, http.Handler)

// trackProtocols returns the entries with those other than HTTP/2 wrapped, so that
// their connections are marked active. net/http considers a connection active from
// the call of such a function to its return, and Shutdown waits for that, but
// ConnState is not called. HTTP/2 reports the states of its connections itself.
func (c *connections) trackProtocols(entries map[string]nextProto) map[string]nextProto {
	if entries == nil {
		return nil // net/http adds HTTP/2
	}
	followed := make(map[string]nextProto, len(entries))
	for protocol, serve := range entries {
		followed[protocol] = serve
		if serve != nil && protocol != "h2" && protocol != "unencrypted_http2" {
			followed[protocol] = func(srv *http.Server, conn *tls.Conn, handler http.Handler) {
				if c.markActive(conn) {
					serve(srv, conn, handler)
				}
			}
		}
	}
	return followed
}

// markActive marks a connection as served by a user's function until it is closed.
// It returns false if this package is closing it.
func (c *connections) markActive(conn *tls.Conn) bool {
	e := c.find(conn)
	if e == nil {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state, e.begun = http.StateActive, true
	return !e.closing
}
