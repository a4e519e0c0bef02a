// Command before has a worker and a server as actors of oklog/run. The worker is
// interrupted first, since it was added first, while requests may still be
// giving it something to do.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/oklog/run"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	flag.Parse()
	queue := make(chan string, 64)
	var g run.Group

	ctx, cancel := context.WithCancel(context.Background())
	g.Add(func() error { return work(ctx, queue) }, func(error) { cancel() })

	srv := &http.Server{Addr: *addr, Handler: orders(queue)}
	g.Add(srv.ListenAndServe, func(error) {
		limited, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(limited); err != nil {
			log.Print(err)
		}
	})

	g.Add(run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM))
	if err := g.Run(); !errors.Is(err, run.ErrSignal) {
		log.Fatal(err)
	}
}

func work(ctx context.Context, queue <-chan string) error {
	for {
		select {
		case order := <-queue:
			log.Print("handled ", order)
		case <-ctx.Done():
			return nil
		}
	}
}

// orders takes three seconds to accept an order.
func orders(queue chan<- string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		log.Print("order begins")
		time.Sleep(3 * time.Second)
		queue <- "an order"
		w.WriteHeader(http.StatusAccepted)
	})
}
