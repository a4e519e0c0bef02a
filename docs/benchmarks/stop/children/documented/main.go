// Command documented is a service whose server is stopped by a hook, as the
// library's first documentation has it. Main comes back only when the hook has
// run, so the stop takes the return grace: 5 s, or $RETURN_GRACE.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/service"
	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	grace := 5 * time.Second
	if text, ok := os.LookupEnv("RETURN_GRACE"); ok {
		var err error
		if grace, err = time.ParseDuration(text); err != nil {
			log.Fatal(err)
		}
	}
	err := lifecycle.Run(func(ctx context.Context) error {
		srv := service.New()
		lifecycle.OnShutdown(ctx, func() error {
			return srv.Shutdown(ctx)
		})
		return srv.ListenAndServe()
	}, lifecycle.WithReturnGrace(grace))
	if err != nil {
		log.Fatal(err)
	}
}
