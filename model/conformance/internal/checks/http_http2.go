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
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// HTTP2Answers checks HTTP-2: several answers over one connection of HTTP/2 under way at
// the stop. It takes a real network: in memory, an answer has left the server once it is
// written.
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
				c.Errorf("over HTTP/2, a request under way at the stop fails: %v", err)
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
	c.expect(time.Since(began) < process.Soon, "over HTTP/2, Run has not returned within 5s: it returns after %v", time.Since(began))
}

// StreamsOutlastTheStop checks HTTP-6. It has streams of HTTP/2 begin as the stop comes,
// over a connection that is new and over one that has had an answer before.
func StreamsOutlastTheStop(c *Checker) {
	for _, kept := range []bool{false, true} {
		c.serving(c.serveHTTP2, subject.Settings{}, lasting, func(v *service) {
			w := v.dial2()
			if w == nil {
				return
			}
			if kept {
				_, err := w.get("0s")
				c.expect(err == nil, "over HTTP/2 a request fails: %v", err)
				time.Sleep(time.Second)
			}
			long, err := w.ask("4s")
			if err != nil {
				c.Errorf("over HTTP/2 a request fails: %v", err)
				return
			}
			time.Sleep(prompt) // it is under way
			v.stop()
			n, err := w.answer(long)
			c.expect(err == nil && n == len("done"), "over HTTP/2, on a connection that was used before: %t, a request that begins just before the stop and takes 4s is answered with %d bytes, %v, want \"done\"",
				kept, n, err)
			_ = w.Close()
			v.end()
			c.expect(v.outcome() == nil, "over HTTP/2 all is answered, and Run returns %v, want nil", v.outcome())
		})
	}
}

// ServedOverHTTP2 checks HTTP-1: a client that stays when it has its last answer.
func ServedOverHTTP2(c *Checker) {
	c.serving(c.serveHTTP2, subject.Settings{}, lasting, func(v *service) {
		w := v.dial2()
		if w == nil {
			return
		}
		stream, err := w.ask("2s")
		if err != nil {
			c.Errorf("over HTTP/2 a request fails: %v", err)
			return
		}
		time.Sleep(time.Millisecond) // it is under way
		v.stop()
		_, err = w.answer(stream)
		answered, gone := v.now(), w.discard()
		v.end()
		_ = w.Close()
		<-gone
		c.expect(v.result() == nil && v.at(served) >= answered && v.at(served) <= answered+time.Second+prompt,
			"over HTTP/2 the client stays when it has its last answer at %s (%v): Serve returns %v at %s, want nil within 1s", scenarios.Show(answered), err, v.result(), scenarios.Show(v.at(served)))
	})
}

// YoungOverHTTP2 checks HTTP-1. It has the only client over HTTP/2 have its answer just
// before the stop, and stay.
func YoungOverHTTP2(c *Checker) {
	c.serving(c.serveHTTP2, subject.Settings{}, lasting, func(v *service) {
		w := v.dial2()
		if w == nil {
			return
		}
		_, err := w.get("0s")
		gone := w.discard()
		time.Sleep(50 * time.Millisecond)
		v.end()
		_ = w.Close()
		<-gone
		c.expect(v.result() == nil && v.at(served) <= v.at(cancelled)+time.Second+prompt, "over HTTP/2 the client has its answer 50ms before the stop (%v), and stays: Serve returns %v at %s, want nil within 1s of the stop at %s",
			err, v.result(), scenarios.Show(v.at(served)), scenarios.Show(v.at(cancelled)))
	})
}

// GoAway checks HTTP-3. It has the stop come while a stream is under way, of which the
// client has the header or not.
func GoAway(c *Checker) {
	for _, flushed := range []bool{false, true} {
		c.serving(c.serveHTTP2, subject.Settings{}, func(v *service, w http.ResponseWriter, req *http.Request) {
			if flushed {
				_ = http.NewResponseController(w).Flush()
			}
			lasting(v, w, req)
		}, func(v *service) {
			w := v.dial2()
			if w == nil {
				return
			}
			stream, err := w.ask("4s")
			if err != nil {
				c.Errorf("over HTTP/2 a request fails: %v", err)
				return
			}
			time.Sleep(time.Second)
			v.stop()
			_, _ = w.answer(stream)
			c.expect(w.goAways > 0 && w.goneAt <= v.at(cancelled)+time.Second, "over HTTP/2, while a stream is under way whose header has been sent (%t), the client is sent %d GOAWAY, the first at %s, want one within 1s of the stop at %s",
				flushed, w.goAways, scenarios.Show(w.goneAt), scenarios.Show(v.at(cancelled)))
		})
	}
}

// GoAwayInDelay checks HTTP-3. It has requests over HTTP/2 come in a drain delay, over a
// connection from before the stop and over a new one.
func GoAwayInDelay(c *Checker) {
	for _, fresh := range []bool{false, true} {
		c.serving(c.serveHTTP2, subject.Settings{Delay: 5 * time.Second}, lasting, func(v *service) {
			var w *wire2
			connects := func() bool { // else another clause says so
				client, leave := context.WithTimeout(context.Background(), time.Minute)
				defer leave()
				conn, err := v.ln.dial(client, "", "")
				if err == nil {
					_ = conn.SetDeadline(time.Now().Add(play.Patience))
					w, err = newWire2(conn, v.now)
				}
				return err == nil
			}
			if !fresh {
				if !connects() {
					return
				}
				_, _ = w.get("0s")
			}
			v.stop()
			time.Sleep(time.Second)
			if v.at(cancelled) <= v.now() || fresh && !connects() {
				return // there was no delay
			}
			_, _ = w.get("0s")
			_ = w.SetReadDeadline(time.Now().Add(time.Second))
			for w.goAways == 0 {
				if _, err := w.frame(); err != nil {
					break
				}
			}
			c.expect(w.goAways > 0, "over HTTP/2, a client that sends a request in the drain delay, over a new connection: %t, is sent no GOAWAY in the second after its answer", fresh)
			_ = w.Close()
		})
	}
}
