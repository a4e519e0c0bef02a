package conformance

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
)

func checkIdleGoes(c *checker) {
	c.serving(c.impl.Serve, Settings{}, lasting, func(v *service) {
		idle := v.dial()
		if idle == nil {
			return
		}
		e := idle.get(v, "0s")
		c.expect(e.ok(), "the request that leaves an idle connection: %v", e)
		go func() {
			_, _ = idle.r.ReadByte()
			v.note("idle gone")
		}()
		long := v.begin("3s")
		time.Sleep(time.Second)
		v.end()
		<-long
		cancel := v.at(cancelled)
		c.expect(promptly(v.ln.closedAt(), cancel), "the listener closes at %s, want %s", show(v.ln.closedAt()), show(cancel))
		c.expect(promptly(v.at("idle gone"), cancel), "an idle connection is closed at %s, want %s", show(v.at("idle gone")), show(cancel))
	})
}

func checkRequestContext(c *checker) {
	// Asked at 0s, stopped at 1s, the handler looks at 12s: past the grace,
	// within the drain timeout.
	look := func(_ *service, w http.ResponseWriter, req *http.Request) {
		wait(req.Context().Done(), 12*time.Second)
		_, _ = fmt.Fprintf(w, "%v, %v", req.Context().Value(valueKey{}), req.Context().Err())
	}
	expect := func(v *service, want string) {
		asked := v.begin("")
		time.Sleep(time.Second)
		v.end()
		e := <-asked
		c.expect(e.ok() && e.body == want, "a request that asks for its context: %v, want %q", e, want)
	}
	c.serving(c.impl.Serve, Settings{}, look, func(v *service) { expect(v, "of the context, <nil>") })
	based := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		base, cancel := context.WithCancel(context.WithValue(context.Background(), valueKey{}, "of the base"))
		context.AfterFunc(ctx, cancel)
		srv.BaseContext = func(net.Listener) context.Context { return base }
		return c.impl.Serve(ctx, srv, ln)
	}
	c.serving(based, Settings{}, look, func(v *service) { expect(v, "of the base, <nil>") })
}

func checkAcceptedBefore(c *checker) {
	c.serving(c.impl.Serve, Settings{}, lasting, func(v *service) {
		early := v.dial()
		if early == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
		v.stop()
		time.Sleep(50 * time.Millisecond)
		e := early.get(v, "2s")
		c.expect(e.ok(), "a request over a connection that was accepted 50ms before the stop, sent 50ms after it: %v", e)
	})
}

func checkCutting(c *checker) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stubborn" {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(patience)
			return
		}
		wait(req.Context().Done(), patience)
		v.note("context ended")
		time.Sleep(50 * time.Millisecond)
		v.note("cleaned up")
	}
	limit := Settings{Drain: 2 * time.Second}
	c.serving(c.impl.Serve, limit, handle, func(v *service) {
		v.begin("polite")
		v.end()
		c.expect(v.at("cleaned up") <= v.hooksAt(), "hooks begin at %s; the context of a request ends at %s, and its handler returns at %s",
			show(v.hooksAt()), show(v.at("context ended")), show(v.at("cleaned up")))
	})
	c.serving(c.impl.Serve, limit, handle, func(v *service) {
		stubborn := v.begin("stubborn")
		v.begin("polite")
		v.end()
		cut := v.at("context ended")
		c.expect(cut <= v.hooksAt() && v.hooksAt() <= cut+100*time.Millisecond+prompt,
			"requests are cut at %s, with a handler that would not return, and hooks begin at %s", show(cut), show(v.hooksAt()))
		e := <-stubborn
		c.expect(e.at <= v.hooksAt()+prompt, "hooks begin at %s, and a response that was cut ends at %s", show(v.hooksAt()), show(e.at))
	})
}

// checkCuttingUnderAShortTimeout has a handler that would not return, and less
// time for the hooks than a handler is waited for.
func checkCuttingUnderAShortTimeout(c *checker) {
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stubborn" {
			time.Sleep(patience)
			return
		}
		wait(req.Context().Done(), patience)
		v.note("context ended")
	}
	for _, shutdown := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		c.serving(c.impl.Serve, Settings{Drain: 2 * time.Second, Shutdown: shutdown}, handle, func(v *service) {
			v.begin("stubborn")
			v.begin("polite")
			v.end()
			cut := v.at("context ended")
			c.expect(v.at(hooked) <= cut+shutdown/10+prompt, "with a shutdown timeout of %v, requests are cut at %s, and the first hook begins at %s",
				shutdown, show(cut), show(v.at(hooked)))
		})
	}
}

