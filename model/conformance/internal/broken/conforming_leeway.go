package broken

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// leewayVariants use the leeway that the contract gives to the full, or do what it leaves
// open in a rare way.
func leewayVariants() []variant {
	return []variant{
		{"begins hooks ninety milliseconds after the drain timeout", "DRAIN HOOK SIG", beginsHooksLate(90 * time.Millisecond)},
		{"takes nine milliseconds to return from Serve, and five to begin hooks", "HTTP", func(i *impl) {
			serves := notes[atomic.Bool](i)
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				serves(ctx).Store(true)
				defer time.Sleep(9 * time.Millisecond)
				return serve(ctx, srv, ln)
			})
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					if serves(ctx).Swap(false) {
						time.Sleep(5 * time.Millisecond)
					}
					return hook(own)
				}
			})
		}},
	}
}
