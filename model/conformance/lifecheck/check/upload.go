package check

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

const uploadSize = 4 << 10

// uploadHalf is half of what is uploaded.
func uploadHalf() string { return strings.Repeat("lifecheck ", uploadSize)[:uploadSize/2] }

// uploadHead is the head of a POST.
func (c *client) uploadHead(more string) string {
	return c.head("POST", fmt.Sprintf("Content-Type: application/octet-stream\r\nContent-Length: %d\r\n%s", uploadSize, more))
}

// beginUpload sends the head of a POST and half of its body.
func (c *client) beginUpload() error { return c.send(c.uploadHead("") + uploadHalf()) }

func (c *client) endUpload() error { return c.send(uploadHalf()) }

// upload sends half of a body before the stop, and the rest when the delay is
// over. One that is Stuck is never finished.
func (w *watch) upload(url string, phase Phase, ended func()) {
	ended = sync.OnceFunc(ended)
	defer ended()
	t := w.book.target(url)
	r := Request{Phase: phase, What: what("POST", t, "HTTP/1.1"), URL: url, Upload: true}
	c, err := dial(w.ctx, t, w.o.Budget, "http/1.1")
	if err == nil {
		defer c.close()
		err = c.beginUpload()
	}
	r.Sent = w.now()
	if err != nil {
		r.Ended, r.Outcome = w.now(), outcome(err)
		w.noteRequest(r)
		return
	}
	if phase != Stuck {
		w.wg.Go(func() {
			select {
			case <-w.rest:
				_ = c.endUpload() // what becomes of it is in the answer
			case <-w.ctx.Done():
			}
		})
	}
	w.finish(c, "POST", r, ended)
}

// isEarly reports whether an upload is said to be well before all of it was sent.
func (w *watch) isEarly(r Request) bool {
	select {
	case <-w.rest:
		return false
	default:
		return r.Upload && r.Phase == InFlight && r.Outcome == Answered && r.Status < 300
	}
}

// upload2 is upload over HTTP/2.
func (w *watch) upload2(url string) {
	t := w.book.target(url)
	r := Request{Phase: InFlight, What: what("POST", t, "HTTP/2"), URL: url, Upload: true, HTTP2: true}
	w.streams(r, t, 1, func(h *http2Conn) (*stream, error) {
		s, err := h.open(methodPost, 0, t.path)
		if err == nil {
			err = h.data(s, 0, uploadHalf())
		}
		if err == nil {
			w.wg.Go(func() {
				select {
				case <-w.rest:
					_ = h.data(s, http2frame.EndStream, uploadHalf())
				case <-s.done:
				}
			})
		}
		return s, err
	}, func() {})
}

// way is how an upload is sent.
type way struct{ http2, expect bool }

func (y way) String() string {
	switch {
	case y.http2:
		return "HTTP/2"
	case y.expect:
		return "HTTP/1.1 with Expect: 100-continue"
	}
	return "HTTP/1.1"
}

// postWhole is a whole POST, on a connection of its own.
func postWhole(ctx context.Context, t target, y way, timeout time.Duration) answer {
	if y.http2 {
		return postWhole2(ctx, t, timeout)
	}
	c, err := dial(ctx, t, timeout, "http/1.1")
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	defer c.close()
	c.conn.SetDeadline(time.Now().Add(timeout))
	if y.expect {
		err = c.send(c.uploadHead("Expect: 100-continue\r\n"))
		if a, final := c.mayContinue(); err == nil && final {
			return a
		}
	} else {
		err = c.send(c.uploadHead(""))
	}
	if err == nil {
		err = c.send(uploadHalf() + uploadHalf())
	}
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	return c.receive("POST")
}

// mayContinue waits for 100 Continue. If something else comes, it is final.
func (c *client) mayContinue() (a answer, final bool) {
	const yes = "HTTP/1.1 100"
	head, err := c.in.Peek(len(yes))
	if err != nil {
		return answer{outcome: outcome(err)}, true
	}
	if string(head) == yes {
		return answer{}, false // receive skips it
	}
	return c.receive("POST"), true
}

func postWhole2(ctx context.Context, t target, timeout time.Duration) answer {
	h, err := dial2(ctx, t, timeout)
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	defer h.hangUp()
	s, err := h.open(methodPost, 0, t.path)
	if err == nil {
		err = h.data(s, http2frame.EndStream, uploadHalf()+uploadHalf())
	}
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	return h.await(s, timeout)
}

// uploadLater sends a whole upload after the stop.
func (w *watch) uploadLater(t target, y way) {
	r := Request{Phase: After, What: what("POST", t, y.String()), URL: t.url, Upload: true, HTTP2: y.http2, Sent: w.now()}
	r.take(postWhole(w.ctx, t, y, w.o.Budget))
	r.Ended = w.now()
	w.noteRequest(r)
}

// hang begins a request that is not answered, and gives it time to arrive.
func (w *watch) hang() {
	if w.o.Hang != "" {
		w.wg.Go(func() { w.request1(w.book.target(w.o.Hang), Stuck, func() {}) })
	} else {
		w.wg.Go(func() { w.upload(w.uploadURL(), Stuck, func() {}) })
	}
	w.pause(12 * youngest)
}

// uploadURL is where uploads go; it may not take them.
func (w *watch) uploadURL() string {
	if w.o.Upload == "" && len(w.o.Work) > 0 {
		return w.o.Work[0]
	}
	return w.o.Upload
}
