// Command lifo shows the order of hooks: the cache, which was made last and
// needs the database, is flushed before the database is closed.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error {
			fmt.Println("db closed")
			return nil
		})
		lifecycle.OnShutdown(ctx, func() error {
			fmt.Println("cache flushed")
			return nil
		})
		<-ctx.Done()
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
