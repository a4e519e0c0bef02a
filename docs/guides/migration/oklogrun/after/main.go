// Command after has a worker that works until the server has answered its last
// request, and the queue is empty.
package main

import (
	"context"
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
	queue := make(chan string, 64)
	handled := make(chan struct{})
	go func() { defer close(handled); work(queue) }()

	// Hooks run when the last request is answered: nothing comes any more.
	lifecycle.OnShutdownContext(ctx, func(ctx context.Context) error {
		close(queue)
		select {
		case <-handled:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}, lifecycle.HookName("worker"))

	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: orders(queue)})
}

func work(queue <-chan string) {
	for order := range queue {
		log.Print("handled ", order)
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
