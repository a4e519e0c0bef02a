package check

import (
	"fmt"
	"strings"
	"sync"
)

const uploadSize = 4 << 10

// beginUpload sends the head of a POST and half of its body.
func (c *client) beginUpload() error {
	head := c.head("POST", fmt.Sprintf("Content-Type: application/octet-stream\r\nContent-Length: %d\r\n", uploadSize))
	return c.send(head + strings.Repeat("lifecheck ", uploadSize)[:uploadSize/2])
}

func (c *client) endUpload() error {
	return c.send(strings.Repeat("lifecheck ", uploadSize)[:uploadSize/2])
}

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
