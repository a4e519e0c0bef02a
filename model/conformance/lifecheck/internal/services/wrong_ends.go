package services

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// wrongEnds are wrong in how answers end that were under way at the signal.
func wrongEnds() []Case {
	h2 := func(s *service) {
		s.srv.Protocols = new(http.Protocols)
		s.srv.Protocols.SetUnencryptedHTTP2(true)
	}
	return []Case{
		{Name: "a trailer says that the stop ended a stream", Finds: finds("in-flight-failed"),
			main: of(func(s *service) { s.slow = s.withStatus })},
		{Name: "a trailer says that the stop ended a stream of HTTP/2", Finds: finds("in-flight-failed"), First: true,
			main: of(func(s *service) { h2(s); s.slow = s.withStatus })},
		{Name: "what was under way is redirected", Finds: finds("in-flight-failed"),
			main: of(func(s *service) {
				s.slow = s.insteadAtStop(http.RedirectHandler("http://192.0.2.1/", http.StatusFound).ServeHTTP)
			})},
		{Name: "what was under way is answered with an error that has status 200", Finds: finds("in-flight-failed"),
			main: of(func(s *service) { s.slow = s.insteadAtStop(sorry) })},
		{Name: "what was under way is answered with an error that has status 200 and the usual length", Finds: finds("in-flight-failed"),
			main: of(func(s *service) {
				s.slow = s.insteadAtStop(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "that can't be done now....\n") })
			})},
		{Name: "the last steps of a stream are missing", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) { s.slow = s.almost })},
		{Name: "an answer over HTTP/2 alone is empty when it is cut short", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) { h2(s); s.slow = s.empty })},
		{Name: "connections that have had an answer are taken for idle", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) {
				var idle sync.Map
				s.srv.ConnState = func(c net.Conn, state http.ConnState) {
					if state == http.StateIdle {
						idle.Store(c, true)
					}
				}
				s.first = func() {
					idle.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
					s.srv.SetKeepAlivesEnabled(false)
				}
			})},
	}
}

// withStatus answers as gRPC does: the status comes last.
func (s *service) withStatus(w http.ResponseWriter, r *http.Request) {
	began := s.stopping.Load()
	w.Header().Set("Trailer", "Grpc-Status")
	s.answerSlowly(w, r)
	w.Header().Set("Grpc-Status", "0")
	if s.stopping.Load() && !began {
		w.Header().Set("Grpc-Status", "14")
	}
}

// insteadAtStop answers at once when the stop comes.
func (s *service) insteadAtStop(other http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := s.stopping.Load()
		select {
		case <-s.stop:
			if !began {
				other(w, r)
				return
			}
			time.Sleep(s.takes)
		case <-time.After(s.takes):
		}
		io.WriteString(w, "here is what was asked for\n")
	}
}

// almost sends all but the last of many steps if the stop comes.
func (s *service) almost(w http.ResponseWriter, _ *http.Request) {
	began := s.stopping.Load()
	const many = 50
	for i := range many {
		if i == many-2 && s.stopping.Load() && !began {
			return
		}
		io.WriteString(w, "a step\n")
		time.Sleep(s.takes / many)
	}
}
