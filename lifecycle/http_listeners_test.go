package lifecycle_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/greynewell/mist-go/lifecycle"
)

// pemFiles writes a certificate and its key to files.
func pemFiles(t *testing.T, cert tls.Certificate) (certFile, keyFile string) {
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// HTTP-1: one server on several listeners, which stop together.
func TestOneServerOnSeveralListeners(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		const listeners = 7
		var lns [listeners]*pipes
		srv := &http.Server{Handler: http.HandlerFunc(slow)}
		err := w.run(func(ctx context.Context) error {
			var serving sync.WaitGroup
			for i := range lns {
				lns[i] = newPipes()
				serving.Go(func() {
					err := lifecycle.Serve(ctx, srv, lns[i])
					w.note("Serve: %v", err)
				})
				client, _ := lns[i].client()
				go w.get(client, "/2")
			}
			sleep(1)
			lifecycle.Stop(ctx, nil)
			serving.Wait()
			return lifecycle.Serve(ctx, srv, newPipes())
		})
		if err != nil { // the last one is a clean end: http.ErrServerClosed after the stop
			t.Error(err)
		}
		synctest.Wait()
		var want []string
		for range listeners {
			want = append(want, "2s /2: 200 done, <nil>, close", "2s Serve: <nil>")
		}
		w.expectUnordered(want...)
	})
}

// One listener's failure does not stop the other.
func TestServerServesAsLongAsItHasAListener(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		good, bad := newPipes(), newPipes()
		client, hangUp := good.client()
		defer hangUp()
		srv := &http.Server{Handler: http.HandlerFunc(slow)}
		err := w.run(func(ctx context.Context) error {
			go func() { w.note("Serve: %v", lifecycle.Serve(ctx, srv, bad)) }()
			go func() {
				sleep(1)
				_ = bad.Close()
				sleep(1)
				w.get(client, "/1")
				lifecycle.Stop(ctx, nil)
			}()
			return lifecycle.Serve(ctx, srv, good)
		})
		if err != nil {
			t.Error(err)
		}
		w.expect("1s Serve: use of closed network connection", "3s /1: 200 done, <nil>")
	})
}

func TestServerServedElsewhereIsRefused(t *testing.T) {
	untilStopped := []lifecycle.ServeOption{lifecycle.UntilStopped()}
	for name, tc := range map[string]struct {
		runs int
		opts [2][]lifecycle.ServeOption
		want string
	}{
		"HTTP-1: in another Run":     {2, [2][]lifecycle.ServeOption{}, "another Run"},
		"HTTP-1: with other options": {1, [2][]lifecycle.ServeOption{nil, untilStopped}, "other options"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := &http.Server{}
			results := make(chan error, 2)
			var runs sync.WaitGroup
			ready := make(chan struct{}, 2) // every call of Serve waits for its Run
			start := make(chan struct{})
			for run := range tc.runs {
				runs.Go(func() {
					_ = lifecycle.Run(func(ctx context.Context) error {
						var calls sync.WaitGroup
						for i := run; i < 2; i += tc.runs {
							calls.Go(func() {
								ready <- struct{}{}
								<-start
								err := lifecycle.Serve(ctx, srv, newPipes(), tc.opts[i]...)
								results <- err
								lifecycle.Stop(ctx, nil) // the one that serves ends as well
							})
						}
						if run == 0 {
							<-ready
							<-ready
							close(start)
						}
						<-ctx.Done()
						return nil
					}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
				})
			}
			refused := <-results
			_ = srv.Close() // the other may be of the Run that goes on
			served := <-results
			if refused == nil { // with UntilStopped, that requests a stop
				refused, served = served, refused
			}
			if refused == nil || !strings.Contains(refused.Error(), tc.want) {
				t.Errorf("one of both Serves returned %v", refused)
			}
			if served != nil && !errors.Is(served, http.ErrServerClosed) {
				t.Errorf("the other Serve returned %v", served)
			}
			runs.Wait()
		})
	}
}

func TestServeNamesTheNilArgument(t *testing.T) {
	for want, serve := range map[string]func(ctx context.Context) error{
		"Serve: the server is nil":   func(ctx context.Context) error { return lifecycle.Serve(ctx, nil, newPipes()) },
		"Serve: the listener is nil": func(ctx context.Context) error { return lifecycle.Serve(ctx, &http.Server{}, nil) },
		"Serve: option 2 is nil": func(ctx context.Context) error {
			return lifecycle.Serve(ctx, &http.Server{}, newPipes(), lifecycle.UntilStopped(), nil)
		},
		"ServeTLS: the server is nil":          func(ctx context.Context) error { return lifecycle.ServeTLS(ctx, nil, newPipes(), "", "") },
		"ServeTLS: the listener is nil":        func(ctx context.Context) error { return lifecycle.ServeTLS(ctx, &http.Server{}, nil, "", "") },
		"ListenAndServe: the server is nil":    func(ctx context.Context) error { return lifecycle.ListenAndServe(ctx, nil) },
		"ListenAndServe: option 1 is nil":      func(ctx context.Context) error { return lifecycle.ListenAndServe(ctx, &http.Server{}, nil) },
		"ListenAndServeTLS: the server is nil": func(ctx context.Context) error { return lifecycle.ListenAndServeTLS(ctx, nil, "", "") },
		"ListenAndServeTLS: option 1 is nil":   func(ctx context.Context) error { return lifecycle.ListenAndServeTLS(ctx, &http.Server{}, "", "", nil) },
	} {
		err := lifecycle.Run(serve, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Run returned %v, want %s", err, want)
		}
	}
	//lint:ignore SA1012 that is what is tested
	if err := lifecycle.Serve(nil, &http.Server{}, newPipes()); err == nil {
		t.Error("Serve took a nil context")
	}
}
