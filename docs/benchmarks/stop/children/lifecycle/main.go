// Command lifecycle is a service in the style that this library recommends.
package main

import (
	"context"
	"log"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/service"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	err := lifecycle.Run(func(ctx context.Context) error {
		return lifecycle.ListenAndServe(ctx, service.New())
	})
	if err != nil {
		log.Fatal(err)
	}
}
