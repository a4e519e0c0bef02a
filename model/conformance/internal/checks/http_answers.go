package checks

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// answering is what handlers do with headers, trailers and the connection.
var answering = map[string]http.HandlerFunc{
	"header": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Before", "yes")
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("X-After", "yes") // which is not sent
		_, _ = io.WriteString(w, "created")
	},
	"trailer": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "summed")
		w.Header().Set("X-Sum", "7")
	},
	"early trailer": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusOK)
		w.Header().Set("X-Sum", "7")
		_, _ = io.WriteString(w, "summed")
	},
	"prefixed trailer": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "summed")
		_ = http.NewResponseController(w).Flush()
		w.Header().Set(http.TrailerPrefix+"X-Sum", "7")
	},
	"abort":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"panics": func(http.ResponseWriter, *http.Request) { panic("on purpose") },
	"half": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	},
	"upgrade": func(w http.ResponseWriter, _ *http.Request) {
		if conn, rw, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.SetReadDeadline(time.Now().Add(time.Second / 2))
			line, err := rw.ReadString('\n')
			_, _ = fmt.Fprintf(conn, "read %q, %v", line, err == nil)
			_ = conn.Close()
		}
	},
	"twice": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusTeapot) // which is not sent
		_, _ = io.WriteString(w, "accepted")
	},
	"early": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "hinted")
	},
	"values": func(w http.ResponseWriter, req *http.Request) {
		_, _ = fmt.Fprint(w, req.Context().Value(valueKey{}), req.Context().Value(http.ServerContextKey) != nil, req.Context().Value(http.LocalAddrContextKey) != nil)
	},
	"request": func(w http.ResponseWriter, req *http.Request) {
		_, limited := req.Context().Deadline()
		_, _ = fmt.Fprintf(w, "%s %s %s %q, host %s, from %s, length %d, no body %t, deadline %t, header of %d",
			req.Method, req.RequestURI, req.Proto, req.URL, req.Host, req.RemoteAddr, req.ContentLength, req.Body == nil, limited, len(req.Header.Get("X-Long")))
	},
	"reads": func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		_, _ = fmt.Fprintf(w, "read %q, %v, trailers %v", body, err, req.Trailer)
	},
	"writer": func(w http.ResponseWriter, _ *http.Request) {
		_, flusher := w.(http.Flusher)
		_, hijacker := w.(http.Hijacker)
		_, readerFrom := w.(io.ReaderFrom)
		_, _ = fmt.Fprint(w, flusher, hijacker, readerFrom)
	},
	"exits":   func(http.ResponseWriter, *http.Request) { runtime.Goexit() },
	"nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"hijack": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(conn, "by hand")
			_ = conn.Close()
		}
	},
}

// moment is when requests are sent.
type moment struct {
	what    string
	delay   time.Duration
	stopped bool
	after   time.Duration // since the stop
}

func (m moment) String() string { return m.what }

var (
	whileRunning  = moment{what: "while running"}
	withDelay     = moment{what: "while running, with a drain delay", delay: 5 * time.Second}
	inDelay       = moment{what: "in a drain delay", delay: 5 * time.Second, stopped: true, after: time.Millisecond}
	whileDraining = moment{what: "while draining", stopped: true, after: time.Millisecond}
	whileHooksRun = moment{what: "while hooks run", stopped: true, after: 3 * time.Second}
)

// AnswersAreTheSame compares answers under Serve with those under http.Server.
func AnswersAreTheSame(c *Checker) {
	c.compareAnswers(c.answers(bare, whileRunning), c.Impl.Serve, whileRunning, withDelay, inDelay, whileDraining)
}

// AnswersUntilStopped compares those of a server that serves until the run is stopped.
// What differs under Serve too is for HTTP-10 to say.
func AnswersUntilStopped(c *Checker) {
	want := c.answers(bare, whileRunning)
	if c.offered[subject.NeedServe] {
		for request, answer := range c.answers(c.Impl.Serve, whileDraining) {
			if answer != want[request] {
				delete(want, request)
			}
		}
	}
	c.compareAnswers(want, c.serveUntil, whileRunning, whileDraining, whileHooksRun)
}

// AnswersThroughHandler compares those of a server that is run in another way, and
// whose handler is counted.
func AnswersThroughHandler(c *Checker) {
	c.compareAnswers(c.answers(bare, whileRunning), c.handledBy(c.Impl.Handler), whileRunning, whileDraining)
}

// AnswersThroughCancelOnStop compares those of one whose requests end at the stop, if
// they look at their context.
func AnswersThroughCancelOnStop(c *Checker) {
	c.compareAnswers(c.answers(bare, whileRunning), c.handledBy(c.Impl.CancelOnStop), whileRunning, whileDraining)
}

// serveUntil has the server serve until the run is stopped, through Draining, which
// takes 2s, and a hook, which takes 10s.
func (c *Checker) serveUntil(ctx context.Context, srv *http.Server, ln net.Listener) error {
	c.drainsFor(ctx, 2*time.Second)
	c.hook(ctx, func() { time.Sleep(10 * time.Second) })
	go func() { _ = c.Impl.ServeUntilStopped(ctx, srv, ln) }()
	<-ctx.Done()
	return nil
}

// handledBy is a server of net/http with a wrapped handler, which serves until the
// service is let go of. Draining takes 5s.
func (c *Checker) handledBy(wrap func(context.Context, http.Handler) http.Handler) ServeFunc {
	return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		c.drainsFor(ctx, 5*time.Second)
		srv.Handler = wrap(ctx, srv.Handler)
		go func() { _ = srv.Serve(ln) }()
		<-ctx.Done()
		return nil
	}
}

