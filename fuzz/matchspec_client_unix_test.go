//go:build unix

package fuzz

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// keepingClient returns a client of one connection, which it keeps.
func keepingClient(t *testing.T) *http.Client {
	transport := &http.Transport{MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// post posts a record. The code is that of an answer whose body may still have
// been cut, which is an error.
func (m *matchspec) post(c *http.Client, id, input string) (code int, err error) {
	resp, err := c.Post(m.url+"/match", "application/json", strings.NewReader(recordBody(id, input)))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func recordBody(id, input string) string {
	return `{"id":"` + id + `","spec":"*","input":"` + input + `"}`
}

// postUntilRefused posts records until one is not accepted, and returns the ids
// of those that are, and what became of the one that is not.
func (m *matchspec) postUntilRefused(c *http.Client, name, input string, pause time.Duration) (accepted []string, code int, err error) {
	for i := 0; ; i++ {
		id := fmt.Sprintf("%s-%d", name, i)
		code, err = m.post(c, id, input)
		if code == http.StatusAccepted { // a promise, even if its body was cut
			accepted = append(accepted, id)
		}
		if code != http.StatusAccepted || err != nil {
			return accepted, code, err
		}
		time.Sleep(pause) // a load, not a flood
	}
}

// postAll posts n records, each of which has to be accepted.
func (m *matchspec) postAll(t *testing.T, c *http.Client, name string, n int, input string) (accepted []string) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("%s-%d", name, i)
		if code, err := m.post(c, id, input); code != http.StatusAccepted || err != nil {
			t.Fatalf("POST %s: %d, %v", id, code, err)
		}
		accepted = append(accepted, id)
	}
	return accepted
}

// held is a POST whose handler waits for the body.
type held struct {
	net.Conn
	body string
	id   string
}

// hold begins a POST, and returns when its handler has begun to read the body:
// that is when the server sends 100 Continue.
func (m *matchspec) hold(t *testing.T, id string) *held {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(m.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	h := &held{Conn: conn, id: id, body: recordBody(id, "x")}
	fmt.Fprintf(conn, "POST /match HTTP/1.1\r\nHost: matchspec\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(h.body))
	want := "HTTP/1.1 100 Continue\r\n\r\n"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("a request with Expect got %q, %v", got, err)
	}
	return h
}

// release sends the body, and returns the answer, which is empty if the
// connection was closed.
func (h *held) release() string {
	_, _ = io.WriteString(h.Conn, h.body)
	return h.answer()
}

// answer returns the first line of the answer, if there is one.
func (h *held) answer() string {
	line, _ := bufio.NewReader(h.Conn).ReadString('\n')
	return strings.TrimSpace(line)
}

// ready returns the code of the readiness answer.
func (m *matchspec) ready(t *testing.T, c *http.Client) int {
	t.Helper()
	resp, err := c.Get(m.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
