//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/health"
)

func recordBody(id string) string {
	return fmt.Sprintf(`{"id":%q,"spec":"err*","input":"error: disk full"}`, id)
}

func postRecord(client *http.Client, url, id string) (code int, err error) {
	resp, err := client.Post(url+"/match", "application/json", strings.NewReader(recordBody(id)))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// held is a POST whose handler is waiting for the rest of its body: a request
// that is under way for exactly as long as the test wants.
type held struct {
	id   string
	rest *io.PipeWriter
	body string
	done chan error
}

// hold begins a POST, and returns when the handler has begun to read its body:
// that is when the server sends 100 Continue.
func (s *running) hold(id string) *held {
	s.t.Helper()
	body, rest := io.Pipe()
	h := &held{id: id, rest: rest, body: recordBody(id), done: make(chan error, 1)}
	begun := make(chan struct{})
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(begun) }}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/match", body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue")
	go func() {
		resp, err := s.http.Do(req)
		if err != nil {
			h.done <- err
			return
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if want := "accepted " + id + "\n"; err == nil && (resp.StatusCode != http.StatusAccepted || string(text) != want) {
			err = fmt.Errorf("%s %q, want 202 %q", resp.Status, text, want)
		}
		h.done <- err
	}()
	select {
	case <-begun:
	case err := <-h.done:
		s.t.Fatalf("a POST that was to be held is over: %v", err)
	}
	return h
}

// release sends the body, and returns what was wrong with the answer.
func (h *held) release() error {
	if _, err := io.WriteString(h.rest, h.body); err != nil {
		return err
	}
	_ = h.rest.Close()
	return <-h.done
}

// slowAnswer is a GET /slow of which the first line has come.
type slowAnswer struct {
	resp  *http.Response
	lines *bufio.Scanner
}

// slow begins a GET /slow on a connection of its own.
func (s *running) slow() (*slowAnswer, error) {
	req, _ := http.NewRequest(http.MethodGet, s.url+"/slow", nil)
	req.Close = true
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	a := &slowAnswer{resp: resp, lines: bufio.NewScanner(resp.Body)}
	if !a.lines.Scan() {
		resp.Body.Close()
		return nil, fmt.Errorf("not even the first line: %w", a.lines.Err())
	}
	return a, nil
}

// finish reads the rest. It returns what the last line says of the state that
// the service was in, and what was missing.
func (a *slowAnswer) finish() (state string, err error) {
	defer a.resp.Body.Close()
	n := 1
	for a.lines.Scan() {
		n++
		_, state, _ = strings.Cut(a.lines.Text(), "done, while ")
	}
	if a.resp.StatusCode != http.StatusOK || n != slowSteps+1 || state == "" || a.lines.Err() != nil {
		err = fmt.Errorf("%s, %d lines of %d, the last one %q, %w", a.resp.Status, n, slowSteps+1, a.lines.Text(), a.lines.Err())
	}
	return state, err
}

// posters post records one after the other until one is not answered, which is
// so when the listener is closed.
type posters struct {
	wg       sync.WaitGroup
	mu       sync.Mutex
	accepted []string
	enough   chan struct{} // closed when some were accepted
}

func (s *running) startPosters(n, enough int) *posters {
	p := &posters{enough: make(chan struct{})}
	for i := range n {
		p.wg.Go(func() {
			for j := 0; ; j++ {
				id := fmt.Sprintf("load-%d-%d", i, j)
				code, err := postRecord(s.http, s.url, id)
				if code == http.StatusAccepted { // a promise, even if its body was cut
					p.add(id, enough)
				}
				if err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond) // a load, not a flood
			}
		})
	}
	return p
}

func (p *posters) add(id string, enough int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = append(p.accepted, id)
	if len(p.accepted) == enough {
		close(p.enough)
	}
}

// ready asks for readiness, over a connection that is kept for that: the one
// that it was first asked over, for as long as the service leaves it open.
func (s *running) ready() (code int, body health.Response) {
	s.t.Helper()
	resp, err := s.prober.Get(s.url + "/readyz")
	if err != nil {
		s.t.Fatalf("the probe was not answered: %v", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // else the connection would not be kept
	return resp.StatusCode, body
}
