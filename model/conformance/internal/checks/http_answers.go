package checks

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
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
	"nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"hijack": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(conn, "by hand")
			_ = conn.Close()
		}
	},
}

// AnswersAreTheSame compares answers under Serve, with a drain delay and without, with
// those under http.Server.
func AnswersAreTheSame(c *Checker) {
	want := c.answers(bare, 0)
	nameless := func(serve ServeFunc) ServeFunc {
		return func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			srv.Handler = nil
			return serve(ctx, srv, ln)
		}
	}
	want["without a handler"] = c.answers(nameless(bare), 0)["GET /header with 0 bytes"]
	for _, delay := range []time.Duration{0, 5 * time.Second} {
		got := c.answers(c.Impl.Serve, delay)
		got["without a handler"] = c.answers(nameless(c.Impl.Serve), delay)["GET /header with 0 bytes"]
		for _, request := range slices.Sorted(maps.Keys(want)) {
			c.expect(got[request] == want[request], "with a drain delay of %v, %s is answered %s, and by http.Server %s", delay, request, got[request], want[request])
		}
	}
}

// answers sends requests, each over a connection of its own, and returns what comes.
func (c *Checker) answers(serve ServeFunc, delay time.Duration) map[string]string {
	all := map[string]string{}
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
		return serve(ctx, srv, ln)
	}
	c.serving(connected, subject.Settings{Delay: delay}, handle, func(v *service) {
		write := func(what, text string) {
			if w := v.dial(); w != nil {
				go func() { _, _ = io.WriteString(w, text) }()
				all[what] = w.answer()
				_ = w.Close()
			}
		}
		send := func(request, body string) {
			write(fmt.Sprintf("%s with %d bytes", request, len(body)),
				fmt.Sprintf("%s HTTP/1.1\r\nHost: service\r\nContent-Length: %d\r\n\r\n%s", request, len(body), body))
		}
		for name := range answering {
			name = strings.ReplaceAll(name, " ", "-")
			send("GET /"+name, "")
			send("HEAD /"+name, "")
		}
		send("OPTIONS *", "")
		send("OPTIONS *", "body")
		const get = " HTTP/1.1\r\nHost: service\r\n\r\n"
		write("what follows a request to upgrade at once", "GET /upgrade"+get+"early\n")
		write("three requests in one packet", "GET /header"+get+"GET /nothing"+get+"GET /values"+get)
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
