package services

import (
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

// wrong are the services that stop badly, each in one way.
func wrong() []Case {
	var cases []Case
	cases = append(cases, wrongSignals()...)
	cases = append(cases, wrongProbes()...)
	cases = append(cases, wrongListeners()...)
	cases = append(cases, wrongInDelay()...)
	cases = append(cases, wrongRequests()...)
	cases = append(cases, wrongEnds()...)
	cases = append(cases, wrongUploads()...)
	return append(cases, wrongExits()...)
}

func wrongSignals() []Case {
	term, interrupt := []os.Signal{syscall.SIGTERM}, []os.Signal{os.Interrupt}
	shortBudget := func(o *check.Options) { o.Budget = 4 * time.Second }
	return []Case{
		{Name: "SIGTERM is ignored", Finds: finds("sigterm-ignored"), First: true, adjust: shortBudget,
			main: of(func(s *service) { s.signals, s.ignored = interrupt, term })},
		{Name: "SIGINT is ignored", Finds: finds("sigint-ignored"), adjust: shortBudget,
			main: of(func(s *service) { s.signals, s.ignored = term, interrupt })},
		{Name: "SIGTERM has no handler", Finds: finds("sigterm-kills"),
			main: of(func(s *service) { s.signals = interrupt })},
		{Name: "SIGINT has no handler", Finds: finds("sigint-kills"),
			main: of(func(s *service) { s.signals = term })},
		{Name: "a shell as parent keeps the signal for itself", Finds: finds("signal-not-passed-on"),
			main:    of(func(*service) {}),
			command: func(self string) []string { return []string{"sh", "-c", `"$0" & wait`, self} }},
		{Name: "a shell as parent ends by itself at the signal", Finds: finds("signal-not-passed-on"),
			main:    of(func(*service) {}),
			command: func(self string) []string { return []string{"sh", "-c", `trap 'exit 0' TERM INT; "$0" & wait`, self} }},
		{Name: "a shell that looks for signals between its commands", Finds: finds("killed"),
			main: func() int { return 2 },
			adjust: func(o *check.Options) {
				o.Ready, o.Live, o.Work, o.Delay, o.Budget = check.Output+"up", "", []string{check.None}, 0, 2*time.Second
			},
			command: func(string) []string {
				return []string{"sh", "-c", `trap 'exit 0' TERM INT; echo up; while :; do sleep 60; done`}
			}},
		{Name: "a second SIGTERM kills", Finds: finds("second-signal-harms"),
			main: of(func(s *service) {
				s.first = func() { s.srv.SetKeepAlivesEnabled(false); signal.Reset() }
			})},
		{Name: "a signal in start-up is lost", Finds: finds("start-up-ignores-signal"), adjust: shortBudget,
			main: of(func(s *service) {
				s.before = func() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT); time.Sleep(700 * time.Millisecond) }
			})},
		{Name: "it hangs after a signal in start-up", Finds: finds("start-up-ignores-signal"), adjust: shortBudget,
			main: of(func(s *service) {
				s.before = func() {
					early := make(chan os.Signal, 1)
					signal.Notify(early, syscall.SIGTERM, syscall.SIGINT)
					select {
					case <-early:
						<-s.stop
					case <-time.After(700 * time.Millisecond):
						signal.Stop(early)
					}
				}
			})},
		{Name: "SIGINT in start-up is lost", Finds: finds("start-up-ignores-signal"), adjust: shortBudget,
			main: of(func(s *service) {
				s.before = func() { signal.Ignore(syscall.SIGINT); time.Sleep(700 * time.Millisecond) }
			})},
		{Name: "it comes up after a signal in start-up", Finds: finds("ready-after-signal"),
			main: of(func(s *service) {
				var early chan os.Signal
				s.before = func() {
					early = make(chan os.Signal, 1)
					signal.Notify(early, syscall.SIGTERM, syscall.SIGINT)
					time.Sleep(600 * time.Millisecond)
				}
				s.begun = func() {
					select {
					case <-early: // a start that looks for it late
						time.Sleep(1500 * time.Millisecond)
						os.Exit(0)
					default:
					}
				}
			})},
		{Name: "it ends by itself", Finds: finds("exits-by-itself"),
			main: of(func(s *service) { time.AfterFunc(900*time.Millisecond, func() { os.Exit(3) }) })},
	}
}

func wrongProbes() []Case {
	long := func(o *check.Options) { o.Delay = 1800 * time.Millisecond }
	return []Case{
		{Name: "readiness passes until the listener closes", Finds: finds("readiness-not-failed"), First: true,
			main: of(func(s *service) { s.ready = s.liveness })},
		{Name: "readiness passes until the end on a port of its own", Finds: finds("readiness-not-failed"), admin: true,
			main: of(func(s *service) { s.ready = s.liveness; s.begun = s.serveProbes })},
		{Name: "readiness fails late", Finds: finds("readiness-slow"), adjust: long,
			main: of(func(s *service) {
				s.delay = 1800 * time.Millisecond
				var at time.Time
				var mu sync.Mutex
				s.ready = func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					if s.stopping.Load() && at.IsZero() {
						at = time.Now().Add(1300 * time.Millisecond)
					}
					if !at.IsZero() && time.Now().After(at) {
						s.readiness(w, r)
					}
				}
			})},
		{Name: "readiness flaps", Finds: finds("readiness-flaps"),
			main: of(func(s *service) {
				var n int
				var mu sync.Mutex
				s.ready = func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					if s.stopping.Load() {
						n++
					}
					if n%8 == 7 {
						return
					}
					s.readiness(w, r)
				}
			})},
		{Name: "readiness hangs", Finds: finds("readiness-hangs"),
			main: of(func(s *service) {
				s.ready = func(_ http.ResponseWriter, r *http.Request) {
					if s.stopping.Load() {
						<-r.Context().Done()
					}
				}
			})},
		{Name: "liveness fails while it drains", Finds: finds("liveness-fails"),
			main: of(func(s *service) { s.live = s.readiness })},
		{Name: "liveness is cut while it drains", Finds: finds("liveness-fails"),
			main: of(func(s *service) {
				s.live = func(http.ResponseWriter, *http.Request) {
					if s.stopping.Load() {
						panic(http.ErrAbortHandler)
					}
				}
			})},
		{Name: "readiness passes on connections that have been used before", Finds: finds("readiness-flaps", "keep-alive-not-ended"),
			main: of(func(s *service) {
				var used sync.Map
				s.first = func() {}
				s.ready = func(w http.ResponseWriter, r *http.Request) {
					if _, again := used.LoadOrStore(r.RemoteAddr, true); !again {
						s.readiness(w, r)
					}
				}
			})},
		{Name: "the port of the probes closes at once", Finds: finds("liveness-fails"), admin: true,
			main: of(func(s *service) {
				var probes *http.Server
				s.begun = func() { probes = s.probes(); go probes.Serve(listenOn(os.Getenv(EnvAdmin))) }
				s.first = func() { s.srv.SetKeepAlivesEnabled(false); probes.Close() }
			})},
	}
}

// probes is a server for them alone.
func (s *service) probes() *http.Server { return &http.Server{Handler: s.routes()} }

// serveProbes has them served until the process ends.
func (s *service) serveProbes() {
	ln := listenOn(os.Getenv(EnvAdmin))
	go s.probes().Serve(ln)
}
