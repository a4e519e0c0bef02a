package checks

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// HTTP2Answers has several answers over one connection of HTTP/2 under way
// at the stop. It takes a real network: in memory, an answer has left the server
// once it is written.
func HTTP2Answers(c *Checker) {
	ln, err := net.Listen("tcp", loopback.Addr())
	if err != nil {
		c.Errorf("cannot listen: %v", err)
		return
	}
	http2 := new(http.Protocols)
	http2.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: http2}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: process.Soon}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	const requests = 16
	var answered, under sync.WaitGroup
	under.Add(requests)
	// A client that is asked for many at once opens several connections, and closes all
	// but one, at times with a request on it.
	connected := make(chan struct{})
	for n := range requests {
		answered.Go(func() {
			if n > 0 {
				play.Wait(connected, process.Soon)
			}
			resp, err := client.Get("http://" + ln.Addr().String())
			if err != nil {
				c.Errorf("over HTTP/2, a request under way at the stop: %v", err)
				return
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			c.expect(err == nil && len(body) == 100_000, "over HTTP/2, an answer under way at the stop has %d of 100000 bytes, %v", len(body), err)
		})
	}
	allUnder := make(chan struct{})
	go func() { defer close(allUnder); under.Wait() }()
	began, first := time.Now(), sync.OnceFunc(func() { close(connected) })
	_ = c.run(func(ctx context.Context) error {
		go func() { play.Wait(allUnder, process.Soon); stop() }()
		return c.Impl.Serve(ctx, &http.Server{Protocols: http2, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			first()
			under.Done()
			<-ctx.Done()
			_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
		})}, ln)
	}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	answered.Wait()
	c.expect(time.Since(began) < process.Soon, "over HTTP/2, Run returns after %v", time.Since(began))
}
