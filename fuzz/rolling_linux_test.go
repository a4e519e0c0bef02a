package fuzz

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	rollingRequests = flag.Int("rolling-requests", 0, "how many requests at least go through each proxy, as fast as they can; 0: a load that spares the machine")
	rollingRestarts = flag.Int("rolling-restarts", 3, "how many restarts that the proxy learns of in time there are at least behind each")
	rollingDelay    = flag.Duration("rolling-delay", 2*time.Second, "the drain delay; with 0, requests that fail are counted, and are no failure of the test")
)

// Three copies of matchspec behind a proxy are restarted in turn while 50
// clients send requests: with a drain delay that is longer than the proxy takes
// to notice, no request fails. Neither the proxy nor a client sends one again,
// except nginx by itself, whose failures are only counted.
//
//	go test ./fuzz -run Rolling -rolling-requests 1000000 -rolling-restarts 100 -timeout 2h -v
//	go test ./fuzz -run Rolling -rolling-restarts 30 -rolling-delay 0 -timeout 1h -v
func TestRollingRestartsBehindAProxyFailNoRequest(t *testing.T) {
	t.Parallel()
	if *rollingRestarts < 1 {
		t.Fatal("-rolling-restarts: want 1 or more")
	}
	var all sync.WaitGroup
	proxies := []*proxy{
		{name: "HAProxy, HTTP 1", run: haproxy},
		{name: "HAProxy, HTTP 2", run: haproxy, http2: true},
		{name: "nginx, HTTP 1", run: nginx},
		{name: "nginx, HTTP 2", run: nginx, http2: true},
	}
	if *rollingRestarts > 3 { // for the number: some requests fail
		proxies = append(proxies, &proxy{name: "nginx by itself", run: nginx, again: true})
	}
	for _, p := range proxies {
		roll := func() { t.Run(p.name, func(t *testing.T) { p.roll(t) }) }
		if *rollingRequests > 0 {
			roll() // has the machine to itself
		} else {
			all.Go(roll)
		}
	}
	all.Wait()
}

// proxy is a proxy with the copies of matchspec behind it.
type proxy struct {
	name  string
	http2 bool // of the clients, and of the proxy where it can
	again bool // the proxy may send a request to the next copy, and has no other way to learn that one is down
	run   func(t *testing.T, p *proxy)

	front  string // the address of the proxy
	dir    string
	copies []*replica

	// changed has the proxy learn which copies are up, if it does not find out
	// by itself, and waits until it has.
	changed func(t *testing.T)
	// late are the times in which it sent requests to a copy whose drain delay was
	// over, because it learnt that too late.
	late []window
	// received says how often the proxy has received a request, if it may lose
	// some itself.
	received func(uri string) int
}

// window is a time from one instant to another.
type window struct{ from, to time.Time }

func (w window) meets(other window) bool {
	return !w.to.Before(other.from) && !other.to.Before(w.from)
}

// replica is one of the copies, on an address of its own. The system gives no
// client a port of such an address, so that it is free again for the next one.
type replica struct {
	*matchspec
	host string
	dir  string
	up   bool
}

func (r *replica) start(t *testing.T) {
	r.matchspec = start{dir: r.dir, args: []string{
		"-addr", r.host + ":8080", "-admin", r.host + ":8081", "-drain-delay", rollingDelay.String(),
		"-slow", "5ms", "-evaluate", "0"}}.begin(t)
	r.up = true
}

// awaitRequests waits until a copy that has just been started has had a request
// through the proxy.
func (r *replica) awaitRequests(t *testing.T, admin *http.Client) {
	t.Helper()
	waitFor(t, func() bool {
		resp, err := admin.Get("http://" + r.host + ":8081/metrics")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		stored := regexp.MustCompile(`stored_total (\d+)`).FindSubmatch(text)
		if stored == nil {
			return false
		}
		n, _ := strconv.Atoi(string(stored[1]))
		return n > 0
	})
}

func (p *proxy) roll(t *testing.T) {
	net := fmt.Sprintf("127.%d.%d.", 1+rand.IntN(254), rand.IntN(256))
	p.front, p.dir = net+"1:8080", t.TempDir()
	for i := range 3 {
		r := &replica{host: fmt.Sprint(net, 10+i), dir: t.TempDir()}
		p.copies = append(p.copies, r)
		r.start(t)
	}
	p.run(t, p)

	c := newClients(p)
	probe := c.transport(true)
	defer probe.CloseIdleConnections()
	waitFor(t, func() bool { return c.one(probe, "GET", "/healthz", "", func(string) bool { return true }) == nil })

	stop := c.start(50)
	admin := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	restarts := 0
	for ; restarts-len(p.late) < *rollingRestarts && restarts < 10+*rollingRestarts || c.sent() < *rollingRequests; restarts++ {
		r := p.copies[restarts%len(p.copies)]
		r.awaitRequests(t, admin)
		p.restart(t, r)
	}
	p.copies[(restarts-1)%len(p.copies)].awaitRequests(t, admin)
	stop()

	for _, r := range p.copies {
		r.Signal(syscall.SIGTERM)
		if code := r.ExitCode(); code != 0 {
			t.Errorf("a copy ended with %d", code)
		}
	}
	p.wantStored(t, c.accepted)
	c.report(t, restarts)
	if restarts == len(p.late) {
		t.Errorf("in each of %d restarts the proxy has heard of it too late", restarts)
	}
}

// restart stops a copy and starts it again.
func (p *proxy) restart(t *testing.T, r *replica) {
	r.Signal(syscall.SIGTERM)
	stopped := time.Now()
	r.up = false
	if p.changed != nil {
		time.Sleep(rand.N(300 * time.Millisecond)) // until an ingress controller hears of it
		p.changed(t)
		if heard := time.Since(stopped); *rollingDelay > 0 && heard > *rollingDelay-100*time.Millisecond {
			t.Logf("%s has heard of a stop after %v: the machine is busy, and this restart does not count", p.name, heard)
			p.late = append(p.late, window{stopped.Add(*rollingDelay - 100*time.Millisecond), time.Now()})
		}
	}
	if code := r.ExitCode(); code != 0 {
		t.Errorf("a copy ended with %d", code)
	}
	r.start(t)
	if p.changed != nil {
		p.changed(t)
	}
}

// wantStored expects each of the records that were accepted in one of the
// stores, once.
func (p *proxy) wantStored(t *testing.T, accepted []string) {
	t.Helper()
	kept := map[string]int{}
	for _, r := range p.copies {
		ids, torn := r.stored(t)
		if torn {
			t.Error("the last line of a store is torn")
		}
		for _, id := range ids {
			kept[id]++
		}
	}
	for id, n := range kept {
		if n > 1 {
			t.Errorf("%s is stored %d times", id, n)
		}
	}
	for _, id := range accepted {
		if kept[id] == 0 {
			t.Errorf("%s was accepted and is not stored", id)
		}
	}
}
