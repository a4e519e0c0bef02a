package checks

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

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
	"copies": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Before", "yes")
		n, err := io.Copy(w, io.LimitReader(strings.NewReader("copied"), 5)) // by ReadFrom
		w.Header().Set("X-After", "yes")
		_, _ = fmt.Fprintf(w, ", %d, %v", n, err)
	},
	"status copies": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Before", "yes")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, io.LimitReader(strings.NewReader("copied"), 5))
	},
	"status flushes": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Before", "yes")
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("X-After", "yes")
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "flushed")
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
		deadline, limited := req.Context().Deadline()
		inherited := limited && time.Until(deadline) > time.Minute // draining ends before that
		_, _ = fmt.Fprintf(w, "%s %s %s %q, host %s, from %s, length %d, no body %t, deadline of the server %t, header of %d",
			req.Method, req.RequestURI, req.Proto, req.URL, req.Host, req.RemoteAddr, req.ContentLength, req.Body == nil, inherited, len(req.Header.Get("X-Long")))
	},
	"reads": func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		_, _ = fmt.Fprintf(w, "read %q, %v, trailers %v", body, err, req.Trailer)
	},
	"writer": func(w http.ResponseWriter, _ *http.Request) {
		_, flusher := w.(http.Flusher)
		_, hijacker := w.(http.Hijacker)
		_, _ = fmt.Fprint(w, flusher, hijacker)
	},
	"refuses": func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusExpectationFailed)
		_, _ = io.ReadAll(req.Body)
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

const pipelined = "three requests in one packet"

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
	send("OPTIONS *", strings.Repeat("x", 5000)) // more than net/http reads of it
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace, "PROPFIND", "get"} {
		send(method+" /request?a=b%20c", "")
		send(method+" /reads", "the body")
	}
	const get = " HTTP/1.1\r\nHost: service\r\n\r\n"
	all["CONNECT"] = "CONNECT service:443" + get
	all["GET *"] = "GET *" + get
	all["a request of HTTP/1.0"] = "GET /request HTTP/1.0\r\nHost: service\r\n\r\n"
	all["a request to upgrade"] = "GET /upgrade HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	all["a long header"] = "GET /request HTTP/1.1\r\nHost: service\r\nX-Long: " + strings.Repeat("x", 20_000) + "\r\n\r\n"
	all["a body with a trailer"] = "POST /reads HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n"
	all["a request that expects 100-continue, and is refused"] = "POST /refuses HTTP/1.1\r\nHost: service\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody"
	all["what follows a request to upgrade at once"] = "GET /upgrade" + get + "early\n"
	if !stopped {
		all[pipelined] = "GET /header" + get + "GET /nothing" + get + "GET /values" + get
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
				answer, closes := w.answer(requests[what])
				_ = w.Close()
				mu.Lock()
				defer mu.Unlock()
				if what != pipelined || !closes { // else the rest may go unanswered
					all[what] = answer
				}
			})
		}
		exchanges.Wait()
	})
	return all
}

// answer is everything that comes within a second, without what the contract leaves
// open: how a body is sent, the reason phrase, whether the connection stays, and the
// headers that the handlers have not set.
func (w *wire) answer(request string) (answer string, closes bool) {
	_ = w.SetReadDeadline(time.Now().Add(time.Second))
	text, _ := io.ReadAll(w.r)
	method, _, _ := strings.Cut(request, " ")
	var all []string
	for len(text) > 0 {
		rest := bytes.NewReader(text)
		r := bufio.NewReader(rest)
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return fmt.Sprintf("%q, and then %q", all, text), closes // of a connection that was hijacked
		}
		closes = closes || resp.Close
		body, err := io.ReadAll(resp.Body)
		var headers []string
		for _, name := range []string{"X-Before", "X-After", "X-Sum", "Link"} {
			headers = append(headers, resp.Header.Values(name)...)
		}
		all = append(all, fmt.Sprintf("%d %q, headers %q, trailers %v, cut %t", resp.StatusCode, body, headers, sums(resp.Trailer), err != nil))
		text = text[len(text)-rest.Len()-r.Buffered():]
	}
	return fmt.Sprintf("%q", all), closes
}

// sums are the trailers that were sent.
func sums(trailer http.Header) []string { return trailer.Values("X-Sum") }
