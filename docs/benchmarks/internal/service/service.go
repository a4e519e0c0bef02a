// Package service is the HTTP server that every child process runs, so that
// they differ only in how they are started and stopped.
package service

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Patience is how long a child that has to name a limit waits for its requests.
const Patience = 15 * time.Second

// New returns a server on a free port of the loopback. Once it listens, it
// prints "ready" and its address. A request is answered when its body has
// come, so whoever sends it decides when it ends.
func New() *http.Server {
	return &http.Server{
		Addr: "127.0.0.1:0",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, "answered\n")
		}),
		BaseContext: func(ln net.Listener) context.Context {
			fmt.Println("ready", ln.Addr())
			return context.Background()
		},
	}
}

// Shutdown stops srv as programs do without a library for it.
func Shutdown(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return srv.Shutdown(ctx)
}
