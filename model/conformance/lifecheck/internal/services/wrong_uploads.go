package services

import (
	"io"
	"net/http"
)

// wrongUploads are wrong in what becomes of uploads alone.
func wrongUploads() []Case {
	refuse := func(such func(r *http.Request) bool) func() int {
		return of(func(s *service) {
			s.upload = func(w http.ResponseWriter, r *http.Request) {
				if s.stopping.Load() && such(r) {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				s.read(w, r)
			}
		})
	}
	return []Case{
		{Name: "uploads that come in the delay are refused", Finds: finds("work-refused-in-delay"),
			main: refuse(func(*http.Request) bool { return true })},
		{Name: "uploads that come in the delay and expect 100-continue are refused", Finds: finds("work-refused-in-delay"),
			main: refuse(func(r *http.Request) bool { return r.Header.Get("Expect") != "" })},
		{Name: "an upload is said to be well before it is whole", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) {
				s.upload = func(w http.ResponseWriter, r *http.Request) {
					read := make(chan struct{})
					go func() { defer close(read); _, _ = io.Copy(io.Discard, r.Body) }()
					select {
					case <-s.stop:
					case <-read:
					}
					io.WriteString(w, "got it\n")
				}
			})},
		{Name: "uploads over HTTP/2 are cut", Finds: finds("in-flight-dropped"), scheme: "https",
			main: of(func(s *service) {
				s.srv.TLSConfig = selfSigned()
				s.upload = func(w http.ResponseWriter, r *http.Request) {
					s.read(w, r)
					if s.stopping.Load() && r.ProtoMajor == 2 {
						panic(http.ErrAbortHandler)
					}
				}
			})},
	}
}
