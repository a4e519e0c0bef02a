package broken

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"time"
)

// onHandler has f handle every request to what Handler returns. counted is
// what it would have returned, next what it was given.
func onHandler(i *impl, f func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler)) {
	handler := i.Handler
	i.Handler = func(ctx context.Context, next http.Handler) http.Handler {
		if blameForeign(ctx, place(1)) {
			return next
		}
		counted := handler(ctx, next)
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { f(ctx, w, req, counted, next) })
	}
}

// refusing says whether a run is past Draining.
func refusing(i *impl, ctx context.Context) bool {
	state := i.State(ctx)
	return state == "hooks" || state == "stopped"
}

// hijackNoted is a ResponseWriter that notes that it is hijacked.
type hijackNoted struct {
	http.ResponseWriter
	hijacked bool
}

func (h *hijackNoted) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *hijackNoted) Flush() { h.ResponseWriter.(http.Flusher).Flush() }

func (h *hijackNoted) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h.hijacked = true
	return h.ResponseWriter.(http.Hijacker).Hijack()
}

func requestCases() []Case {
	return []Case{
		wrong("Handler counts nothing", "DRAIN-2 HTTP-4 LOG-1", func(i *impl) {
			run := i.Run
			i.Run = func(main task, drain, shutdown time.Duration) error {
				return run(func(ctx context.Context) error {
					// Those requests make groups, which would be a race.
					return main(context.WithValue(ctx, drainKey{}, true))
				}, drain, shutdown)
			}
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler) {
				if counts, _ := ctx.Value(drainKey{}).(bool); counts || refusing(i, ctx) {
					counted.ServeHTTP(w, req)
					return
				}
				if i.State(ctx) == "draining" {
					w.Header().Set("Connection", "close")
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("Handler refuses while draining", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				if i.State(ctx) == "draining" {
					w.Header().Set("Connection", "close")
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("Handler never refuses", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, next http.Handler) {
				if refusing(i, ctx) {
					counted = next
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("Handler sends no Retry-After", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				if refusing(i, ctx) {
					counted = rewritten(counted, func(a *httptest.ResponseRecorder) { a.Header().Del("Retry-After") })
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("Handler never uncounts a request that panics", "HTTP-5 LOG-1", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				done, _ := i.Track(ctx)
				counted.ServeHTTP(w, req)
				done()
			})
		}).mayBreak("DRAIN-2"), // it counts them as units
		wrong("Serve never uncounts a request that panics", "HTTP-5", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				done, _ := i.Track(ctx)
				next.ServeHTTP(w, req)
				done()
			})
		}).mayBreak("DRAIN-2"), // it counts them as units
		// What the wrapper hides is how http.MaxBytesReader ends a connection.
		wrong("Serve never uncounts a hijacked connection", "HTTP-5 HTTP-10", func(i *impl) {
			onRequests(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				done, _ := i.Track(ctx)
				if req.ProtoMajor == 2 {
					defer done()
					next.ServeHTTP(w, req)
					return
				}
				noted := wholeWriter{&hijackNoted{ResponseWriter: w}}
				defer func() {
					if !noted.hijacked {
						done()
					}
				}()
				next.ServeHTTP(noted, req)
			})
		}).mayBreak("DRAIN-2"), // it counts them as units
		wrong("the ResponseWriter has no optional methods", "HTTP-2 HTTP-5 HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				next.ServeHTTP(struct{ http.ResponseWriter }{w}, req)
			})
		}),
		// What the wrapper hides is how http.MaxBytesReader ends a connection.
		wrong("Flush does not flush", "HTTP-5 HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.ProtoMajor == 1 {
					w = keptBack{wholeWriter{&hijackNoted{ResponseWriter: w}}}
				}
				next.ServeHTTP(w, req)
			})
		}),
	}
}

// keptBack is a ResponseWriter whose Flush does nothing.
type keptBack struct{ wholeWriter }

func (keptBack) Flush() {}
