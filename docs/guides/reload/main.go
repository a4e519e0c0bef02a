// Command reload is a service that reads its configuration again on SIGHUP.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

func main() {
	addr := flag.String("addr", ":8080", "address to serve on")
	file := flag.String("config", "config.json", "file with the configuration")
	flag.Parse()

	// From here on SIGHUP does not end the process, and there is no
	// signal.Stop: one that comes during the stop must not end it either.
	hangup := make(chan os.Signal, 1) // one place: of several in a row, one counts
	signal.Notify(hangup, syscall.SIGHUP)

	err := lifecycle.Run(func(ctx context.Context) error { return run(ctx, *addr, *file, hangup) })
	if err != nil {
		slog.Error("greeter failed", "error", err)
		os.Exit(1)
	}
}

type config struct {
	Greeting string `json:"greeting"`
}

func load(file string) (*config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var c config
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if c.Greeting == "" {
		return nil, errors.New(file + ": no greeting")
	}
	return &c, nil
}

func run(ctx context.Context, addr, file string, hangup <-chan os.Signal) error {
	first, err := load(file)
	if err != nil {
		return err // a service that never had a configuration does not start
	}
	var current atomic.Pointer[config]
	current.Store(first)

	lifecycle.Go(ctx, func(ctx context.Context) error {
		for {
			select {
			case <-hangup:
			case <-ctx.Done():
				return nil
			}
			next, err := load(file)
			if err != nil {
				// Not returned: that would stop the service.
				slog.Error("reload failed, the old configuration stays", "error", err)
				continue
			}
			current.Store(next)
			slog.Info("reloaded", "file", file)
		}
	})

	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		c := current.Load() // once for each request, which so sees one configuration
		if r.URL.Query().Has("slow") {
			slog.Info("slow request")
			time.Sleep(2 * time.Second)
		}
		fmt.Fprintln(w, c.Greeting)
	})
	return lifecycle.ListenAndServe(ctx, &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second})
}
