package services

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// wrongInDelay are wrong in what they serve between the signal and the end of the
// delay.
func wrongInDelay() []Case {
	return []Case{
		{Name: "what comes in the delay is redirected", Finds: finds("work-refused-in-delay"), First: true,
			main: of(func(s *service) {
				s.slow = s.insteadInDelay(http.RedirectHandler("http://192.0.2.1/", http.StatusTemporaryRedirect))
			})},
		{Name: "what comes in the delay is answered with an error that has status 200", Finds: finds("work-refused-in-delay"),
			main: of(func(s *service) { s.slow = s.insteadInDelay(http.HandlerFunc(sorry)) })},
		{Name: "one request in 25 fails in the delay", Finds: finds("work-refused-in-delay"),
			main: of(func(s *service) {
				s.takes = 50 * time.Millisecond
				var n atomic.Int64
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if s.stopping.Load() && n.Add(1)%25 == 24 {
						w.WriteHeader(http.StatusInternalServerError)
						return
					}
					s.answerSlowly(w, r)
				}
			})},
		{Name: "requests on kept connections are refused in the delay", Finds: finds("work-refused-in-delay"),
			main: of(func(s *service) {
				s.onKept(func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
			})},
		{Name: "requests on kept connections are cut in the delay", Finds: finds("accepted-without-answer"),
			main: of(func(s *service) { s.onKept(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }) })},
		{Name: "only answers to probes say that they are the last ones", Finds: finds("keep-alive-not-ended"),
			main: of(func(s *service) {
				s.first = func() {}
				s.ready, s.live = s.tell(s.ready), s.tell(s.live)
			})},
		{Name: "the listener is closed for a while in the delay", Finds: finds("listener-closed-early"),
			main: of(func(s *service) {
				s.during = func() {
					s.ln.Close()
					time.Sleep(s.delay / 3)
					s.ln = s.listenOn(EnvAddr)
					go func() { _ = s.srv.Serve(s.ln) }()
					time.Sleep(s.delay * 2 / 3)
				}
			})},
		{Name: "it is ready before signals are handled", Finds: finds("exit-code"), First: true,
			main: of(func(s *service) {
				late := s.signals
				s.signals = []os.Signal{syscall.SIGHUP} // which does not come
				s.begun = func() {
					time.Sleep(250 * time.Millisecond)
					signal.Notify(s.caught, late...)
				}
			})},
	}
}

// insteadInDelay answers by other what comes after the signal.
func (s *service) insteadInDelay(other http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			other.ServeHTTP(w, r)
			return
		}
		s.answerSlowly(w, r)
	}
}

// sorry is an error that looks well from afar.
func sorry(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, `{"error":"this instance is about to end; please send the request again later"}`)
}

// requestsOf counts the requests of a connection.
type requestsOf struct{}

// onKept does something else, after the stop, with each request but the first of a
// connection that is not for a probe.
func (s *service) onKept(instead func(http.ResponseWriter)) {
	s.first = func() {}
	s.srv.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, requestsOf{}, &atomic.Int64{})
	}
	count := func(next http.HandlerFunc, work bool) http.HandlerFunc {
		return s.tell(func(w http.ResponseWriter, r *http.Request) {
			if n := r.Context().Value(requestsOf{}).(*atomic.Int64).Add(1); work && n > 1 && s.stopping.Load() {
				instead(w)
				return
			}
			next(w, r)
		})
	}
	s.slow, s.upload, s.ready, s.live = count(s.slow, true), count(s.upload, true), count(s.ready, false), count(s.live, false)
}
