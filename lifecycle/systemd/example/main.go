// Command example is a small service for systemd: it serves a greeting, reads
// that again on systemctl reload, and stops well. Its unit is orders.service,
// beside it.
//
//	go build -o /usr/local/bin/orders ./example
//	cp example/orders.service /etc/systemd/system/
//	systemctl start orders     returns when requests are served
//	systemctl status orders    shows what it is doing, and what a stop waits for
//	systemctl reload orders    returns when the greeting was read again
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/systemd"
)

func main() {
	var s service
	flag.StringVar(&s.addr, "addr", "127.0.0.1:8080", "address to serve on")
	flag.StringVar(&s.file, "greeting", "greeting.txt", "file with the greeting")
	flag.Parse()
	// Started by anything but systemd, it is lifecycle.Run.
	if err := systemd.Run(s.main, lifecycle.WithManualStart()); err != nil {
		slog.Error("orders failed", "error", err)
		os.Exit(1)
	}
}

type service struct {
	addr, file string
	greeting   atomic.Pointer[[]byte]
}

func (s *service) main(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	// A file that cannot be read leaves the greeting as it was, and shows in
	// systemctl status.
	systemd.OnReload(ctx, s.load)

	h := health.New("orders", "1.0.0")
	h.Follow(ctx)
	mux := http.NewServeMux()
	mux.Handle("/readyz", h.Readiness())
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*s.greeting.Load()) })

	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	fmt.Println("listening on", ln.Addr())
	// Requests are accepted from here on, if not answered yet. While Starting,
	// systemd is asked for more time every few seconds, so whatever takes long
	// comes before this line; systemctl start returns now.
	lifecycle.MarkStarted(ctx)
	return lifecycle.Serve(ctx, &http.Server{Handler: mux}, ln)
}

func (s *service) load(context.Context) error {
	text, err := os.ReadFile(s.file)
	if err != nil {
		return err
	}
	s.greeting.Store(&text)
	return nil
}
