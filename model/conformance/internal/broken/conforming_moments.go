package broken

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// momentVariants do the same some milliseconds later, on other goroutines, or say it in
// sum.
func momentVariants() []variant {
	return append(connVariants(), []variant{
		{"is running two milliseconds after main begins", "HEALTH LOG", func(i *impl) {
			mark := i.MarkStarted
			onRun(i, func(main task, s settings, run runner) error {
				if main == nil || s.ManualStart || isPlay(s) {
					return run(main, s)
				}
				s.ManualStart = true
				return run(func(ctx context.Context) error {
					time.AfterFunc(2*time.Millisecond, func() { mark(ctx) })
					return main(ctx)
				}, s)
			})
		}},
		{"logs on another goroutine that a context to follow has no run", "HEALTH", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow := h.Follow
				h.Follow = func(ctx context.Context) {
					at := place(1)
					if isForeign(ctx) {
						time.AfterFunc(time.Millisecond, func() { blameForeign(ctx, at) })
						return
					}
					follow(ctx)
				}
			})
		}},
		{"gives observers of checks a time of another zone, in tenths of a second", "HEALTH", func(i *impl) {
			onObserve(i, func(check string, err error, at time.Time, observe observeFunc) {
				observe(check, err, at.In(time.FixedZone("elsewhere", 5400)).Round(0).Truncate(100*time.Millisecond))
			})
		}},
		{"waits for its log when it has waited for observers", "STATE", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				var observing, logging atomic.Int64
				if observe, log := s.Observe, s.Log; observe != nil && log != nil {
					s.Observe = func(step conformance.Step) {
						observing.Add(1)
						defer observing.Add(-1)
						observe(step)
					}
					s.Log = func(level, line string) {
						logging.Add(1)
						defer logging.Add(-1)
						log(level, line)
					}
				}
				err := run(main, s)
				if observing.Load() > 0 && logging.Load() > 0 {
					time.Sleep(100 * time.Millisecond)
				}
				return err
			})
		}},
		{"says in sum what is waited for", "LOG", func(i *impl) {
			number := regexp.MustCompile(`\b[0-9]+\b`)
			onAttr(i, "waits_for", func(a slog.Attr) slog.Attr {
				sum := 0
				for _, found := range number.FindAllString(a.Value.String(), -1) {
					n, _ := strconv.Atoi(found)
					sum += n
				}
				if strings.Contains(a.Value.String(), "main") {
					return slog.String(a.Key, fmt.Sprintf("main and %d more", sum))
				}
				return slog.String(a.Key, fmt.Sprintf("%d in all", sum))
			})
		}},
		{"says with a count how old the oldest is", "DRAIN LOG", rewritesCounts(func(n int) string { return fmt.Sprintf("%d (the oldest for 1.5s)", n) })},
		{"ends units on goroutines of its own", "DRAIN LOG", func(i *impl) {
			track := i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok := track(ctx)
				return func() { go done() }, ok
			}
		}},
		{"begins hooks by way of other goroutines", "DRAIN HOOK", func(i *impl) {
			onHook(i, func(_ context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					breathe()
					return contained(func() error { return hook(own) }).again()
				}
			})
		}},
		{"gives a hint in a line of its own", "HOOK", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if at := strings.Index(line, "OnShutdownContext"); at > 0 {
					log(level, line[:at])
					log("INFO", "see "+line[at:])
					return
				}
				log(level, line)
			})
		}},
		{"has a parent of its own type", "RUN HTTP", func(i *impl) {
			onSettings(i, func(s *settings) {
				if s.Parent != nil {
					s.Parent = &ownContext{Context: s.Parent}
				}
			})
		}},
	}...)
}

// connVariants handle connections and servers in other ways.
func connVariants() []variant {
	conns := func(name string, wrap func(conn net.Conn) net.Conn) variant {
		return variant{name, "HTTP", func(i *impl) {
			onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				return serve(ctx, srv, listener{ln, wrap})
			})
		}}
	}
	return []variant{
		conns("reads what comes two milliseconds later", func(conn net.Conn) net.Conn { return lateReader{conn} }),
		conns("closes connections on goroutines of their own", func(conn net.Conn) net.Conn { return closedBeside{conn} }),
		conns("has connections that are not pointers", func(conn net.Conn) net.Conn { return byValue{Conn: conn} }),
		{"takes some milliseconds to return that it cannot serve until the run is stopped", "HTTP", func(i *impl) {
			onUntil(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
				err := serve(ctx, srv, ln)
				if err != nil {
					time.Sleep(5 * time.Millisecond)
				}
				return err
			})
		}},
		{"looks for connections without a request each tenth of a second", "HTTP", silentFor(100 * time.Millisecond)},
	}
}

// silentFor has a server that has connections without a request return so long after
// the stop, or later.
func silentFor(d time.Duration) func(i *impl) {
	return func(i *impl) {
		var known sync.Map // the servers that it does so for already
		onServe(i, func(ctx context.Context, srv *http.Server, ln net.Listener, serve server) error {
			if _, again := known.LoadOrStore(srv, true); again {
				return serve(ctx, srv, ln)
			}
			conns := trackConns(srv)
			waits := make(chan struct{})
			defer context.AfterFunc(ctx, func() {
				defer close(waits)
				silent := false
				conns.each(func(_ net.Conn, state http.ConnState) { silent = silent || state == http.StateNew })
				if silent {
					time.Sleep(d)
				}
			})()
			err := serve(ctx, srv, ln)
			if ctx.Err() != nil {
				<-waits
			}
			return err
		})
	}
}

// lateReader is a connection that takes a while to read.
type lateReader struct{ net.Conn }

// Read reads, and waits.
func (c lateReader) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		time.Sleep(2 * time.Millisecond)
	}
	return n, err
}

// closedBeside is a connection that is closed on another goroutine.
type closedBeside struct{ net.Conn }

// Close has it closed.
func (c closedBeside) Close() error {
	go func() { _ = c.Conn.Close() }()
	return nil
}

// byValue is a connection that is not comparable.
type byValue struct {
	net.Conn
	_ []byte
}
