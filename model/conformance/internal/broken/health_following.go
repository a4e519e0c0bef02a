package broken

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/greynewell/mist-go/fsm"
)

// followCases are wrong about which lifecycle readiness follows.
func followCases() []Case {
	return []Case{
		wrong("the lifecycle in the request's context is ignored", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) { h.Readiness = ofNoRun(h.Readiness) })
		}),
		wrong("the state of a handler that follows nothing is an empty text", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				h.Readiness = rewritten(h.Readiness, func(a *httptest.ResponseRecorder) {
					if body := a.Body.String(); strings.HasPrefix(body, "{") && !strings.Contains(body, `"state":`) {
						setBody(a, `{"state":"",`+body[1:])
					}
				})
			})
		}),
		wrong("the lifecycle in the request's context comes before the one given to Follow", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				readiness, follow := h.Readiness, h.Follow
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if _, ok := fsm.FromContext(r.Context()); ok {
						follow(r.Context())
					}
					readiness.ServeHTTP(w, r)
				})
			})
		}),
		wrong("Serve leaves the lifecycle out of a BaseContext of the user's", "HEALTH-4", func(i *impl) {
			var known sync.Map // the servers that have been served
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := known.LoadOrStore(srv, true); !again && srv.BaseContext != nil {
					srv.Handler = ofNoRun(srv.Handler)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("Serve leaves the lifecycle out of its own context", "HEALTH-4 HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if srv.BaseContext == nil {
					srv.Handler = ofNoRun(srv.Handler)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("ListenAndServe leaves the lifecycle out", "HEALTH-4", func(i *impl) {
			listenAndServe := i.ListenAndServe
			i.ListenAndServe = func(ctx context.Context, srv *http.Server) error {
				if blameForeign(ctx, place(1)) {
					return errors.New("the context does not come from Run")
				}
				srv.Handler = ofNoRun(srv.Handler)
				return listenAndServe(ctx, srv)
			}
		}),
	}
}

// ofNoRun hides from a handler what health could follow in the requests'
// contexts, and nothing else of them.
func ofNoRun(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(fsm.NewContext(r.Context(), nil)))
	})
}