// hijacks takes the connection, says so over it, and does what then says.
func hijacks(then func(v *service, conn net.Conn, req *http.Request)) handleFunc {
	return func(v *service, w http.ResponseWriter, req *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			v.c.errorf("Hijack: %v", err)
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
		v.c.errorf("over a hijacked connection comes %q, %v", line, err)
		return nil
	}
	return w
}

// checkHijackedIsFollowed has hijacked connections be waited for while their
// handlers run, and cut when they run for too long.
func checkHijackedIsFollowed(c *checker) {
	finishes := hijacks(func(v *service, conn net.Conn, req *http.Request) {
		wait(v.over, 3*time.Second)
		c.expect(req.Context().Err() == nil, "the context of a request that hijacked its connection ends while it is waited for: %v", req.Context().Err())
		_, _ = io.WriteString(conn, "bye\n")
		v.note("handled")
		_ = conn.Close()
	})
	c.serving(c.impl.Serve, Settings{}, finishes, func(v *service) {
		w := v.hijacked()
		if w == nil {
			return
		}
		said := make(chan string, 1)
		go func() { line, _ := w.r.ReadString('\n'); said <- line }()
		time.Sleep(time.Second)
		v.end()
		c.expect(v.at("handled") <= v.hooksAt(), "hooks begin at %s, and the handler of a hijacked connection returns at %s", show(v.hooksAt()), show(v.at("handled")))
		c.expect(<-said == "bye\n", "a hijacked connection is cut though its handler returns within the drain timeout")
	})
	reads := hijacks(func(v *service, conn net.Conn, req *http.Request) {
		_, _ = io.ReadAll(conn)
		v.note("cut")
		if req.Context().Err() != nil {
			v.note("context ended")
		}
		time.Sleep(20 * time.Millisecond)
		v.note("cleaned up")
	})
	c.serving(c.impl.Serve, Settings{Drain: 2 * time.Second}, reads, func(v *service) {
		if v.hijacked() == nil {
			return
		}
		v.end()
		c.expect(v.at("cut") <= v.hooksAt(), "a hijacked connection whose handler goes on is cut at %s, and hooks begin at %s", show(v.at("cut")), show(v.hooksAt()))
		c.expect(v.at("cleaned up") <= v.hooksAt(), "a hijacked connection is cut, hooks begin at %s, and its handler returns at %s", show(v.hooksAt()), show(v.at("cleaned up")))
		c.expect(v.at(returned) == model.Never || v.outcome() != nil, "a hijacked connection is cut, and Run returns nil")
	})
}

// checkStreamsAreCut has a stream of HTTP/2 outlast the drain timeout.
func checkStreamsAreCut(c *checker) {
	endless := func(v *service, w http.ResponseWriter, req *http.Request) {
		defer v.note("cleaned up")
		for req.Context().Err() == nil {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			wait(req.Context().Done(), 100*time.Millisecond)
		}
		v.note("context ended")
	}
	c.serving(c.serveHTTP2, Settings{Drain: 2 * time.Second}, endless, func(v *service) {
		w := v.dial2()
		if w == nil {
			return
		}
		ended := make(chan error, 1)
		go func() { _, err := w.get(""); ended <- err; v.note("cut") }()
		time.Sleep(time.Second)
		v.end()
		c.expect(v.at("cleaned up") <= v.hooksAt(), "over HTTP/2 a request is cut, hooks begin at %s, and its handler returns at %s", show(v.hooksAt()), show(v.at("cleaned up")))
		c.expect(v.hooksAt() == model.Never || v.at("cut") <= v.hooksAt()+prompt && <-ended != nil, "over HTTP/2, a request that is cut ends at %s for its client, or looks whole", show(v.at("cut")))
		c.expect(v.at(returned) == model.Never || v.outcome() != nil, "over HTTP/2 a request is cut, and Run returns nil")
	})
}

// serveHTTP2 is Serve, of a server that speaks HTTP/2 without TLS too.
func (c *checker) serveHTTP2(ctx context.Context, srv *http.Server, ln net.Listener) error {
	srv.Protocols = unencryptedHTTP2()
	return c.impl.Serve(ctx, srv, ln)
}

// dial2 makes a connection of HTTP/2.
func (v *service) dial2() *wire2 {
	conn := v.dial()
	if conn == nil {
		return nil
	}
	w, err := newWire2(conn.Conn, v.now)
	if err != nil {
		v.c.errorf("over HTTP/2 a connection fails: %v", err)
		return nil
	}
	return w
}

