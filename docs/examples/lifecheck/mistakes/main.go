// Command mistakes is a service that stops as many do. docs/lifecheck.md shows
// what lifecheck has to say of it; mended, beside it, is what it should be.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to serve on")
	delay := flag.Duration("delay", time.Second, "keep serving that long after the signal")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(time.Second):
			fmt.Fprintln(w, "done")
		case <-r.Context().Done():
			http.Error(w, r.Context().Err().Error(), http.StatusInternalServerError)
		}
	})
	srv := &http.Server{Addr: *addr, Handler: mux, BaseContext: func(net.Listener) context.Context { return ctx }}

	served := make(chan error, 1)
	go func() { served <- srv.ListenAndServe() }()
	<-ctx.Done()
	stop()
	time.Sleep(*delay)
	srv.Shutdown(context.Background())
	log.Fatal(<-served)
}
