package broken

import (
	"context"
	"net/http"
)

// uncommonHealthCases are wrong about what is rarely asked for.
func uncommonHealthCases() []Case {
	return []Case{
		wrong("a long reason is cut within a rune", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				set := h.SetNotReady
				h.SetNotReady = func(why string) {
					if len(why) > 900 {
						why = why[:900] + "\ufffd"
					}
					set(why)
				}
			})
		}),
		wrong("liveness does not escape quotes", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) { h.Liveness = rewritten(h.Liveness, replaceIn(`\\"`, `"`)) })
		}),
		wrong("PATCH is answered as GET", "HEALTH-6", func(i *impl) {
			onHealth(i, func(h *funcs) {
				for _, e := range []*http.Handler{&h.Liveness, &h.Readiness, &h.Startup} {
					inner := *e
					*e = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Method == http.MethodPatch || r.Method == "PURGE" || r.Method == http.MethodTrace {
							r = r.Clone(r.Context())
							r.Method = http.MethodGet
						}
						inner.ServeHTTP(w, r)
					})
				}
			})
		}),
		wrong("CheckOf waits for the probe that is under way", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone := betweenProbes(h)
				of := h.CheckOf
				h.CheckOf = func(ctx context.Context, groups ...string) (s string, m map[string]string, ok bool) {
					alone(func() {})
					return of(ctx, groups...)
				}
			})
		}),
		wrong("SetNotReady waits for the probe that is under way", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				alone := betweenProbes(h)
				set := h.SetNotReady
				h.SetNotReady = func(why string) { alone(func() {}); set(why) }
			})
		}),
	}
}