func checkCutLooksCut(c *checker) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/half" {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
		}
		wait(req.Context().Done(), patience)
		v.note("context ended")
	}
	c.serving(c.impl.Serve, Settings{Drain: 2 * time.Second}, handle, func(v *service) {
		half, nothing := v.begin("half"), v.begin("nothing")
		v.end()
		if v.at("context ended") > patience/2 {
			return // nothing was cut
		}
		for _, e := range []exchange{<-half, <-nothing} {
			c.expect(e.err != nil, "the answer to a request that was cut, whose handler returned then, looks whole: %v", e)
		}
	})
}

func checkListenerFails(c *checker) {
	handle := func(v *service, w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/polite" {
			lasting(v, w, req)
			return
		}
		wait(req.Context().Done(), patience)
		time.Sleep(50 * time.Millisecond)
		v.note("cleaned up")
	}
	c.serving(c.impl.Serve, Settings{Drain: 2 * time.Second}, handle, func(v *service) {
		short := v.begin("1s")
		v.begin("polite")
		_ = v.ln.Close() // under the server, which goes on without it
		wait(v.over, 3*patience)
		synctest.Wait()
		e := <-short
		c.expect(v.result() != nil && v.at(served) < time.Second, "a listener that fails: Serve returns %v at %s", v.result(), show(v.at(served)))
		c.expect(e.ok(), "a request that was under way when the listener failed: %v", e)
		c.expect(v.at("cleaned up") <= v.hooksAt(), "the listener fails, hooks begin at %s, and the handler of a request that is cut returns at %s",
			show(v.hooksAt()), show(v.at("cleaned up")))
	})
}

// expectClose demands Connection: close of a response, if there is one.
func (v *service) expectClose(what string, e exchange) {
	v.c.expect(e.err != nil || e.closes, "%s is answered without Connection: close: %v", what, e)
}

func checkCloseAfterStop(c *checker) {
	c.serving(c.impl.Serve, Settings{}, lasting, func(v *service) {
		before := v.begin("2s")
		time.Sleep(time.Second)
		v.end()
		v.expectClose("a request that was begun before the stop", <-before)
	})
}

func checkCloseInDelay(c *checker) {
	c.serving(c.impl.Serve, Settings{Delay: 3 * time.Second}, lasting, func(v *service) {
		kept := v.dial()
		if kept == nil {
			return
		}
		kept.get(v, "0s")
		before := v.begin("2s")
		time.Sleep(time.Second)
		v.stop()
		time.Sleep(500 * time.Millisecond)
		if v.at(cancelled) <= v.now() {
			return // there was no delay
		}
		v.expectClose("a request over a new connection in the drain delay", v.get("0s"))
		v.expectClose("a request over an old connection in the drain delay", kept.get(v, "0s"))
		v.expectClose("a request that was begun before the drain delay", <-before)
	})
}

// checkCloseOfOddAnswers has handlers write nothing, or their header early, or
// an informational answer first.
func checkCloseOfOddAnswers(c *checker) {
	odd := func(_ *service, w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/nothing":
			time.Sleep(2 * time.Second)
		case "/header":
			time.Sleep(2 * time.Second)
			w.WriteHeader(http.StatusNoContent)
		case "/flushed":
			time.Sleep(2 * time.Second)
			_ = http.NewResponseController(w).Flush()
		case "/hints":
			time.Sleep(2 * time.Second)
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "done")
		}
	}
	for _, delay := range []time.Duration{0, 5 * time.Second} {
		c.serving(c.impl.Serve, Settings{Delay: delay}, odd, func(v *service) {
			paths := []string{"nothing", "header", "flushed"}
			var answers []<-chan exchange
			for _, path := range paths {
				answers = append(answers, v.begin(path))
			}
			hints := v.dial()
			if hints == nil {
				return
			}
			_, _ = io.WriteString(hints, "GET /hints HTTP/1.1\r\nHost: service\r\n\r\n")
			time.Sleep(time.Second)
			v.stop()
			early, err := http.ReadResponse(hints.r, nil)
			if err == nil && early.StatusCode == http.StatusEarlyHints {
				c.expect(!early.Close && early.Header.Get("Connection") == "", "an informational answer carries Connection: close")
				early, err = http.ReadResponse(hints.r, nil)
			}
			v.expectClose("a request whose handler sends an informational answer first", v.exchanged(early, err))
			for i, answer := range answers {
				v.expectClose("with a drain delay of "+delay.String()+", a request whose handler does this: "+paths[i], <-answer)
			}
		})
	}
}

func checkHandlerCloses(c *checker) {
	c.serving(c.serveBare, Settings{}, lasting, func(v *service) {
		v.begin("3s") // keeps it draining
		v.stop()
		time.Sleep(time.Second)
		v.expectClose("a request that comes while draining", v.get("0s"))
	})
}
