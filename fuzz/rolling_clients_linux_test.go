package fuzz

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clients are the clients of a proxy, and what became of their requests.
type clients struct {
	proxy *proxy
	total atomic.Int64
	posts atomic.Int64
	pause time.Duration // of each client between two requests

	mu       sync.Mutex
	accepted []string
	failures []failure
}

// failure is a request that was not answered as it should have been, or was
// sent more than once.
type failure struct {
	uri, what string
	sent      int
	during    window
}

func newClients(p *proxy) *clients {
	c := &clients{proxy: p}
	if *rollingRequests == 0 {
		c.pause = 100 * time.Millisecond
	}
	return c
}

func (c *clients) sent() int { return int(c.total.Load()) }

// start starts n clients, half of which keep their connection. They are stopped
// by calling stop, which waits for them.
func (c *clients) start(n int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			keep := i%2 == 0
			transport := c.transport(keep)
			defer transport.CloseIdleConnections()
			for j := 0; ctx.Err() == nil; j++ {
				c.request(transport, i, j)
				if !keep {
					transport.CloseIdleConnections() // HTTP/2 is kept even so
				}
				time.Sleep(c.pause)
			}
		})
	}
	return func() { cancel(); all.Wait() }
}

// transport returns what one client uses: one connection, for all requests or a
// new one for each.
func (c *clients) transport(keep bool) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!c.proxy.http2)
	protocols.SetUnencryptedHTTP2(c.proxy.http2)
	return &http.Transport{Protocols: protocols, DisableKeepAlives: !keep && !c.proxy.http2, DisableCompression: true}
}

// request sends the j-th request of the i-th client: a POST, a GET that is
// answered at once, or one whose answer streams.
func (c *clients) request(transport *http.Transport, i, j int) {
	id := fmt.Sprintf("r-%d-%d", i, j)
	var f *failure
	began := time.Now()
	switch (i/2 + j) % 4 {
	case 0, 1:
		c.posts.Add(1)
		f = c.one(transport, "POST", "/match?"+id, recordBody(id, "x"), func(body string) bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.accepted = append(c.accepted, id)
			return body == "accepted "+id+"\n"
		})
	case 2:
		f = c.one(transport, "GET", "/healthz?"+id, "", func(body string) bool { return strings.HasSuffix(body, "}\n") || strings.HasSuffix(body, "}") })
	case 3:
		f = c.one(transport, "GET", "/slow?"+id, "", func(body string) bool { return strings.Contains(body, "done, while ") })
	}
	c.total.Add(1)
	if f != nil {
		f.during = window{began, time.Now()}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failures = append(c.failures, *f)
	}
}

// one sends one request, once, and says how it failed. whole is called with
// the body of an answer of success.
func (c *clients) one(transport *http.Transport, method, uri, body string, whole func(body string) bool) *failure {
	connections := 0
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections++ }})
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.proxy.front+uri, strings.NewReader(body))
	if err != nil {
		return &failure{uri: uri, what: err.Error()}
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return &failure{uri: uri, what: "no answer: " + lastPart(err), sent: 1}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch ok := resp.StatusCode < 300 && whole(string(text)); {
	case resp.StatusCode >= 300 && strings.Contains(string(text), "<html>"):
		return &failure{uri: uri, what: "the proxy's " + resp.Status, sent: 1}
	case resp.StatusCode >= 300:
		return &failure{uri: uri, what: "matchspec's " + resp.Status, sent: 1}
	case err != nil || !ok:
		return &failure{uri: uri, what: "truncated", sent: 1}
	case connections > 1 && !c.proxy.http2:
		return &failure{uri: uri, what: "sent again by the client", sent: connections}
	}
	return nil
}

// lastPart is the end of an error's text, without addresses.
func lastPart(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}

// report logs what became of the requests. With a drain delay, none that the
// proxy has received may have failed.
func (c *clients) report(t *testing.T, restarts int) {
	t.Helper()
	classes := map[string]int{}
	failed := 0
	for _, f := range c.failures {
		if c.proxy.received != nil && c.proxy.received(f.uri) < f.sent {
			classes["the proxy closed its connection to the client"]++
			continue
		}
		if strings.HasPrefix(f.what, "the proxy's ") && slices.ContainsFunc(c.proxy.late, f.during.meets) {
			classes[f.what+" when it had not heard of a stop in time"]++
			continue
		}
		classes[f.what]++
		failed++
	}
	t.Logf("%d of %d requests (%d POST) failed behind the proxy, through %d restarts with a drain delay of %v",
		failed, c.total.Load(), c.posts.Load(), restarts, *rollingDelay)
	var lines []string
	for class, n := range classes {
		lines = append(lines, fmt.Sprintf("%d: %s", n, class))
	}
	slices.Sort(lines)
	for _, line := range lines {
		t.Log(line)
	}
	if failed > 0 && *rollingDelay > 0 && !c.proxy.again {
		t.Error("requests failed")
	}
}
