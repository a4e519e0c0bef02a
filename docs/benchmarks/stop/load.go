package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// request is one that is under way in a child: its handler waits for the body.
type request struct {
	conn net.Conn
	from *bufio.Reader
}

// begin returns once the handler has asked for the body.
func begin(addr string) (*request, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	r := &request{conn, bufio.NewReader(conn)}
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: child\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
	if err == nil {
		var line string
		if line, err = r.from.ReadString('\n'); err == nil && !strings.Contains(line, " 100 ") {
			err = fmt.Errorf("the handler does not ask for the body but says %q", line)
		}
	}
	if err == nil {
		_, err = r.from.ReadString('\n') // the empty line after it
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// finish sends the body and returns when the whole answer is there.
func (r *request) finish() (answered time.Time, err error) {
	defer r.conn.Close()
	if _, err := io.WriteString(r.conn, "x"); err != nil {
		return time.Time{}, err
	}
	resp, err := http.ReadResponse(r.from, nil)
	if err != nil {
		return time.Time{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(body) != "answered\n" {
		err = fmt.Errorf("the answer is %s %q", resp.Status, body)
	}
	return time.Now(), err
}

// stopLoaded measures a child with requests under way, each of which ends so
// long after the signal: from the signal, and from the last answer, to the
// exit. One that is not answered is an error.
func stopLoaded(built children, s subject, ends []time.Duration) (fromSignal, fromAnswer time.Duration, err error) {
	p, err := built.start(s)
	if err != nil {
		return 0, 0, err
	}
	requests := make([]*request, len(ends))
	for i := range requests {
		if requests[i], err = begin(p.addr); err != nil {
			p.kill()
			return 0, 0, err
		}
		defer requests[i].conn.Close()
	}
	time.Sleep(settle)
	began, err := p.terminate()
	if err != nil {
		p.kill()
		return 0, 0, err
	}
	answers := make(chan answer, 1)
	go func() { answers <- finishAll(requests, began, ends) }()
	ended, err := p.exited()
	last := <-answers
	if err == nil {
		err = last.err
	}
	return ended.Sub(began), ended.Sub(last.at), err
}

type answer struct {
	at  time.Time
	err error
}

// finishAll ends the requests one after the other and returns the last answer.
func finishAll(requests []*request, began time.Time, ends []time.Duration) (last answer) {
	for i, r := range requests {
		time.Sleep(time.Until(began.Add(ends[i])))
		at, err := r.finish()
		if err != nil {
			return answer{err: fmt.Errorf("request %d: %w", i, err)}
		}
		last.at = at
	}
	return last
}
