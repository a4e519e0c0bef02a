// Command after sends the mails that its requests have left to be sent, and then
// closes the store.
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
	lifecycle.OnShutdown(ctx, func() error {
		log.Print("store closed") // stands for db.Close
		return nil
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		work := lifecycle.WorkContext(r.Context()) // outlives the request, and the stop
		if !lifecycle.Go(work, sendMail) {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux})
}

// sendMail takes three seconds.
func sendMail(ctx context.Context) error {
	log.Print("mail begins")
	select {
	case <-time.After(3 * time.Second):
		log.Print("mail sent")
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
