// Command after has fx make the server and the store, and package lifecycle run
// them.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"go.uber.org/fx"

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
	var srv *http.Server
	app := fx.New(
		fx.NopLogger,
		fx.Supply(addr),
		fx.Provide(openStore, newServer),
		fx.Populate(&srv),
	)
	if err := app.Start(ctx); err != nil {
		return err // fx has stopped what it had started
	}
	// fx's own hooks run last registered first too, when the last request is
	// answered.
	lifecycle.OnShutdownContext(ctx, app.Stop, lifecycle.HookName("fx"))
	return lifecycle.ListenAndServe(ctx, srv)
}

// store stands for your database.
type store struct{}

func openStore(lc fx.Lifecycle) *store {
	lc.Append(fx.StopHook(func() { log.Print("store closed") }))
	return &store{}
}

func newServer(addr string, _ *store) *http.Server {
	return &http.Server{Addr: addr, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		log.Print("request begins")
		time.Sleep(time.Second)
		log.Print("request answered")
	})}
}
