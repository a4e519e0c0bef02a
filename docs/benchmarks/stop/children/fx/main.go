// Command fx is a service with go.uber.org/fx.
package main

import (
	"context"
	"net"
	"net/http"

	"go.uber.org/fx"

	"github.com/greynewell/mist-go/docs/benchmarks/internal/service"
)

func main() {
	fx.New(fx.Provide(newServer), fx.Invoke(func(*http.Server) {})).Run()
}

func newServer(lc fx.Lifecycle, down fx.Shutdowner) *http.Server {
	srv := service.New()
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			ln, err := net.Listen("tcp", srv.Addr)
			if err != nil {
				return err
			}
			go func() {
				if err := srv.Serve(ln); err != http.ErrServerClosed {
					_ = down.Shutdown(fx.ExitCode(1))
				}
			}()
			return nil
		},
		OnStop: srv.Shutdown,
	})
	return srv
}
