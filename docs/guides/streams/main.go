// Command streams serves what lasts for as long as its client likes: server-sent
// events, WebSockets and a proxy for both. All end at the stop, by themselves,
// while ordinary requests are answered.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	backend := flag.String("backend", "http://localhost:8081", "what /api/ is passed on to")
	flag.Parse()

	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr, *backend) })
	if err != nil {
		slog.Error("streams failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, backend string) error {
	target, err := url.Parse(backend)
	if err != nil {
		return err
	}
	lifecycle.OnShutdown(ctx, func() error { slog.Info("store closed"); return nil })

	mux := http.NewServeMux()
	mux.Handle("GET /events", lifecycle.CancelOnStop(ctx, http.HandlerFunc(events)))
	mux.Handle("GET /echo", lifecycle.CancelOnStop(ctx, http.HandlerFunc(echo)))

	proxy := httputil.NewSingleHostReverseProxy(target)
	streams := lifecycle.CancelOnStop(ctx, proxy)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" || strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			streams.ServeHTTP(w, r) // ends at the stop
			return
		}
		proxy.ServeHTTP(w, r) // is answered
	})
	// No WriteTimeout: it would end every stream when it is over.
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}

// events sends an event every 100 ms until the client goes or the service stops:
// either ends the request's context.
func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: tick\n\n", n); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			slog.Info("events ended", "cause", context.Cause(r.Context()))
			return // the browser connects again, to another instance
		}
	}
}

// echo sends each message back, until the client goes or the service stops.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()

	// At the stop the client is sent a close frame, and Read returns when it has
	// answered. Read is not given r.Context(): its end would cut the connection.
	defer context.AfterFunc(r.Context(), func() {
		_ = conn.Close(websocket.StatusGoingAway, "service is stopping") // waits for 5 s at most
	})()
	ctx := context.WithoutCancel(r.Context())
	for {
		kind, message, err := conn.Read(ctx)
		if err != nil {
			slog.Info("echo ended", "status", websocket.CloseStatus(err))
			return
		}
		if err := conn.Write(ctx, kind, message); err != nil {
			return
		}
	}
}
