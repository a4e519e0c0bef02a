package services

import (
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

func wrongRequests() []Case {
	return []Case{
		{Name: "requests are cut by Close", Finds: finds("in-flight-dropped"), First: true,
			main: of(func(s *service) {
				s.delay = 0
				s.end = func() int { s.srv.Close(); time.Sleep(700 * time.Millisecond); return 0 }
			}), adjust: func(o *check.Options) { o.Delay = 0 }},
		{Name: "requests are cut by Close when the delay is over", Finds: finds("accepted-without-answer", "in-flight-dropped"),
			main: of(func(s *service) {
				s.end = func() int { s.srv.Close(); time.Sleep(1500 * time.Millisecond); return 0 }
			})},
		{Name: "what comes in the delay takes longer than Shutdown waits", Finds: finds("accepted-without-answer"),
			main: of(func(s *service) { s.takes = 3 * time.Second })},
		{Name: "every second request is cut", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) {
				var n atomic.Int64
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1)%2 == 0 {
						s.abort(w, r)
						return
					}
					s.answerSlowly(w, r)
				}
			})},
		{Name: "streams are cut by the signal", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) { s.slow = s.abort })},
		{Name: "an answer without a length is cut short", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) {
				s.slow = s.cutShort(func(began bool) bool { return !began })
				s.end = func() int { return max(s.shutdown(), s.await()) }
			})},
		{Name: "an answer without a length is cut short in the delay", Finds: finds("accepted-without-answer"),
			main: of(func(s *service) {
				s.slow = s.cutShort(func(began bool) bool { return began })
				s.end = func() int { return max(s.shutdown(), s.await()) }
			})},
		{Name: "an answer is empty when it is cut short, and whole by its framing", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) { s.slow = s.empty })},
		{Name: "uploads are cut", Finds: finds("accepted-without-answer", "in-flight-dropped"),
			main: of(func(s *service) {
				s.upload = func(w http.ResponseWriter, r *http.Request) {
					s.read(w, r)
					if s.stopping.Load() {
						panic(http.ErrAbortHandler)
					}
				}
			})},
		{Name: "streams of HTTP/2 are cut", Finds: finds("in-flight-dropped"), scheme: "https",
			main: of(func(s *service) {
				s.srv.TLSConfig = selfSigned()
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if r.ProtoMajor == 2 {
						s.abort(w, r)
						return
					}
					s.answerSlowly(w, r)
				}
			})},
		{Name: "streams of HTTP/2 fail after early hints", Finds: finds("in-flight-failed"),
			main: of(func(s *service) {
				s.srv.Protocols = new(http.Protocols)
				s.srv.Protocols.SetUnencryptedHTTP2(true)
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					w.WriteHeader(http.StatusEarlyHints)
					began := s.stopping.Load()
					time.Sleep(s.takes)
					if s.stopping.Load() && !began {
						w.WriteHeader(http.StatusInternalServerError)
					}
				}
			})},
		{Name: "requests fail with the signal", Finds: finds("in-flight-failed"),
			main: of(func(s *service) {
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					began := s.stopping.Load()
					select {
					case <-s.stop:
						if !began {
							http.Error(w, "context canceled", http.StatusInternalServerError)
							return
						}
						time.Sleep(s.takes)
					case <-time.After(s.takes):
					}
				}
			})},
		{Name: "main does not wait for Shutdown", Finds: finds("early-exit"),
			main: of(func(s *service) { s.end = func() int { go s.shutdown(); time.Sleep(10 * time.Millisecond); return 0 } })},
		{Name: "it exits at once", Finds: finds("early-exit"), First: true,
			main: of(func(s *service) { s.first = func() { os.Exit(0) } })},
		{Name: "it panics at the signal", Finds: finds("early-exit"),
			main: of(func(s *service) { s.first = func() { panic("no") } })},
	}
}

// abort streams until the stop, if that comes after its beginning.
func (s *service) abort(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		s.answerSlowly(w, r)
		return
	}
	for range steps {
		http.NewResponseController(w).Flush()
		select {
		case <-s.stop:
			panic(http.ErrAbortHandler)
		case <-time.After(s.takes / steps):
		}
	}
}

// empty answers at the stop, if that comes after its beginning, with nothing.
func (s *service) empty(w http.ResponseWriter, _ *http.Request) {
	began := s.stopping.Load()
	select {
	case <-s.stop:
		if !began {
			return
		}
		time.Sleep(s.takes)
	case <-time.After(s.takes):
	}
	io.WriteString(w, "here is what was asked for\n")
}

// cutShort answers as HTTP/1.0 does, and ends early after the stop if such says
// so of a request that began after it, or before.
func (s *service) cutShort(such func(began bool) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		began := s.stopping.Load()
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		out.WriteString("HTTP/1.0 200 OK\r\n\r\n")
		for range steps {
			out.WriteString("step\n")
			out.Flush()
			time.Sleep(s.takes / steps)
			if s.stopping.Load() && such(began) {
				return
			}
		}
	}
}
