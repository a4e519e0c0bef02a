package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// Cutting checks HTTP-2: the first hook waits for a cut handler, but not for long.
func Cutting(c *Checker) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stubborn" {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(play.Patience)
			return
		}
		play.Wait(req.Context().Done(), play.Patience)
		v.note("context ended")
		time.Sleep(50 * time.Millisecond)
		v.note("cleaned up")
	}
	limit := subject.Settings{Drain: 2 * time.Second}
	c.serving(c.Impl.Serve, limit, handle, func(v *service) {
		v.begin("polite")
		v.end()
		c.expect(v.at("cleaned up") <= v.hooksAt(), "hooks begin at %s; the context of a request ends at %s, and its handler returns at %s",
			scenarios.Show(v.hooksAt()), scenarios.Show(v.at("context ended")), scenarios.Show(v.at("cleaned up")))
	})
	c.serving(c.Impl.Serve, limit, handle, func(v *service) {
		stubborn := v.begin("stubborn")
		v.begin("polite")
		v.end()
		cut := v.at("context ended")
		c.expect(cut <= v.hooksAt() && v.hooksAt() <= cut+100*time.Millisecond+prompt,
			"requests are cut at %s, with a handler that would not return, and hooks begin at %s", scenarios.Show(cut), scenarios.Show(v.hooksAt()))
		e := <-stubborn
		c.expect(e.at <= v.hooksAt()+prompt, "hooks begin at %s, and a response that was cut ends at %s", scenarios.Show(v.hooksAt()), scenarios.Show(e.at))
	})
}

// TwoServersAreCut checks HTTP-2: the first hook waits for the cut handlers of each server,
// of which one takes longer.
func TwoServersAreCut(c *Checker) {
	for _, takes := range [][2]time.Duration{{10 * time.Millisecond, 60 * time.Millisecond}, {60 * time.Millisecond, 10 * time.Millisecond}} {
		cleansUp := func(v *service, n int) http.HandlerFunc {
			return func(_ http.ResponseWriter, req *http.Request) {
				play.Wait(req.Context().Done(), play.Patience)
				time.Sleep(takes[n])
				v.note(fmt.Sprint("cleaned up ", n))
			}
		}
		first := func(v *service, w http.ResponseWriter, req *http.Request) { cleansUp(v, 0)(w, req) }
		c.serving(c.Impl.Serve, subject.Settings{Drain: 2 * time.Second}, first, func(v *service) {
			other := newPipes()
			defer other.cut()
			var over atomic.Bool
			go func() {
				defer over.Store(true)
				_ = c.Impl.Serve(v.ctx, &http.Server{Handler: cleansUp(v, 1)}, other)
			}()
			limited, cancel := context.WithTimeout(v.ctx, time.Second)
			defer cancel()
			conn, err := other.dial(limited, "", "")
			if over.Load() {
				return // for HTTP-1 to report
			}
			if err != nil {
				c.Errorf("a connection to the second server fails: %v", err)
				return
			}
			v.begin("first")
			go newWire(conn).get(v, "second")
			time.Sleep(time.Second)
			v.end()
			for n := range takes {
				at := v.at(fmt.Sprint("cleaned up ", n))
				c.expect(at <= v.hooksAt(), "of two servers whose requests are cut, and whose handlers take %v to clean up, number %d does so at %s, and hooks begin at %s, want after both", takes, n+1, scenarios.Show(at), scenarios.Show(v.hooksAt()))
			}
		})
	}
}

