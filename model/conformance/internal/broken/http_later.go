package broken

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/greynewell/mist-go/lifecycle"
)

// laterHTTPCases are wrong about the second server, and about what is rarely asked for.
func laterHTTPCases() []Case {
	return []Case{
		wrong("the second server with UntilStopped stops at the stop", "HTTP-7", func(i *impl) {
			type cnt struct{ n atomic.Int64 }
			of := notes[cnt](i)
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if of(ctx).n.Add(1) > 1 {
					return i.Serve(ctx, srv, ln)
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("a HEAD request that Handler refuses has no Retry-After", "HTTP-4", func(i *impl) {
			onHandler(i, func(ctx context.Context, w http.ResponseWriter, req *http.Request, counted, _ http.Handler) {
				if req.Method == http.MethodHead && refusing(i, ctx) {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				counted.ServeHTTP(w, req)
			})
		}),
		wrong("OPTIONS * goes to the handler", "HTTP-10", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				srv.DisableGeneralOptionsHandler = true
				return serve(ctx, srv, ln)
			})
		}),
		wrong("ConnContext is ignored", "HTTP-10", func(i *impl) {
			var known sync.Map
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				if _, again := known.LoadOrStore(srv, true); !again {
					srv.ConnContext = nil
				}
				return serve(ctx, srv, ln)
			})
		}),
		wrong("closeNow is not called when a signal forces", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(ctx context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if closeNow := s.closeNow; closeNow != nil {
					s.closeNow = func() error {
						if errors.Is(context.Cause(i.WorkContext(ctx)), lifecycle.ErrForced) {
							return nil
						}
						return closeNow()
					}
				}
				return serveFunc(s)
			})
		}),
	}
}
