package broken

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// settledCases are wrong where one thing is decided before another: serve returns before
// shutdown, a status is set before the first byte, an optional check hangs.
func settledCases() []Case {
	return []Case{
		wrong("closeNow is not called if serve has returned", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				var returned atomic.Bool
				serve, closeNow := s.serve, s.closeNow
				if serve == nil || closeNow == nil {
					return serveFunc(s)
				}
				s.serve = func() error { defer returned.Store(true); return serve() }
				s.closeNow = func() error {
					if returned.Load() {
						return nil
					}
					return closeNow()
				}
				return serveFunc(s)
			})
		}),
		wrong("the error of closeNow is lost", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if closeNow := s.closeNow; closeNow != nil {
					s.closeNow = func() error { _ = closeNow(); return nil }
				}
				return serveFunc(s)
			})
		}),
		wrong("serve's end with a list of clean errors is an error", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if serve := s.serve; serve != nil {
					s.serve = func() error {
						err := serve()
						if _, list := err.(interface{ Unwrap() []error }); list && errors.Is(err, http.ErrServerClosed) {
							return errors.New(err.Error())
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("serve's http.ErrServerClosed is clean before the stop too", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if serve := s.serve; serve != nil {
					s.serve = func() error {
						err := serve()
						if errors.Is(err, http.ErrServerClosed) && i.State(ctx) == "running" {
							return nil
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("in the drain delay ServeFunc serves nothing", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if inDelay(i, ctx) {
					return nil
				}
				return serveFunc(s)
			})
		}),
		wrong("over TLS a port in use is an error at the stop", "HTTP-1", func(i *impl) {
			listenTLS := i.ListenAndServeTLS
			i.ListenAndServeTLS = func(ctx context.Context, srv *http.Server, certFile, keyFile string) error {
				if blameForeign(ctx, place(1)) {
					return errInvalid
				}
				err := listenTLS(ctx, srv, certFile, keyFile)
				if err != nil && !errors.Is(err, http.ErrServerClosed) {
					<-ctx.Done()
				}
				return err
			}
		}),
		wrong("Flush forgets the status", "HTTP-10", func(i *impl) {
			onRequests(i, func(_ context.Context, w http.ResponseWriter, req *http.Request, next http.Handler) {
				// The path is one of the suite's own: only requests that write a status and
				// flush go wrong, so that no check of another clause sees it.
				if req.ProtoMajor == 1 && req.URL.Path == "/status-flushes" {
					w = &laterStatus{ResponseWriter: w}
				}
				next.ServeHTTP(w, req)
			})
		}),
		wrong("that an optional check hangs is not logged", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				var optional sync.Map
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						hides := false
						optional.Range(func(name, _ any) bool {
							// These are the library's words for a check that hangs.
							hides = strings.Contains(line, name.(string)) && strings.Contains(line, "timed out after")
							return !hides
						})
						if !hides {
							log(level, line)
						}
					}
				}
				return func(h *funcs) {
					add := h.AddCheckContext
					h.AddCheckContext = func(name string, check func(context.Context) error, s conformance.CheckSettings) {
						// The name is the suite's own for a check whose log it reads: only that
						// check goes wrong, so that no check of another clause sees it.
						if s.Optional && name == "db-primary" {
							optional.Store(name, true)
						}
						add(name, check, s)
					}
				}
			})
		}),
		wrong("readiness of a group leaves out optional checks without a group", "HEALTH-17", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.Optional && len(s.Groups) == 0 {
					s.Groups = []string{"optional checks"}
				}
			})
		}),
		wrong("a result is kept for a millisecond", "HEALTH-9", func(i *impl) {
			onCheckSettings(i, func(s *conformance.CheckSettings) {
				if s.CacheFor == 0 && s.FailAfter == 0 {
					s.CacheFor = time.Millisecond
				}
			})
		}),
	}
}

// laterStatus is a ResponseWriter whose Flush drops a status that has not been sent.
type laterStatus struct {
	http.ResponseWriter
	status int
}

// WriteHeader only records the status; Write sends it.
func (w *laterStatus) WriteHeader(status int) { w.status = status }

// Write sends the recorded status first.
func (w *laterStatus) Write(p []byte) (int, error) {
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
		w.status = 0
	}
	return w.ResponseWriter.Write(p)
}

// FlushError flushes and drops the recorded status, which is the mistake.
func (w *laterStatus) FlushError() error {
	w.status = 0
	return http.NewResponseController(w.ResponseWriter).Flush()
}