// ShutdownTimeoutAfterCut checks HOOK-3: the shutdown timeout counts from the entry into
// hooks, though hooks wait a moment for requests that were cut.
func ShutdownTimeoutAfterCut(c *Checker) {
	const timeout = 2 * time.Second
	deaf := func(_ *service, _ http.ResponseWriter, _ *http.Request) { time.Sleep(time.Minute) }
	var entered atomic.Int64 // when, on the bubble's clock
	observe := func(s subject.Step) {
		if s.To == string(model.Hooks) {
			entered.Store(time.Now().UnixNano())
		}
	}
	c.serving(c.Impl.Serve, subject.Settings{Drain: time.Second, Shutdown: timeout, Observe: observe}, deaf, func(v *service) {
		c.hook(v.ctx, func() { time.Sleep(time.Minute) })
		v.begin("")
		began := time.Now().Add(-v.now())
		time.Sleep(time.Second)
		v.end()
		want := time.Unix(0, entered.Load()).Sub(began) + timeout
		c.expect(v.at(returned) <= want+slack, "a request is cut whose handler goes on, and a hook hangs: with a shutdown timeout of %v from the entry into hooks, Run returns at %s, want %s", timeout, scenarios.Show(v.at(returned)), scenarios.Show(want))
	})
}

// CuttingUnderAShortTimeout checks HTTP-2: a handler that would not return, and less time
// for the hooks than a handler is waited for.
func CuttingUnderAShortTimeout(c *Checker) {
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stubborn" {
			time.Sleep(play.Patience)
			return
		}
		play.Wait(req.Context().Done(), play.Patience)
		v.note("context ended")
	}
	for _, shutdown := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		c.serving(c.Impl.Serve, subject.Settings{Drain: 2 * time.Second, Shutdown: shutdown}, handle, func(v *service) {
			v.begin("stubborn")
			v.begin("polite")
			v.end()
			cut := v.at("context ended")
			c.expect(v.at(hooked) <= cut+shutdown/10+prompt, "with a shutdown timeout of %v, requests are cut at %s, and the first hook begins at %s, want at most a tenth of the shutdown timeout later",
				shutdown, scenarios.Show(cut), scenarios.Show(v.at(hooked)))
		})
	}
}

// hijacks takes the connection, says so over it, and does what then says.
func hijacks(then func(v *service, conn net.Conn, req *http.Request)) handleFunc {
	return func(v *service, w http.ResponseWriter, req *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			v.c.Errorf("Hijack: %v", err)
			return
		}
		_, _ = io.WriteString(conn, "raw\n")
		then(v, conn, req)
	}
}

