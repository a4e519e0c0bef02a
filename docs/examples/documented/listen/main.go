// Command listen is the smallest main that serves. Nothing tells its server to
// stop: after a signal main is waited for, and then given up, which is an
// error.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	err := lifecycle.Run(func(ctx context.Context) error {
		server := &http.Server{Addr: os.Getenv("ADDR")}
		return server.ListenAndServe()
	})
	if err != nil {
		log.Fatal(err)
	}
}
