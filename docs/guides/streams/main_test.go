//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestStreamsEndAtTheStopAndRequestsAreAnswered(t *testing.T) {
	behind := startBackend(t)
	p, addrs := guidetest.Serve(t, []string{"-addr"}, "-backend", behind.URL)
	url := "http://" + addrs[0]
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	streams := []io.Reader{subscribe(t, client, url+"/events"), subscribe(t, client, url+"/api/events")}
	sockets := []*websocket.Conn{dial(t, url+"/echo"), dial(t, url+"/api/echo")}
	answer := make(chan error, 1)
	go func() { answer <- get(client, url+"/api/slow") }()
	<-behind.asked // it is under way

	p.Signal(syscall.SIGTERM)
	for i, socket := range sockets {
		_, _, err := socket.Read(t.Context())
		if i == 0 && websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("the WebSocket ends with %v", err)
		}
		if i == 1 && err == nil { // what comes through a proxy is cut
			t.Error("the proxied WebSocket goes on")
		}
	}
	for _, stream := range streams {
		_, _ = io.Copy(io.Discard, stream) // ends, however
	}
	behind.answer <- struct{}{} // only now: the streams do not wait for it
	if err := <-answer; err != nil {
		t.Errorf("the request that was under way: %v", err)
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantQuotedLog(t, p, "../streams.md", 0)
}

func TestAClientThatGoesEndsItsStreams(t *testing.T) {
	p, addrs := guidetest.Serve(t, []string{"-addr"})
	url := "http://" + addrs[0]
	client := &http.Client{Transport: &http.Transport{}}
	subscribe(t, client, url+"/events").(io.Closer).Close()
	p.AwaitLog("events ended")
	_ = dial(t, url+"/echo").Close(websocket.StatusNormalClosure, "")
	p.AwaitLog("echo ended status=StatusNormalClosure")
	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 0)
}

// backend is a service with the same streams, and a request that takes until it
// is let go.
type backend struct {
	*httptest.Server
	asked, answer chan struct{}
}

func startBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{asked: make(chan struct{}), answer: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/events", events)
	mux.HandleFunc("/api/echo", echo)
	mux.HandleFunc("/api/slow", func(w http.ResponseWriter, _ *http.Request) {
		b.asked <- struct{}{}
		<-b.answer
		fmt.Fprint(w, "answered")
	})
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

// subscribe returns a stream of events from which one was read.
func subscribe(t *testing.T, client *http.Client, url string) io.Reader {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "id: ") {
		t.Fatalf("%s sends %q, %v", url, line, err)
	}
	return resp.Body
}

// dial returns a WebSocket that has echoed a message.
func dial(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		resp.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := conn.Read(t.Context()); err != nil || string(got) != "hello" {
		t.Fatalf("%s echoes %q, %v", url, got, err)
	}
	return conn
}

func get(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "answered" {
		return errors.Join(fmt.Errorf("the answer is %q", body), err)
	}
	return nil
}
