package checks

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ServeFunc is Serve, or what is used in its place.
type ServeFunc = func(ctx context.Context, srv *http.Server, ln net.Listener) error

// handleFunc answers a request in a service.
type handleFunc = func(v *service, w http.ResponseWriter, req *http.Request)

// What is noted of a service, with the instant of the first time. A handler
// may note more.
const (
	cancelled = "cancelled" // main's context
	served    = "served"    // Serve has returned
	hooked    = "hooked"    // the first hook begins
	returned  = "returned"  // Run has
)

// service is one run whose main serves HTTP, in virtual time.
type service struct {
	c       *Checker
	ln      *pipes
	client  *http.Client
	stop    func()          // requests a stop
	signals chan os.Signal  // where the settings have a source
	ctx     context.Context // what Serve is given
	over    chan struct{}   // closed when Run has returned

	mu    sync.Mutex
	notes map[string]time.Duration
	err   error // what Serve returned
	whole error // what Run returned
}

// errStop is why a service is stopped.
var errStop = errors.New("the reason for the stop")

// serving has a service live, and calls f beside it. The service is stopped
// when f returns, if not before.
func (c *Checker) serving(serve ServeFunc, s subject.Settings, handle handleFunc, f func(v *service)) {
	c.bubble(func() {
		v := &service{c: c, ln: newPipes(), over: make(chan struct{}), notes: map[string]time.Duration{}}
		transport := &http.Transport{DialContext: v.ln.dial, DisableCompression: true}
		v.client = &http.Client{Transport: transport, Timeout: 3 * play.Patience}
		srv := &http.Server{
			Handler:  http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { handle(v, w, req) }),
			ErrorLog: log.New(io.Discard, "", 0),
		}
		if s.Signals != nil { // one that is made in the bubble
			v.signals = make(chan os.Signal, 4)
			s.Signals = v.signals
		}
		parent, cancel := context.WithCancelCause(context.Background())
		s.Parent, v.stop = parent, func() { cancel(errStop) }
		up := make(chan struct{})
		go func() {
			defer close(v.over)
			err := c.run(func(ctx context.Context) error {
				c.hook(ctx, func() { v.note(hooked) })
				context.AfterFunc(ctx, func() { v.note(cancelled) })
				v.ctx = context.WithValue(ctx, valueKey{}, "of the context")
				close(up)
				defer func() { // Run would contain it
					if p := recover(); p != nil {
						c.Errorf("what serves panics: %v", p)
						panic(p)
					}
				}()
				err := serve(v.ctx, srv, v.ln)
				v.note(served)
				v.mu.Lock()
				defer v.mu.Unlock()
				v.err = err
				return nil
			}, s)
			v.note(returned)
			v.mu.Lock()
			defer v.mu.Unlock()
			v.whole = err
		}()
		<-up
		time.Sleep(slack) // the server is up
		f(v)
		v.end()
		_ = srv.Close()
		v.ln.cut()
		transport.CloseIdleConnections()
		time.Sleep(2 * play.Patience) // for the handlers that would not return
	})
}

// ServeBare is a server that is run in another way than by Serve, and counts
// its requests by Handler. It accepts until the service is let go of.
func (c *Checker) ServeBare(ctx context.Context, srv *http.Server, ln net.Listener) error {
	srv.Handler = c.Impl.Handler(ctx, srv.Handler)
	go func() { _ = srv.Serve(ln) }()
	<-ctx.Done()
	return nil
}

// hook registers a hook, the kind that takes a context where there is one.
func (c *Checker) hook(ctx context.Context, f func()) {
	if c.Impl.OnShutdownContext != nil {
		c.Impl.OnShutdownContext(ctx, func(context.Context) error { f(); return nil }, 0)
		return
	}
	c.Impl.OnShutdown(ctx, func() error { f(); return nil })
}

// end stops the service and waits for Run, and for all that happens at that
// instant to be noted.
func (v *service) end() {
	v.stop()
	play.Wait(v.over, 3*play.Patience)
	synctest.Wait()
}

func (v *service) now() time.Duration { return time.Since(v.ln.began) }

// note writes down when something happened first.
func (v *service) note(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, noted := v.notes[what]; !noted {
		v.notes[what] = v.now()
	}
}

// at is when something happened first.
func (v *service) at(what string) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if at, noted := v.notes[what]; noted {
		return at
	}
	return model.Never
}

// hooksAt is when the first hook began, or Run returned without one.
func (v *service) hooksAt() time.Duration { return min(v.at(hooked), v.at(returned)) }

func (v *service) result() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// outcome is what Run returned.
func (v *service) outcome() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.whole
}

// lasting answers after as long as the path says, whatever becomes of its
// context.
func lasting(_ *service, w http.ResponseWriter, req *http.Request) {
	d, _ := time.ParseDuration(strings.TrimPrefix(req.URL.Path, "/"))
	time.Sleep(d)
	_, _ = io.WriteString(w, "done")
}

// prompt is how late a server may be (HTTP-1).
const prompt = 10 * time.Millisecond

func promptly(d, want time.Duration) bool { return d >= want && d <= want+prompt }
