package lifecycle

import (
	"crypto/tls"
	"net/http"
)

// nextProto is an entry of http.Server.TLSNextProto.
type nextProto = func(*http.Server, *tls.Conn, http.Handler)

// followProtocols returns the entries with those of other protocols than HTTP/2
// followed. net/http takes a connection for active from the call of such a
// function to its return, and Shutdown waits for that, but no hook says so. HTTP/2
// reports the states of its connections by itself.
func (c *connections) followProtocols(entries map[string]nextProto) map[string]nextProto {
	if entries == nil {
		return nil // net/http adds HTTP/2
	}
	followed := make(map[string]nextProto, len(entries))
	for protocol, serve := range entries {
		followed[protocol] = serve
		if serve != nil && protocol != "h2" && protocol != "unencrypted_http2" {
			followed[protocol] = func(srv *http.Server, conn *tls.Conn, handler http.Handler) {
				if c.occupy(conn) {
					serve(srv, conn, handler)
				}
			}
		}
	}
	return followed
}

// occupy notes that a function of the user's serves the connection until it is
// closed. It returns false if that is being done.
func (c *connections) occupy(conn *tls.Conn) bool {
	e := c.find(conn)
	if e == nil {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state, e.begun = http.StateActive, true
	return !e.closing
}
