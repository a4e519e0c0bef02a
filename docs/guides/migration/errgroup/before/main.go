// Command before has a server and a poller in an errgroup. When both fail, it
// reports one of the errors.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	g, ctx := errgroup.WithContext(ctx)
	srv := &http.Server{Addr: *addr}
	g.Go(func() error {
		if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return srv.Shutdown(limited)
	})
	g.Go(func() error { return poll(ctx) })
	err := g.Wait()
	closed := closeStore()
	if err != nil {
		log.Fatal(err) // and closed is lost
	}
	if closed != nil {
		log.Fatal(closed)
	}
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