// hijacked sends the request that has its connection hijacked.
func (v *service) hijacked() *wire {
	w := v.dial()
	if w == nil {
		return nil
	}
	_, _ = io.WriteString(w, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
	if line, err := w.r.ReadString('\n'); line != "raw\n" {
		v.c.Errorf("over a hijacked connection comes %q, %v", line, err)
		return nil
	}
	return w
}

// HijackedIsFollowed checks HTTP-2. It has hijacked connections be waited for while their
// handlers run, and cut when they run for too long.
func HijackedIsFollowed(c *Checker) {
	finishes := hijacks(func(v *service, conn net.Conn, req *http.Request) {
		play.Wait(v.over, 3*time.Second)
		c.expect(req.Context().Err() == nil, "the context of a request that hijacked its connection ends while it is waited for: %v", req.Context().Err())
		_, _ = io.WriteString(conn, "bye\n")
		v.note("handled")
		_ = conn.Close()
	})
	c.serving(c.Impl.Serve, subject.Settings{}, finishes, func(v *service) {
		w := v.hijacked()
		if w == nil {
			return
		}
		said := make(chan string, 1)
		go func() { line, _ := w.r.ReadString('\n'); said <- line }()
		time.Sleep(time.Second)
		v.end()
		c.expect(v.at("handled") <= v.hooksAt(), "hooks begin at %s, and the handler of a hijacked connection returns at %s", scenarios.Show(v.hooksAt()), scenarios.Show(v.at("handled")))
		c.expect(<-said == "bye\n", "a hijacked connection is cut though its handler returns within the drain timeout")
	})
	var kept atomic.Pointer[net.Conn]
	leaves := hijacks(func(_ *service, conn net.Conn, _ *http.Request) { kept.Store(&conn) })
	c.serving(c.Impl.Serve, subject.Settings{}, leaves, func(v *service) {
		w := v.hijacked()
		if w == nil {
			return
		}
		v.end()
		go func() { _, _ = io.WriteString(*kept.Load(), "later\n") }()
		line, err := w.r.ReadString('\n')
		c.expect(line == "later\n", "over a hijacked connection whose handler has returned before the stop comes %q, %v, when the run is over", line, err)
	})
	for _, n := range []int{1, 3, 20} {
		c.hijackedAreCut(n)
	}
}

// hijackedAreCut has so many connections be hijacked when the drain timeout runs out.
func (c *Checker) hijackedAreCut(n int) {
	var mu sync.Mutex
	var cut, cleaned []time.Duration
	reads := hijacks(func(v *service, conn net.Conn, _ *http.Request) {
		_, _ = io.ReadAll(conn)
		at := v.now()
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		cut, cleaned = append(cut, at), append(cleaned, v.now())
	})
	c.serving(c.Impl.Serve, subject.Settings{Drain: 2 * time.Second}, reads, func(v *service) {
		for range n {
			if v.hijacked() == nil {
				return
			}
		}
		v.end()
		time.Sleep(time.Second)
		mu.Lock()
		defer mu.Unlock()
		if v.hooksAt() == model.Never {
			return // for DRAIN-2 to say
		}
		if len(cut) < n {
			c.Errorf("of %d hijacked connections whose handlers go on %d are cut", n, len(cut))
			return
		}
		c.expect(slices.Max(cut) <= v.hooksAt(), "the last of %d hijacked connections whose handlers go on is cut at %s, and hooks begin at %s", n, scenarios.Show(slices.Max(cut)), scenarios.Show(v.hooksAt()))
		c.expect(slices.Max(cleaned) <= v.hooksAt(), "%d hijacked connections are cut, hooks begin at %s, and the last of their handlers returns at %s", n, scenarios.Show(v.hooksAt()), scenarios.Show(slices.Max(cleaned)))
		c.expect(v.at(returned) == model.Never || v.outcome() != nil, "%d hijacked connections are cut, and Run returns nil, want an error", n)
	})
}

// StreamsAreCut checks HTTP-2. It has a stream of HTTP/2 outlast the drain timeout.
func StreamsAreCut(c *Checker) {
	endless := func(v *service, w http.ResponseWriter, req *http.Request) {
		defer v.note("cleaned up")
		for req.Context().Err() == nil {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			play.Wait(req.Context().Done(), 100*time.Millisecond)
		}
		v.note("context ended")
	}
	c.serving(c.serveHTTP2, subject.Settings{Drain: 2 * time.Second}, endless, func(v *service) {
		w := v.dial2()
		if w == nil {
			return
		}
		ended := make(chan error, 1)
		go func() { _, err := w.get(""); ended <- err; v.note("cut") }()
		time.Sleep(time.Second)
		v.end()
		c.expect(v.at("cleaned up") <= v.hooksAt(), "over HTTP/2 a request is cut, hooks begin at %s, and its handler returns at %s", scenarios.Show(v.hooksAt()), scenarios.Show(v.at("cleaned up")))
		c.expect(v.hooksAt() == model.Never || v.at("cut") <= v.hooksAt()+prompt && <-ended != nil, "over HTTP/2, a request that is cut ends at %s for its client, or looks whole", scenarios.Show(v.at("cut")))
		c.expect(v.at(returned) == model.Never || v.outcome() != nil, "over HTTP/2 a request is cut, and Run returns nil, want an error")
	})
}

// serveHTTP2 is Serve, of a server that speaks HTTP/2 without TLS too.
func (c *Checker) serveHTTP2(ctx context.Context, srv *http.Server, ln net.Listener) error {
	srv.Protocols = unencryptedHTTP2()
	return c.Impl.Serve(ctx, srv, ln)
}

// dial2 makes a connection of HTTP/2.
func (v *service) dial2() *wire2 {
	conn := v.dial()
	if conn == nil {
		return nil
	}
	w, err := newWire2(conn.Conn, v.now)
	if err != nil {
		v.c.Errorf("over HTTP/2 a connection fails: %v", err)
		return nil
	}
	return w
}
