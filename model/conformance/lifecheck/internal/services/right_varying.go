package services

import (
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

// rightVarying are services whose answers differ now and then, or with what else
// goes on, whether they stop or not.
func rightVarying() []Case {
	rarely := func(other http.HandlerFunc) func() int {
		return of(func(s *service) {
			s.slow = func(w http.ResponseWriter, r *http.Request) {
				if rand.IntN(40) == 0 {
					other(w, r)
					return
				}
				time.Sleep(s.takes / 3)
				io.WriteString(w, "here is what was asked for\n")
			}
		})
	}
	uploads := func(upload func(s *service) http.HandlerFunc) func() int {
		return of(func(s *service) { s.upload = upload(s) })
	}
	return []Case{
		{Name: "a stream of events that ends at the stop", First: true, main: of(func(s *service) { s.slow = s.events })},
		{Name: "a stream of events that ends at the stop, and the delay is not known", main: of(func(s *service) { s.slow = s.events; s.delay = 2 * Delay }),
			adjust: func(o *check.Options) { o.Delay = check.DelayUnknown }},
		{Name: "a stream of events that ends at the stop, over HTTP/2 alone", main: of(func(s *service) {
			s.srv.Protocols = new(http.Protocols)
			s.srv.Protocols.SetUnencryptedHTTP2(true)
			s.slow = s.events
		})},
		{Name: "one answer in forty is an error", main: rarely(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		})},
		{Name: "one answer in forty is an error that has status 200", main: rarely(sorry)},
		{Name: "it takes 25 requests at once, and 15 a second", main: of(func(s *service) { s.slow = s.limited() })},
		{Name: "it takes three uploads at once", main: uploads(func(s *service) http.HandlerFunc {
			var n atomic.Int64
			return func(w http.ResponseWriter, r *http.Request) {
				defer n.Add(-1)
				if n.Add(1) > 3 {
					w.WriteHeader(http.StatusTooManyRequests)
				}
				s.read(w, r)
			}
		})},
		{Name: "the same upload twice is a conflict", main: uploads(func(s *service) http.HandlerFunc {
			var n atomic.Int64
			return func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) > 2 {
					w.WriteHeader(http.StatusConflict)
				}
				s.read(w, r)
			}
		})},
		{Name: "the body of an upload is not read", main: uploads(func(s *service) http.HandlerFunc { return s.answerSlowly })},
		{Name: "an upload is answered after a while, read or not", main: of(func(s *service) {
			s.slow = func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(s.takes/10 + rand.N(s.takes))
				io.WriteString(w, "here is what was asked for\n")
			}
			s.upload = s.slow
		})},
	}
}

// limited is a bucket of tokens.
func (s *service) limited() http.HandlerFunc {
	const most, each = 25, 15
	var mu sync.Mutex
	tokens, last := float64(most), time.Now()
	take := func() bool {
		mu.Lock()
		defer mu.Unlock()
		tokens = min(most, tokens+each*time.Since(last).Seconds())
		last = time.Now()
		if tokens < 1 {
			return false
		}
		tokens--
		return true
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		if !take() {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		time.Sleep(s.takes / 4)
		io.WriteString(w, "here is what was asked for\n")
	}
}

// events sends some until the stop.
func (s *service) events(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for range 2 * steps {
		io.WriteString(w, "data: one more\n\n")
		http.NewResponseController(w).Flush()
		select {
		case <-s.stop:
			io.WriteString(w, "event: end\ndata:\n\n")
			return
		case <-time.After(s.takes / steps):
		}
	}
}
