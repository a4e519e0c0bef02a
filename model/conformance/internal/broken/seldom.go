package broken

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// seldomCases are wrong in what is seldom done: late, for days, by the tens of thousands.
func seldomCases() []Case {
	return []Case{
		wrong("a negative timeout of a hook registered after stopped is over at once", "HOOK-6", func(i *impl) {
			i.OnShutdownContext = func(ctx context.Context, hook task, timeout time.Duration) {
				if timeout < 0 && i.State(ctx) == "stopped" {
					timeout = 1
				}
				register(ctx, hook, timeout, place(1))
			}
		}),
		wrong("a hook's error that is a nil pointer is none", "HOOK-2", func(i *impl) {
			onHook(i, func(_ context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					err := hook(own)
					if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.IsNil() {
						return nil
					}
					return err
				}
			})
		}).mayBreak("RUN-6"),
		wrong("closeNow is called when shutdown fails", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if shutdown, closeNow := s.shutdown, s.closeNow; shutdown != nil && closeNow != nil {
					s.shutdown = func(ctx context.Context) error {
						err := shutdown(ctx)
						if err != nil {
							_ = closeNow()
						}
						return err
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("a panic of closeNow is lost", "HTTP-8", func(i *impl) {
			onServeFunc(i, func(_ context.Context, s serverFuncs, serveFunc func(s serverFuncs) error) error {
				if closeNow := s.closeNow; closeNow != nil {
					s.closeNow = func() error {
						defer func() { _ = recover() }()
						return closeNow()
					}
				}
				return serveFunc(s)
			})
		}),
		wrong("a logger is asked once what it is enabled for", "LOG-1", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Logger != nil {
					s.Logger = slog.New(&asksOnce{Handler: s.Logger.Handler()})
				}
			})
		}),
		wrong("durations are shown in days", "LOG-1", func(i *impl) {
			const day = 24 * time.Hour
			onRecord(i, func(r slog.Record, write func(slog.Record)) {
				write(changedAttrs(r, func(a slog.Attr) slog.Attr {
					if d, err := time.ParseDuration(a.Value.String()); err == nil && d >= day {
						a.Value = slog.StringValue(fmt.Sprintf("%dd%v", d/day, d%day))
					}
					return a
				}))
			})
		}),
		wrong("the source of the record of an abandoned hook is the call of Run", "LOG-1", func(i *impl) {
			onSource(i, func(r slog.Record, run uintptr) uintptr {
				if strings.HasSuffix(r.Message, "abandoned") {
					return run
				}
				return r.PC
			})
		}),
		wrong("CheckOf does not read SetReady again", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var off atomic.Bool
				ready, checkOf := h.SetReady, h.CheckOf
				h.SetReady = func(on bool) {
					off.Store(!on)
					ready(on)
				}
				h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
					before := off.Load()
					status, checks, ok := checkOf(ctx, groups...)
					if !before && off.Load() {
						return "ok", checks, true
					}
					return status, checks, ok
				}
			})
		}),
		wrong("CheckOf returns the same list each time", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var mu sync.Mutex
				list := map[string]string{}
				checkOf := h.CheckOf
				h.CheckOf = func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
					status, checks, ok := checkOf(ctx, groups...)
					mu.Lock()
					defer mu.Unlock()
					clear(list)
					for name, text := range checks {
						list[name] = text
					}
					return status, list, ok
				}
			})
		}),
		wrong("readiness of a group waits for optional checks", "HEALTH-17", func(i *impl) {
			onHealth(i, func(h *funcs) {
				of := h.ReadinessOf
				h.ReadinessOf = func(groups ...string) http.Handler {
					inner := of(groups...)
					return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
						for range 30 { // seconds
							a := httptest.NewRecorder()
							if inner.ServeHTTP(a, req); !strings.Contains(a.Body.String(), "still running") {
								break
							}
							time.Sleep(time.Second)
						}
						inner.ServeHTTP(w, req)
					})
				}
			})
		}),
		wrong("Follow ignores a run that is stopped", "HEALTH-4", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow := h.Follow
				h.Follow = func(ctx context.Context) {
					if !blameForeign(ctx, place(1)) && i.State(ctx) != "stopped" {
						follow(ctx)
					}
				}
			})
		}),
		wrong("names over 1 KiB are cut", "HEALTH-12", func(i *impl) {
			onHealth(i, func(h *funcs) {
				add := h.AddCheck
				h.AddCheck = func(name string, check func() error) { add(name[:min(len(name), 1024)], check) }
			})
		}),
	}
}

// asksOnce is a slog.Handler that keeps what it was told.
type asksOnce struct {
	slog.Handler
	levels sync.Map
}

// Enabled returns what it returned before.
func (a *asksOnce) Enabled(ctx context.Context, level slog.Level) bool {
	on, known := a.levels.Load(level)
	if !known {
		on, _ = a.levels.LoadOrStore(level, a.Handler.Enabled(ctx, level))
	}
	return on.(bool)
}
