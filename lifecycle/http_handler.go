package lifecycle

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/greynewell/mist-go/fsm"
)

// Handler returns a handler that counts every request to next as in-flight work,
// from before next is called until it returns: Draining lasts until all are
// answered or the drain timeout runs out (HTTP-4). If next panics or hijacks the
// connection, the count is still released (HTTP-5).
//
// While Draining, responses to new requests carry "Connection: close" (HTTP-3).
// After Draining, requests are answered with 503 and Retry-After, and next is not
// called. [Serve] and its variants already do this; Handler is for servers that
// are run in another way. Inside Serve it does not count a request a second time.
// A nil next means http.DefaultServeMux. With a context that does not come from
// [Run] it returns next itself and logs an error (HOOK-9).
func Handler(ctx context.Context, next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "Handler", "requests are not counted")
		return next
	}
	return &counter{run: r, next: next}
}

// counter counts requests. It does so without allocating.
type counter struct {
	run  *run
	next http.Handler
}

func (c *counter) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if c.run.State() >= fsm.Draining {
		setConnectionClose(w, req)
	}
	if !c.counted(req) {
		if !c.run.work.begin(oneRequest) {
			c.run.refuse(w, req)
			return
		}
		defer c.run.work.end(oneRequest)
	}
	c.next.ServeHTTP(w, req)
}

// counted reports whether Serve already counts the request. Of HTTP/2 on a
// hijacked connection, Serve counts the request that hijacked it.
func (c *counter) counted(req *http.Request) bool {
	srv, _ := req.Context().Value(http.ServerContextKey).(*http.Server)
	if srv == nil {
		return false
	}
	s, ok := srv.Handler.(*server)
	return ok && s.counts(req.Context(), c.run)
}

// refuse answers a request that came after Draining (HTTP-4).
func (r *run) refuse(w http.ResponseWriter, req *http.Request) {
	r.log.addLimited(slog.LevelWarn, 0, "request after Draining refused", slog.String("path", req.URL.Path))
	w.Header().Set("Retry-After", "1")
	http.Error(w, "the service is shutting down", http.StatusServiceUnavailable)
}

// setConnectionClose makes the response carry "Connection: close", which net/http
// turns into GOAWAY over HTTP/2 (HTTP-3). An upgrade is left alone: a 101 needs the
// Connection header.
func setConnectionClose(w http.ResponseWriter, req *http.Request) {
	if req.Header["Upgrade"] == nil {
		w.Header().Set("Connection", "close")
	}
}

// CancelOnStop returns a handler that calls next with a request whose context is
// also cancelled when main's is, with the same cause (HTTP-9). It is for requests
// that last for as long as their client stays connected, such as server-sent
// events, WebSockets and proxied streams: with it they end at the stop and do not
// hold up Draining. Requests that should be answered don't need it.
//
//	mux.Handle("/events", lifecycle.CancelOnStop(ctx, events))
//
// It works with any server and protocol, and for hijacked connections, as long as
// next observes the request's context. A nil next means http.DefaultServeMux. With
// a context that does not come from [Run] it returns next itself and logs an error
// (HOOK-9).
func CancelOnStop(ctx context.Context, next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	r := from(ctx)
	if r == nil {
		logMisuse(caller(), "CancelOnStop", "requests are not cancelled at the stop")
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithCancelCause(req.Context())
		defer cancel(nil)
		defer context.AfterFunc(r.ctx, func() { cancel(context.Cause(r.ctx)) })()
		if r.ctx.Err() != nil {
			cancel(context.Cause(r.ctx)) // now: AfterFunc runs concurrently with next
		}
		inner := req.WithContext(ctx)
		defer copyBack(req, inner)
		next.ServeHTTP(w, inner)
	})
}

// copyBack copies to a request what a handler has set in its copy: net/http removes
// the files of the multipart form, and middleware reads the pattern and the form.
func copyBack(req, inner *http.Request) {
	if inner.MultipartForm != nil {
		req.MultipartForm = inner.MultipartForm
	}
	if inner.Form != nil {
		req.Form, req.PostForm = inner.Form, inner.PostForm
	}
	if inner.Pattern == req.Pattern {
		return
	}
	req.Pattern = inner.Pattern
	for rest := inner.Pattern; ; {
		_, after, found := strings.Cut(rest, "{")
		name, end, closed := strings.Cut(after, "}")
		if !found || !closed {
			return
		}
		if name = strings.TrimSuffix(name, "..."); name != "$" {
			req.SetPathValue(name, inner.PathValue(name))
		}
		rest = end
	}
}

// answerOptions answers "OPTIONS *" as net/http does, which does not call the
// server's handler for it, so that it could not be counted.
func answerOptions(w http.ResponseWriter, req *http.Request) {
	if req.ContentLength != 0 {
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, req.Body, 4<<10)); err != nil {
			w.Header().Set("Connection", "close") // as MaxBytesReader does with net/http's own writer
		}
	}
}
