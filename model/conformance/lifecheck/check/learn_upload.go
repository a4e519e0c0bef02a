package check

import "time"

// tryUpload sends half of a body and waits for longer than the work takes. What
// is not answered by then waits for the rest, and can be kept waiting for ever.
func (w *watch) tryUpload(url string) *Usual {
	t := w.book.target(url)
	c, err := dial(w.ctx, t, probeTimeout, "http/1.1")
	if err != nil {
		return nil
	}
	defer c.close()
	if c.beginUpload() != nil {
		return nil
	}
	begun := w.now()
	probe := get1(w.ctx, t, w.o.Budget) // how long the same URL takes without a body
	if probe.outcome != Answered {
		return nil
	}
	takes := w.now() - begun
	if c.answersWithin(takes/4 + 4*youngest) {
		return nil // it answers, or hangs up, without having read all
	}
	w.book.hangs = true
	c.conn.SetDeadline(time.Now().Add(w.o.Budget))
	rest := w.now()
	if c.endUpload() != nil {
		return nil
	}
	a := c.receive("POST")
	if a.outcome != Answered || a.status >= 400 {
		return nil
	}
	u := &Usual{URL: url, Takes: w.now() - rest}
	u.begin(a)
	u.also(a)
	w.tryWays(t, u)
	return u
}

// tryWays finds out in which other ways an upload is taken.
func (w *watch) tryWays(t target, u *Usual) {
	taken := func(y way, timeout time.Duration) bool {
		a := postWhole(w.ctx, t, y, timeout)
		if a.outcome == Answered && a.status < 400 {
			u.also(a)
		}
		return a.outcome == Answered && a.status == u.Status
	}
	u.also(postWhole(w.ctx, t, way{}, w.o.Budget))
	u.Expects = taken(way{expect: true}, u.Takes+probeTimeout)
	if h, err := dial2(w.ctx, t, probeTimeout); err == nil { // else it may wait for the rest of a request
		h.hangUp()
		u.HTTP2 = taken(way{http2: true}, w.o.Budget)
	}
}

// answersWithin reports whether anything comes, or the connection ends.
func (c *client) answersWithin(d time.Duration) bool {
	c.conn.SetDeadline(time.Now().Add(d))
	_, err := c.in.Peek(1)
	return outcome(err) != TimedOut
}

// answersEarly reports whether an upload that is not finished is answered. One that is
// the last of its connection may be where others are not, as by net/http: it reads what
// the handler has left before it answers, so that the connection can be used again.
func (w *watch) answersEarly(t target, last bool, within time.Duration) bool {
	c, err := dial(w.ctx, t, probeTimeout, "http/1.1")
	if err != nil {
		return true
	}
	defer c.close()
	more := ""
	if last {
		more = "Connection: close\r\n"
	}
	return c.send(c.uploadHead(more)+uploadHalf()) != nil || c.answersWithin(within)
}
