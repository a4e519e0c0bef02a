// Package services are small services to try lifecheck on: some stop badly, each
// in one way, and some stop well in an unusual way. A test binary becomes one of
// them by calling Main.
package services

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Environment variables that say which service a process is, and where.
const (
	EnvName  = "LIFECHECK_SERVICE"
	EnvAddr  = "LIFECHECK_ADDR"  // of work and, unless it is said otherwise, probes
	EnvAdmin = "LIFECHECK_ADMIN" // of probes that have an address of their own
)

// NoRaceSleep has a service that was built with the race detector exit when it
// does, and not a second later.
const NoRaceSleep = "GORACE=atexit_sleep_ms=0"

// How long things take in the services, unless they say otherwise.
const (
	takes    = time.Second             // an answer of /slow
	Delay    = 600 * time.Millisecond  // from the signal until the listener closes
	deadline = 2500 * time.Millisecond // what Shutdown waits at most
	Budget   = 5 * time.Second
)

// service is a plain HTTP server that stops as it should, but for what its fields
// say.
type service struct {
	srv *http.Server
	ln  net.Listener

	signals []os.Signal // handled
	caught  chan os.Signal
	ignored []os.Signal
	delay   time.Duration
	takes   time.Duration
	wait    time.Duration // the deadline of Shutdown; 0: none

	stopping atomic.Bool
	stop     chan struct{} // closed with stopping
	inFlight atomic.Int64
	idle     sync.Map // net.Conn → http.ConnState

	slow, upload, ready, live http.HandlerFunc

	before func()              // the process has begun, nothing is set up
	begun  func()              // it serves
	first  func()              // the signal is there
	during func()              // the delay
	end    func() (code int)   // the delay is over
	code   func(code int) int  // the last thing
	listen func() net.Listener // nil: EnvAddr
}

func newService() *service {
	s := &service{srv: &http.Server{}, signals: []os.Signal{syscall.SIGTERM, syscall.SIGINT}, caught: make(chan os.Signal, 8),
		delay: Delay, takes: takes, wait: deadline, stop: make(chan struct{})}
	nothing := func() {}
	s.before, s.begun = nothing, nothing
	s.first = func() { s.srv.SetKeepAlivesEnabled(false) }
	s.during = func() { time.Sleep(s.delay) }
	s.end = s.shutdown
	s.code = func(code int) int { return code }
	s.slow, s.upload, s.ready, s.live = s.answerSlowly, s.read, s.readiness, s.liveness
	return s
}

// Main is the process that the environment names; it returns if it names none.
func Main() {
	name := os.Getenv(EnvName)
	if name == "" {
		return
	}
	if help(name) {
		os.Exit(0)
	}
	for _, c := range All() {
		if c.Name == name && c.main != nil {
			os.Exit(c.main())
		}
	}
	fmt.Fprintf(os.Stderr, "no service is called %q\n", name)
	os.Exit(2)
}

// run is the process.
func (s *service) run() int {
	s.before()
	signal.Notify(s.caught, s.signals...)
	for _, sig := range s.ignored {
		signal.Ignore(sig)
	}
	s.ln = s.listenOn(EnvAddr)
	s.srv.Handler = s.routes()
	track := s.srv.ConnState
	s.srv.ConnState = func(c net.Conn, state http.ConnState) {
		s.idle.Store(c, state)
		if track != nil {
			track(c, state)
		}
	}
	served := make(chan error, 1)
	go func() { served <- s.serve() }()
	s.begun()
	select {
	case <-s.caught:
	case err := <-served:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.stopping.Store(true)
	close(s.stop)
	s.first()
	s.during()
	return s.code(s.end())
}

func (s *service) serve() error {
	if s.srv.TLSConfig != nil {
		return s.srv.ServeTLS(s.ln, "", "")
	}
	return s.srv.Serve(s.ln)
}

func (s *service) listenOn(env string) net.Listener {
	if s.listen != nil {
		return s.listen()
	}
	return listenOn(os.Getenv(env))
}

func listenOn(addr string) net.Listener {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return ln
}

// shutdown is what net/http offers, with a deadline.
func (s *service) shutdown() int {
	ctx := context.Background()
	if s.wait > 0 {
		limited, cancel := context.WithTimeout(ctx, s.wait)
		defer cancel()
		ctx = limited
	}
	if err := s.srv.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, errors.Join(err, s.srv.Close()))
		return 1
	}
	return 0
}

// await waits for the handlers, not longer than Shutdown would.
func (s *service) await() int {
	for end := time.Now().Add(s.wait); s.inFlight.Load() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return 1
		}
	}
	time.Sleep(20 * time.Millisecond) // the last answer is on its way
	return 0
}

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) { s.ready(w, r) })
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { s.live(w, r) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		if r.Method == http.MethodPost {
			s.upload(w, r)
			return
		}
		s.slow(w, r)
	})
	return mux
}

const steps = 5

// answerSlowly streams.
func (s *service) answerSlowly(w http.ResponseWriter, _ *http.Request) {
	for i := range steps {
		fmt.Fprintf(w, "step %d\n", i)
		http.NewResponseController(w).Flush()
		time.Sleep(s.takes / steps)
	}
	io.WriteString(w, "done\n")
}

func (s *service) read(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	io.WriteString(w, "got it\n")
}

func (s *service) readiness(w http.ResponseWriter, _ *http.Request) {
	if s.stopping.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (s *service) liveness(http.ResponseWriter, *http.Request) {}
