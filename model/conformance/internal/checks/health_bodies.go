package checks

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// slowClient is a ResponseWriter in whose methods something else happens before it takes
// what it is given.
type slowClient struct {
	header    http.Header
	code      int
	body      []byte
	meanwhile func()
}

// Header returns the header.
func (w *slowClient) Header() http.Header { return w.header }

// WriteHeader keeps the first code.
func (w *slowClient) WriteHeader(code int) {
	if w.meanwhile(); w.code == 0 {
		w.code = code
	}
}

// Write keeps the body.
func (w *slowClient) Write(b []byte) (int, error) {
	if w.meanwhile(); w.code == 0 {
		w.code = http.StatusOK
	}
	w.body = append(w.body, b...)
	return len(b), nil
}

// BodiesAtOnce checks HEALTH-14: an answer is what it is whatever else is answered while
// it is written to a slow client. It takes real time, for the sake of locks.
func BodiesAtOnce(c *Checker) {
	h, other := c.health(), c.Impl.Health("another tool", strings.Repeat("9", 100))
	for n := range 3 {
		text := strings.Repeat(fmt.Sprint(n), 300)
		h.AddCheck(fmt.Sprint("check ", n), func() error { return errors.New(text) })
	}
	endpoints := map[string]http.Handler{"liveness": h.Liveness, "readiness": h.Readiness, "liveness of another handler": other.Liveness, "readiness of another handler": other.Readiness}
	if c.offered[subject.NeedGroups] {
		endpoints["readiness of groups"] = h.ReadinessOf("read")
	}
	if c.offered[subject.NeedStartup] {
		endpoints["start-up"] = h.Startup
	}
	for what, endpoint := range endpoints {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			want := play.Ask(endpoint, method)
			answered := make(chan play.Reply, 1)
			go func() {
				w := &slowClient{header: http.Header{}, meanwhile: func() {
					for _, endpoint := range endpoints {
						play.Ask(endpoint, http.MethodGet)
						play.Ask(endpoint, http.MethodPut)
					}
				}}
				endpoint.ServeHTTP(w, play.NewRequest(c.t.Context(), method))
				answered <- play.NewReply(cmp.Or(w.code, http.StatusOK), w.header, w.body)
			}()
			select {
			case got := <-answered:
				body, usual := got.Body, want.Body
				want.Header, got.Header, want.Body, got.Body, got.Uptime = nil, nil, nil, nil, want.Uptime
				c.expect(fmt.Sprint(got) == fmt.Sprint(want), "%s: while %s is written to a slow client, other probes are answered, and the answer is %d %.300s, want %d %.300s", what, method, got.Code, body, want.Code, usual)
			case <-time.After(2500 * time.Millisecond):
				c.Errorf("%s: while %s is written to a slow client, no other probe is answered", what, method)
				return
			}
		}
	}
}
