//go:build unix

package fuzz

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/docs/examples/child"
)

// patience bounds a test that hangs, such as by a process that does not listen.
const patience = time.Minute

// matchspec is the example service as a process.
type matchspec struct {
	*child.Process
	data string // the file of its records
	last string // the file that says how many of them are safe
	url  string // once it listens
}

// start is how matchspec is started: in a directory that a later process may
// use again, by a shell that sets limits before, with flags.
type start struct {
	dir, shell string
	env, args  []string
}

func (s start) run(t *testing.T) *matchspec {
	t.Helper()
	path, err := programs.Build("../docs/examples/matchspec")
	if err != nil {
		t.Fatal(err)
	}
	if s.dir == "" {
		s.dir = t.TempDir()
	}
	checkpoints := filepath.Join(s.dir, "checkpoints")
	m := &matchspec{data: filepath.Join(s.dir, "records.jsonl"), last: filepath.Join(checkpoints, "last")}
	args := append([]string{"-addr", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-data", m.data, "-checkpoints", checkpoints, "-evaluate", "200us"}, s.args...)
	if s.shell != "" {
		path, args = "/bin/sh", append([]string{"-c", s.shell + `; exec "$0" "$@"`, path}, args...)
	}
	m.Process = child.Start(t, path, s.env, args...)
	return m
}

// begin starts matchspec and waits until it listens.
func (s start) begin(t *testing.T) *matchspec {
	t.Helper()
	m := s.run(t)
	if !m.listens() {
		t.Fatal("matchspec does not listen")
	}
	return m
}

// listens waits until matchspec listens, or has ended before.
func (m *matchspec) listens() bool {
	line, ok := m.Stderr.Await("msg=listening", patience)
	m.url = "http://" + child.Attr(line, "addr")
	return ok
}

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

// stored returns the ids of the records in the store, and whether its last line
// is torn. Any other line that is not a record fails the test.
func (m *matchspec) stored(t *testing.T) (ids []string, torn bool) {
	t.Helper()
	data, err := os.ReadFile(m.data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	lines := bytes.Split(data, []byte("\n"))
	last := len(lines) - 1
	for i, line := range lines[:last] {
		var r struct{ ID string }
		if err := json.Unmarshal(line, &r); err != nil || r.ID == "" {
			t.Errorf("line %d of the store is no record: %q", i+1, line)
		}
		ids = append(ids, r.ID)
	}
	return ids, len(lines[last]) > 0
}

// flushed returns how many of its records the process has noted as flushed.
func (m *matchspec) flushed(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile(m.last)
	if err == nil {
		n, err = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return n
}

// wantStored expects a whole store that has each of the accepted records once,
// and none twice.
func (m *matchspec) wantStored(t *testing.T, accepted []string) {
	t.Helper()
	ids, torn := m.stored(t)
	if torn {
		t.Error("the last line of the store is torn")
	}
	kept := map[string]bool{}
	for _, id := range ids {
		if kept[id] {
			t.Errorf("%s is stored twice", id)
		}
		kept[id] = true
	}
	for _, id := range accepted {
		if !kept[id] {
			t.Errorf("%s was accepted and is not stored", id)
		}
	}
}

// wantHooksOnce expects both hooks to have run, once each and in order.
func (m *matchspec) wantHooksOnce(t *testing.T) {
	t.Helper()
	var ran []string
	for _, line := range m.Stderr.All() {
		if _, hook, ok := strings.Cut(line, `msg="hook: `); ok {
			ran = append(ran, strings.Trim(strings.Fields(hook)[1], `"`))
		}
	}
	if got, want := strings.Join(ran, ", "), "flushed, closed"; got != want {
		t.Errorf("the hooks that ran are %q, want %q", got, want)
	}
}

// wantExit waits for the process to end, and says how long that took.
func (m *matchspec) wantExit(t *testing.T, code int) {
	t.Helper()
	began := time.Now()
	if got := m.ExitCode(); got != code {
		t.Errorf("the exit code is %d, want %d", got, code)
	}
	t.Logf("it ended after another %v", time.Since(began).Round(time.Millisecond))
}
