package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// refused is shown for a probe that finds nobody listening.
const refused = "refused"

// client is the world around the service in the demo: those who send requests
// and the orchestrator that probes.
type client struct {
	svc    *service
	http   *http.Client // for requests
	prober *http.Client // keeps one connection, as long as the service does

	mu       sync.Mutex
	url      string
	accepted []string
	sent     int
	under    int // slow requests under way
	stopAt   time.Time
	atStop   int // slow requests under way at the stop
	whole    int // of those, answered in full
}

func newClient(svc *service) *client {
	return &client{
		svc:    svc,
		http:   &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second},
		prober: &http.Client{Transport: &http.Transport{}, Timeout: time.Second},
	}
}

func (c *client) close() {
	c.http.CloseIdleConnections()
	c.prober.CloseIdleConnections()
}

func (c *client) found(addr net.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url = "http://" + addr.String()
}

func (c *client) address() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.url
}

// post sends n records, one after the other, and returns how many of them
// were accepted.
func (c *client) post(n int) (accepted int) {
	for range n {
		c.sent++
		id := fmt.Sprintf("m-%d", c.sent)
		body := fmt.Sprintf(`{"id":%q,"spec":"err*","input":"error: disk full"}`, id)
		resp, err := c.http.Post(c.address()+"/match", "application/json", strings.NewReader(body))
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusAccepted {
			c.accepted = append(c.accepted, id)
			accepted++
		}
	}
	return accepted
}

// slow asks for the slow answer, calls begun when it has begun to arrive, and
// reports whether all of it did.
func (c *client) slow(begun func()) (whole bool) {
	begun = sync.OnceFunc(begun)
	defer begun()
	resp, err := c.http.Get(c.address() + "/slow")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Scan()
	c.count(+1, false)
	begun()
	for lines.Scan() {
		whole = strings.HasPrefix(lines.Text(), "done")
	}
	c.count(-1, whole)
	return whole
}

func (c *client) count(n int, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under += n
	if !c.stopAt.IsZero() && whole {
		c.whole++
	}
}

// stopped notes that the stop comes now, and how many slow requests are under
// way.
func (c *client) stopped() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopAt, c.atStop = time.Now(), c.under
}

// look is what an orchestrator and a dashboard see right now.
func (c *client) look() sighting {
	live, _ := c.probe("/healthz")
	ready, state := c.probe("/readyz")
	return sighting{
		live:     live,
		ready:    ready,
		state:    state,
		inFlight: int(c.svc.inFlight.Load()),
		queued:   c.svc.queue.Len(),
	}
}

// probe returns the answer and, for readiness, the state that it names.
func (c *client) probe(path string) (answer, state string) {
	var body struct{ Status, State string }
	url := c.address()
	if url == "" {
		return "-", ""
	}
	resp, err := c.prober.Get(url + path)
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return refused, ""
	}
	if err != nil {
		return "no answer", ""
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body.Status), body.State
}
