package checks

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// expectClose demands Connection: close of a response, if there is one.
func (v *service) expectClose(what string, e exchange) {
	v.c.expect(e.err != nil || e.closes, "%s is answered without Connection: close: %v", what, e)
}

// CloseAfterStop checks HTTP-3: a request begun before the stop.
func CloseAfterStop(c *Checker) {
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
		before, old := v.begin("2s"), v.dial()
		if old == nil {
			return
		}
		_, _ = io.WriteString(old, "GET /2s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
		oldest := make(chan exchange, 1)
		go func() { oldest <- v.exchanged(http.ReadResponse(old.r, nil)) }()
		time.Sleep(time.Second)
		v.end()
		v.expectClose("a request that was begun before the stop", <-before)
		v.expectClose("a request of HTTP/1.0 that would keep the connection, and was begun before the stop,", <-oldest)
	})
}

// CloseWhateverIsAsked checks HTTP-3. It has requests of every method, and answers of
// every kind of status, be under way at the stop.
func CloseWhateverIsAsked(c *Checker) {
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		code, _ := strconv.Atoi(strings.TrimPrefix(req.URL.Path, "/"))
		time.Sleep(2 * time.Second)
		w.WriteHeader(code)
	}
	c.serving(c.Impl.Serve, subject.Settings{}, handle, func(v *service) {
		var all sync.WaitGroup
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions, "PURGE"} {
			for _, code := range []int{200, 201, 302, 304, 404, 500, 503} {
				all.Go(func() {
					req, _ := http.NewRequest(method, fmt.Sprint("http://service/", code), nil)
					resp, err := v.client.Transport.RoundTrip(req)
					e := v.exchanged(resp, err)
					c.expect(e.err != nil || e.code != code || e.closes, "%s is answered %d after the stop: %v, with Connection: close: %t, want true", method, code, e, e.closes)
				})
			}
		}
		time.Sleep(time.Second)
		v.end()
		all.Wait()
	})
}

// CloseInDelay checks HTTP-3: a request in a drain delay, and not before it because of it.
func CloseInDelay(c *Checker) {
	var usual exchange
	c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) { usual = v.get("0s") })
	c.serving(c.Impl.Serve, subject.Settings{Delay: 3 * time.Second}, lasting, func(v *service) {
		kept := v.dial()
		if kept == nil {
			return
		}
		running := kept.get(v, "0s")
		c.expect(running.err != nil || !running.closes || usual.closes, "with a drain delay, and not without, a request that comes while running ends its connection: %v", running)
		before, old, star := v.begin("2s"), v.dial(), v.dial()
		if old == nil || star == nil {
			return
		}
		time.Sleep(time.Second)
		v.stop()
		time.Sleep(500 * time.Millisecond)
		if v.at(cancelled) <= v.now() {
			return // there was no delay
		}
		v.expectClose("a request over a new connection in the drain delay", v.get("0s"))
		v.expectClose("a request over an old connection in the drain delay", kept.get(v, "0s"))
		v.expectClose("a request of HTTP/1.0 that would keep the connection, in the drain delay,", old.send(v, "GET /0s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
		v.expectClose("OPTIONS * in the drain delay", star.send(v, "OPTIONS * HTTP/1.1\r\nHost: service\r\n\r\n"))
		v.expectClose("a request that was begun before the drain delay", <-before)
	})
}

// CloseOfEveryShape checks HTTP-3. It has a request of every shape be under way when a
// drain delay begins, or draining without one, over TLS too.
func CloseOfEveryShape(c *Checker) {
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		time.Sleep(2 * time.Second)
		_, _ = io.WriteString(w, "done")
	}
	for _, delay := range c.delays() {
		ask := func(v *service, over string, connect func(conn net.Conn) net.Conn) {
			answers := make([]chan exchange, len(handledShapes))
			for i, text := range handledShapes {
				w := v.dial()
				if w == nil {
					return
				}
				conn := connect(w.Conn)
				if conn == nil {
					return
				}
				answers[i] = make(chan exchange, 1)
				go func() {
					answers[i] <- newWire(conn).response(v, text)
					_, _ = io.Copy(io.Discard, conn) // until the server closes it
				}()
			}
			time.Sleep(time.Second)
			stopped := v.now()
			v.stop()
			for i, text := range handledShapes {
				if e := <-answers[i]; e.began >= stopped { // else the handler did not answer it
					v.expectClose(fmt.Sprintf("with a drain delay of %v, and %s, %q, begun before it,", delay, over, text), e)
				}
			}
		}
		c.serving(c.Impl.Serve, subject.Settings{Delay: delay}, handle, func(v *service) {
			ask(v, "without TLS", func(conn net.Conn) net.Conn { return conn })
		})
		c.overTLSWith(subject.Settings{Delay: delay}, handle, func(v *service, shake func(conn net.Conn, protocol string) *tls.Conn) {
			ask(v, "over TLS", func(conn net.Conn) net.Conn {
				if over := shake(conn, "http/1.1"); over != nil {
					return over
				}
				return nil
			})
		})
	}
}

