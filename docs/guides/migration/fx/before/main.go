// Command before is a server and a store that fx makes, starts and stops.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"time"

	"go.uber.org/fx"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	flag.Parse()
	fx.New(
		fx.NopLogger,
		fx.StopTimeout(10*time.Second),
		fx.Supply(*addr),
		fx.Provide(openStore, newServer),
		fx.Invoke(serve),
	).Run()
}

func serve(lc fx.Lifecycle, down fx.Shutdowner, srv *http.Server) {
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			ln, err := net.Listen("tcp", srv.Addr)
			if err != nil {
				return err
			}
			go func() {
				if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
					_ = down.Shutdown(fx.ExitCode(1))
				}
			}()
			return nil
		},
		OnStop: srv.Shutdown,
	})
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
