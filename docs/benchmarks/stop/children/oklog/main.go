// Command oklog is a service with github.com/oklog/run.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"syscall"

	"github.com/oklog/run"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/service"
)

func main() {
	srv := service.New()
	var g run.Group
	g.Add(run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM))
	g.Add(srv.ListenAndServe, func(error) {
		if err := service.Shutdown(srv); err != nil {
			log.Fatal(err)
		}
	})
	if err := g.Run(); !errors.Is(err, run.ErrSignal) {
		log.Fatal(err)
	}
}