// informational are statuses of answers that precede the response.
var informational = []int{http.StatusProcessing, http.StatusEarlyHints, 199}

// CloseOfUnusualAnswers checks HTTP-3. It has handlers write nothing, or their header early,
// or an informational answer first.
func CloseOfUnusualAnswers(c *Checker) {
	unusual := func(_ *service, w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/nothing":
			time.Sleep(2 * time.Second)
		case "/header":
			time.Sleep(2 * time.Second)
			w.WriteHeader(http.StatusNoContent)
		case "/status":
			time.Sleep(2 * time.Second)
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, "done")
		case "/flushed":
			time.Sleep(2 * time.Second)
			_ = http.NewResponseController(w).Flush()
		case "/keeps":
			time.Sleep(2 * time.Second)
			w.Header().Set("Connection", "keep-alive")
			_, _ = io.WriteString(w, "done")
		case "/copied":
			time.Sleep(2 * time.Second)
			_, _ = io.Copy(w, io.LimitReader(strings.NewReader("done"), 4))
		case "/early": // net/http sends the header with what follows
			w.WriteHeader(http.StatusOK)
			time.Sleep(2 * time.Second)
			_, _ = io.WriteString(w, "done")
		case "/earlier":
			w.WriteHeader(http.StatusNotFound)
			time.Sleep(2 * time.Second)
		case "/keeps-early":
			w.Header().Set("Connection", "keep-alive")
			w.WriteHeader(http.StatusOK)
			time.Sleep(2 * time.Second)
		case "/hints":
			time.Sleep(2 * time.Second)
			w.Header().Set("Link", "</style.css>; rel=preload")
			for _, code := range informational {
				w.WriteHeader(code)
			}
			_, _ = io.WriteString(w, "done")
		}
	}
	for _, delay := range []time.Duration{0, 5 * time.Second} {
		c.serving(c.Impl.Serve, subject.Settings{Delay: delay}, unusual, func(v *service) {
			paths := []string{"nothing", "header", "flushed", "status", "keeps", "copied", "early", "earlier", "keeps-early"}
			var answers []<-chan exchange
			for _, path := range paths {
				answers = append(answers, v.begin(path))
			}
			hints, upgrade := v.dial(), v.dial()
			if hints == nil || upgrade == nil {
				return
			}
			_, _ = io.WriteString(hints, "GET /hints HTTP/1.1\r\nHost: service\r\n\r\n")
			_, _ = io.WriteString(upgrade, "GET /status HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
			time.Sleep(time.Second)
			stopped := v.now()
			v.stop()
			early, err := http.ReadResponse(hints.r, nil)
			for err == nil && early.StatusCode < 200 {
				c.expect(!early.Close && early.Header.Get("Connection") == "", "an informational answer, %d, carries Connection: close", early.StatusCode)
				early, err = http.ReadResponse(hints.r, nil)
			}
			v.expectClose("a request whose handler sends an informational answer first", v.exchanged(early, err))
			v.expectClose("with a drain delay of "+delay.String()+", a request to upgrade that is answered 200", v.exchanged(http.ReadResponse(upgrade.r, nil)))
			for i, answer := range answers {
				if e := <-answer; e.began >= stopped { // else the header came before the stop
					v.expectClose("with a drain delay of "+delay.String()+", a request whose handler does this: "+paths[i], e)
				}
			}
		})
	}
}

// CloseAsItStops checks HTTP-3. It has handlers return with main's context, having written
// nothing: the headers are sent when the service is draining already.
func CloseAsItStops(c *Checker) {
	for _, requests := range []int{1, 7, 64} {
		handle := func(v *service, _ http.ResponseWriter, _ *http.Request) { play.Wait(v.ctx.Done(), play.Patience) }
		c.serving(c.Impl.Serve, subject.Settings{}, handle, func(v *service) {
			var answers []<-chan exchange
			for range requests {
				answers = append(answers, v.begin(""))
			}
			v.end()
			for _, answer := range answers {
				v.expectClose("one of "+strconv.Itoa(requests)+" requests whose handlers return with main's context", <-answer)
			}
		})
	}
}

// HandlerCloses checks HTTP-3: a new request through Handler, in a drain delay too.
func HandlerCloses(c *Checker) {
	for _, delay := range c.delays() {
		c.serving(c.ServeBare, subject.Settings{Delay: delay}, lasting, func(v *service) {
			time.Sleep(slack) // main has been launched
			running := v.get("0s")
			c.expect(running.err != nil || !running.closes, "through Handler, a request that comes while running ends its connection: %v", running)
			v.begin("3s") // keeps it draining
			v.stop()
			time.Sleep(time.Second)
			v.expectClose(fmt.Sprintf("with a drain delay of %v, a request through Handler that comes 1s after the stop", delay), v.get("0s"))
		})
	}
}
