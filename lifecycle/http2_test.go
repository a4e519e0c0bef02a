package lifecycle_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// HTTP-2, over HTTP/2: net/http calls a connection idle before its last answer
// has left it. It takes a network to see that.
func TestHTTP2ResponsesAreComplete(t *testing.T) {
	http2 := new(http.Protocols)
	http2.SetUnencryptedHTTP2(true)
	const requests = 8
	long := strings.Repeat("x", 100_000)
	for range 20 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{Protocols: http2}}
		ask := func() error {
			resp, err := client.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err == nil && (resp.ProtoMajor != 2 || len(body) != len(long)) {
				err = fmt.Errorf("%d bytes over %s", len(body), resp.Proto)
			}
			return err
		}
		var answered, under sync.WaitGroup
		under.Add(requests)
		err = lifecycle.Run(func(ctx context.Context) error {
			for range requests {
				answered.Go(func() {
					if err := ask(); err != nil {
						t.Errorf("a request under way at the stop: %v", err)
					}
				})
			}
			lifecycle.Go(ctx, func(ctx context.Context) error {
				under.Wait()
				lifecycle.Stop(ctx, nil)
				return nil
			})
			return lifecycle.Serve(ctx, &http.Server{Protocols: http2, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				under.Done()
				<-ctx.Done()
				_, _ = io.WriteString(w, long)
			})}, ln)
		}, lifecycle.WithSignals(), lifecycle.WithLogger(quiet))
		if err != nil {
			t.Error(err)
		}
		answered.Wait()
		client.CloseIdleConnections()
	}
}