// drainsFor has draining take so long.
func (c *Checker) drainsFor(ctx context.Context, d time.Duration) {
	c.Impl.DrainGroup(ctx).Go(func() {
		play.Wait(ctx.Done(), time.Hour)
		time.Sleep(d)
	})
}

// compareAnswers compares answers with those that are wanted, where one is.
func (c *Checker) compareAnswers(want map[string]string, serve ServeFunc, moments ...moment) {
	for _, m := range moments {
		const control = "GET /header with 0 bytes"
		got := c.answers(serve, m)
		if m.stopped && got[control] != want[control] {
			continue // that nothing is answered is for other clauses to say
		}
		for _, request := range slices.Sorted(maps.Keys(got)) {
			answer, wanted := want[request]
			if wanted && got[request] != answer {
				c.Errorf("%s, %s is answered %s, and by http.Server %s", m, request, got[request], answer)
				break
			}
		}
	}
}

// WithoutAHandler checks HTTP-10: a server without a handler is http.DefaultServeMux's.
func WithoutAHandler(c *Checker) {
	nameless := func(serve ServeFunc) ServeFunc {
		return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			srv.Handler = nil
			return serve(ctx, srv, ln)
		}
	}
	const request = "GET /header with 0 bytes"
	got, want := c.answers(nameless(c.Impl.Serve), whileRunning)[request], c.answers(nameless(bare), whileRunning)[request]
	c.expect(got == want, "without a handler, %s is answered %s, and by http.Server %s", request, got, want)
}

// rawRequests are requests by what they are called. Of those that are followed by
// another, the rest may go unanswered when the connection is to close.
func rawRequests(stopped bool) map[string]string {
	all := map[string]string{}
	send := func(request, body string) {
		all[fmt.Sprintf("%s with %d bytes", request, len(body))] =
			fmt.Sprintf("%s HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\n\r\n%s", request, len(body), body)
	}
	for name := range answering {
		name = strings.ReplaceAll(name, " ", "-")
		send("GET /"+name, "")
		send("HEAD /"+name, "")
	}
	send("OPTIONS *", "")
	send("OPTIONS *", "body")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace, "PROPFIND", "get"} {
		send(method+" /request?a=b%20c", "")
		send(method+" /reads", "the body")
	}
	const get = " HTTP/1.1\r\nHost: service\r\n\r\n"
	all["CONNECT"] = "CONNECT service:443" + get
	all["a request of HTTP/1.0"] = "GET /request HTTP/1.0\r\nHost: service\r\n\r\n"
	all["a request to upgrade"] = "GET /upgrade HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	all["a long header"] = "GET /request HTTP/1.1\r\nHost: service\r\nX-Long: " + strings.Repeat("x", 20_000) + "\r\n\r\n"
	all["a body with a trailer"] = "POST /reads HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n"
	all["what follows a request to upgrade at once"] = "GET /upgrade" + get + "early\n"
	if !stopped {
		all["three requests in one packet"] = "GET /header" + get + "GET /nothing" + get + "GET /values" + get
	}
	return all
}

// answers sends requests at a moment, each over a connection that was made before, and
// returns what comes.
func (c *Checker) answers(serve ServeFunc, m moment) map[string]string {
	all, mu := map[string]string{}, sync.Mutex{}
	handle := func(_ *service, w http.ResponseWriter, req *http.Request) {
		if h := answering[strings.ReplaceAll(strings.TrimPrefix(req.URL.Path, "/"), "-", " ")]; h != nil {
			h(w, req)
			return
		}
		_, _ = io.WriteString(w, "the handler's") // not for OPTIONS *
	}
	connected := func(ctx context.Context, srv *http.Server, ln net.Listener) error {
		srv.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, valueKey{}, "of the connection")
		}
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		return serve(ctx, srv, ln)
	}
	c.serving(connected, subject.Settings{Delay: m.delay}, handle, func(v *service) {
		if m.after > time.Second { // longer than connections without a request are waited for
			v.stop()
			time.Sleep(m.after)
		}
		requests, wires := rawRequests(m.stopped), map[string]*wire{}
		for what := range requests {
			if wires[what] = v.dial(); wires[what] == nil {
				return
			}
		}
		if m.stopped && m.after <= time.Second {
			v.stop()
			time.Sleep(m.after)
		}
		var exchanges sync.WaitGroup
		for what, w := range wires {
			exchanges.Go(func() {
				go func() { _, _ = io.WriteString(w, requests[what]) }()
				answer := w.answer()
				_ = w.Close()
				mu.Lock()
				defer mu.Unlock()
				all[what] = answer
			})
		}
		exchanges.Wait()
	})
	return all
}

// answer is everything that comes within a second, without how the body is sent, and
// without the headers that the handlers have not set.
func (w *wire) answer() string {
	_ = w.SetReadDeadline(time.Now().Add(time.Second))
	text, _ := io.ReadAll(w.r)
	var kept []string
	for line := range strings.SplitSeq(string(text), "\r\n") {
		name, _, isHeader := strings.Cut(line, ": ")
		if !isHeader || slices.Contains([]string{"X-Before", "X-After", "X-Sum", "Trailer", "Link"}, name) {
			kept = append(kept, line)
		}
	}
	return fmt.Sprintf("%q", kept)
}
