package services

import (
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

func wrongListeners() []Case {
	return []Case{
		{Name: "the listener closes at once", Finds: finds("listener-closed-early"), First: true,
			main: of(func(s *service) { s.delay = 0 })},
		{Name: "the listener closes at once where a delay is required", Finds: finds("listener-closed-early"),
			main:   of(func(s *service) { s.delay = 0 }),
			adjust: func(o *check.Options) { o.Delay, o.Profile = check.DelayUnknown, check.Kubernetes }},
		{Name: "the listener is never closed", Finds: finds("listener-open-late"),
			adjust: func(o *check.Options) { o.Budget = 7 * time.Second },
			main:   of(func(s *service) { s.wait, s.end = 4*time.Second, s.await; s.closeEach() })},
		{Name: "the listener is never closed, and the delay is not known", Finds: finds("listener-open-late"),
			adjust: func(o *check.Options) { o.Delay, o.Budget = check.DelayUnknown, 16*time.Second },
			main:   of(func(s *service) { s.wait, s.end = 14*time.Second, s.await; s.closeEach() })},
		{Name: "a second listener of work is never closed", Finds: finds("listener-open-late"),
			adjust: func(o *check.Options) { o.Work, o.Budget = append(o.Work, adminWork(*o)), 9*time.Second },
			main: of(func(s *service) {
				s.wait = 6 * time.Second
				s.closeEach()
				s.begun = s.serveProbes
				s.end = func() int { return max(s.shutdown(), s.await()) }
			})},
		{Name: "what comes in the delay is refused, over HTTP/2", Finds: finds("work-refused-in-delay"), scheme: "https",
			main: of(func(s *service) {
				s.srv.TLSConfig = selfSigned()
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if s.stopping.Load() && r.ProtoMajor == 2 {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					s.answerSlowly(w, r)
				}
				s.first = func() {} // without kept connections, new ones of HTTP/2 are declined
				s.closeEach()
			})},
		{Name: "what comes in the delay is answered with nothing", Finds: finds("work-refused-in-delay"),
			main: of(func(s *service) {
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if !s.stopping.Load() {
						s.answerSlowly(w, r)
					}
				}
			})},
		{Name: "nothing is accepted any more, but the listener is open", Finds: finds("accepted-without-answer"),
			adjust: func(o *check.Options) { o.Delay = 1800 * time.Millisecond },
			main: of(func(s *service) {
				s.delay = 1800 * time.Millisecond
				s.listen = func() net.Listener {
					return &deaf{Listener: listenOn(os.Getenv(EnvAddr)), stop: s.stop, closed: make(chan struct{})}
				}
			})},
		{Name: "what comes in the delay is refused", Finds: finds("work-refused-in-delay"),
			main: of(func(s *service) {
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if s.stopping.Load() {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					s.answerSlowly(w, r)
				}
			})},
		{Name: "kept connections are not told", Finds: finds("keep-alive-not-ended"), First: true,
			main: of(func(s *service) { s.first = func() {} })},
		{Name: "idle connections are open until the end", Finds: finds("keep-alive-not-ended"),
			main: of(func(s *service) {
				s.takes = 2500 * time.Millisecond
				s.wait = 4 * time.Second
				s.first = func() {}
				s.closeEach()
				s.end = func() int { s.ln.Close(); return s.await() }
			})},
		{Name: "idle connections are reset", Finds: finds("connection-reset"),
			main: of(func(s *service) {
				s.first = func() {
					s.eachIdle(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); c.Close() })
					s.srv.SetKeepAlivesEnabled(false)
				}
			})},
		{Name: "HTTP/2 ends without GOAWAY", Finds: finds("no-goaway"), scheme: "https",
			main: of(func(s *service) {
				s.srv.TLSConfig = selfSigned()
				s.first = func() {}
				s.closeEach()
				s.end = func() int { s.ln.Close(); s.eachIdle(func(c net.Conn) { c.Close() }); return s.await() }
			})},
	}
}

// adminWork is the URL of work at EnvAdmin.
func adminWork(o check.Options) string {
	for _, v := range o.Env {
		if addr, ok := strings.CutPrefix(v, EnvAdmin+"="); ok {
			return "http://" + addr + "/slow"
		}
	}
	return ""
}

func (s *service) eachIdle(do func(net.Conn)) {
	s.idle.Range(func(c, state any) bool {
		if state == http.StateIdle {
			do(c.(net.Conn))
		}
		return true
	})
}

// closeEach has each answer of HTTP/1 say that it is the last one, from the stop
// on, and leaves idle connections as they are.
func (s *service) closeEach() {
	s.slow, s.upload, s.ready, s.live = s.tell(s.slow), s.tell(s.upload), s.tell(s.ready), s.tell(s.live)
}

func (s *service) tell(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() && r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close")
		}
		next(w, r)
	}
}

// deaf is a listener that is open, but from which nothing is accepted after the
// stop.
type deaf struct {
	net.Listener
	stop, closed chan struct{}
}

func (d *deaf) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	select {
	case <-d.stop: // one that came while the signal was under way
		if err == nil {
			defer c.Close()
		}
		<-d.closed
		return nil, net.ErrClosed
	default:
	}
	return c, err
}

func (d *deaf) Close() error {
	close(d.closed)
	return d.Listener.Close()
}
