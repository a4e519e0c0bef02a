// Command after has a server and a poller in one lifecycle. When both the poller
// and a hook fail, it reports both.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	flag.Parse()
	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr) },
		lifecycle.WithDrainTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr string) error {
	lifecycle.OnShutdown(ctx, closeStore)
	lifecycle.Go(ctx, poll)
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr})
}

// poll fails after a moment.
func poll(ctx context.Context) error {
	select {
	case <-time.After(500 * time.Millisecond):
		return errors.New("poll: connection refused")
	case <-ctx.Done():
		return nil
	}
}

func closeStore() error { return errors.New("store: disk full") }
