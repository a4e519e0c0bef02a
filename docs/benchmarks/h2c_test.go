package benchmarks

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"
	//lint:ignore SA1019 it is what older services have
	"golang.org/x/net/http2/h2c"

	"github.com/greynewell/mist-go/lifecycle"
)

// Package h2c hijacks connections and serves HTTP/2 on them, in one request
// that lasts for as long as the client stays. What is under way is answered,
// and a client that is idle holds no stop.
func TestTheStopOfConnectionsOfPackageH2C(t *testing.T) {
	for name, path := range map[string]string{"idle": "/", "with a stream under way": "/slow"} {
		t.Run(name, func(t *testing.T) {
			ln, under := listen(t), make(chan struct{}, 2)
			mux := http.NewServeMux()
			mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answered") })
			mux.HandleFunc("/slow", func(w http.ResponseWriter, req *http.Request) {
				under <- struct{}{}
				time.Sleep(200 * time.Millisecond) // stands for work
				_, _ = io.WriteString(w, "answered")
			})
			only := new(http.Protocols)
			only.SetUnencryptedHTTP2(true)
			transport := &http.Transport{Protocols: only}
			defer transport.CloseIdleConnections()
			answered := make(chan error, 1)
			ask := func(path string) {
				resp, err := (&http.Client{Transport: transport}).Get("http://" + ln.Addr().String() + path)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
				}
				answered <- err
			}
			err := lifecycle.Run(func(ctx context.Context) error {
				lifecycle.Go(ctx, func(ctx context.Context) error {
					defer lifecycle.Stop(ctx, nil)
					if path == "/slow" {
						go ask(path)
						<-under
						return nil
					}
					go ask(path)
					return <-answered
				})
				//lint:ignore SA1019 it is what older services have
				handler := h2c.NewHandler(mux, &http2.Server{})
				return lifecycle.Serve(ctx, &http.Server{Handler: handler}, ln)
			}, lifecycle.WithSignals(), lifecycle.WithLogger(slog.New(slog.DiscardHandler)), lifecycle.WithDrainTimeout(time.Minute))
			if err != nil {
				t.Errorf("Run returned %v", err)
			}
			if path == "/slow" {
				if err := <-answered; err != nil {
					t.Error(err)
				}
			}
		})
	}
}
