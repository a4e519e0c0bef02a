package services

import (
	"net"
	"net/http"
	"os"
	"os/exec"
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
	cases = append(cases, wrongRequests()...)
	return append(cases, wrongExits()...)
}

func wrongSignals() []Case {
	term, interrupt := []os.Signal{syscall.SIGTERM}, []os.Signal{os.Interrupt}
	shortBudget := func(o *check.Options) { o.Budget = 3 * time.Second }
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
		{Name: "a second SIGTERM kills", Finds: finds("second-signal-harms"), First: true,
			main: of(func(s *service) {
				s.first = func() { s.srv.SetKeepAlivesEnabled(false); signal.Reset() }
			})},
		{Name: "a signal in start-up is lost", Finds: finds("start-up-ignores-signal"), adjust: shortBudget,
			main: of(func(s *service) {
				s.before = func() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT); time.Sleep(700 * time.Millisecond) }
			})},
		{Name: "it comes up after a signal in start-up", Finds: finds("ready-after-signal"),
			main: of(func(s *service) {
				s.ready = func(http.ResponseWriter, *http.Request) {}
				var early chan os.Signal
				s.before = func() {
					early = make(chan os.Signal, 1)
					signal.Notify(early, syscall.SIGTERM, syscall.SIGINT)
					time.Sleep(600 * time.Millisecond)
				}
				s.begun = func() {
					s.ready = s.readiness
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
		{Name: "readiness hangs", Finds: finds("readiness-hangs"), First: true,
			main: of(func(s *service) {
				s.ready = func(_ http.ResponseWriter, r *http.Request) {
					if s.stopping.Load() {
						<-r.Context().Done()
					}
				}
			})},
		{Name: "liveness fails while it drains", Finds: finds("liveness-fails"),
			main: of(func(s *service) { s.live = s.readiness })},
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

func wrongListeners() []Case {
	return []Case{
		{Name: "the listener closes at once", Finds: finds("listener-closed-early"), First: true,
			main: of(func(s *service) { s.delay = 0 })},
		{Name: "the listener closes at once where a delay is required", Finds: finds("listener-closed-early"),
			main:   of(func(s *service) { s.delay = 0 }),
			adjust: func(o *check.Options) { o.Delay, o.Profile = check.DelayUnknown, check.Kubernetes }},
		{Name: "the listener is never closed", Finds: finds("listener-open-late"),
			adjust: func(o *check.Options) { o.Budget = 7 * time.Second },
			main:   of(func(s *service) { s.wait, s.end = 4*time.Second, s.await; s.closeEach() })},
		{Name: "the listener is never closed, and the delay is not known", Finds: finds("listener-open-late"),
			adjust: func(o *check.Options) { o.Delay, o.Budget = check.DelayUnknown, 16*time.Second },
			main:   of(func(s *service) { s.wait, s.end = 14*time.Second, s.await; s.closeEach() })},
		{Name: "nothing is accepted any more, but the listener is open", Finds: finds("accepted-without-answer"),
			main: of(func(s *service) {
				s.listen = func() net.Listener {
					return &deaf{Listener: listenOn(os.Getenv(EnvAddr)), stop: s.stop, closed: make(chan struct{})}
				}
			})},
		{Name: "what comes in the delay is refused", Finds: finds("work-refused-in-delay"),
			main: of(func(s *service) {
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if s.stopping.Load() {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					s.answerSlowly(w, r)
				}
			})},
		{Name: "kept connections are not told", Finds: finds("keep-alive-not-ended"), First: true,
			main: of(func(s *service) { s.first = func() {} })},
		{Name: "idle connections are open until the end", Finds: finds("keep-alive-not-ended"),
			main: of(func(s *service) {
				s.takes = 2500 * time.Millisecond
				s.wait = 4 * time.Second
				s.first = s.closeEach
				s.end = func() int { s.ln.Close(); return s.await() }
			})},
		{Name: "idle connections are reset", Finds: finds("connection-reset"),
			main: of(func(s *service) {
				s.first = func() {
					s.eachIdle(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); c.Close() })
					s.srv.SetKeepAlivesEnabled(false)
				}
			})},
		{Name: "HTTP/2 ends without GOAWAY", Finds: finds("no-goaway"), scheme: "https",
			main: of(func(s *service) {
				s.srv.TLSConfig = selfSigned()
				s.first = s.closeEach
				s.end = func() int { s.ln.Close(); s.eachIdle(func(c net.Conn) { c.Close() }); return s.await() }
			})},
	}
}

func (s *service) eachIdle(do func(net.Conn)) {
	s.idle.Range(func(c, state any) bool {
		if state == http.StateIdle {
			do(c.(net.Conn))
		}
		return true
	})
}

// closeEach has each answer of HTTP/1 say that it is the last one, from the stop
// on, and leaves idle connections as they are.
func (s *service) closeEach() {
	tell := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if s.stopping.Load() && r.ProtoMajor == 1 {
				w.Header().Set("Connection", "close")
			}
			next(w, r)
		}
	}
	s.slow, s.upload, s.ready, s.live = tell(s.slow), tell(s.upload), tell(s.ready), tell(s.live)
}

// deaf is a listener that is open, but from which nothing is accepted after the
// stop.
type deaf struct {
	net.Listener
	stop, closed chan struct{}
}

func (d *deaf) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	select {
	case <-d.stop: // one that came while the signal was under way
		if err == nil {
			defer c.Close()
		}
		<-d.closed
		return nil, net.ErrClosed
	default:
	}
	return c, err
}

func (d *deaf) Close() error {
	close(d.closed)
	return d.Listener.Close()
}

func wrongRequests() []Case {
	return []Case{
		{Name: "requests are cut by Close", Finds: finds("in-flight-dropped"), First: true,
			main: of(func(s *service) {
				s.delay = 0
				s.end = func() int { s.srv.Close(); time.Sleep(700 * time.Millisecond); return 0 }
			}), adjust: func(o *check.Options) { o.Delay = 0 }},
		{Name: "streams are cut by the signal", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) { s.slow = s.abort })},
		{Name: "an answer without a length is cut short", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) { s.slow = s.cutShort })},
		{Name: "uploads are cut", Finds: finds("in-flight-dropped"),
			main: of(func(s *service) {
				s.upload = func(w http.ResponseWriter, r *http.Request) {
					s.read(w, r)
					if s.stopping.Load() {
						panic(http.ErrAbortHandler)
					}
				}
			})},
		{Name: "streams of HTTP/2 are cut", Finds: finds("in-flight-dropped"), scheme: "https",
			main: of(func(s *service) {
				s.srv.TLSConfig = selfSigned()
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					if r.ProtoMajor == 2 {
						s.abort(w, r)
						return
					}
					s.answerSlowly(w, r)
				}
			})},
		{Name: "requests fail with the signal", Finds: finds("in-flight-failed"),
			main: of(func(s *service) {
				s.slow = func(w http.ResponseWriter, r *http.Request) {
					began := s.stopping.Load()
					select {
					case <-s.stop:
						if !began {
							http.Error(w, "context canceled", http.StatusInternalServerError)
							return
						}
						time.Sleep(s.takes)
					case <-time.After(s.takes):
					}
				}
			})},
		{Name: "main does not wait for Shutdown", Finds: finds("early-exit"),
			main: of(func(s *service) { s.end = func() int { go s.shutdown(); time.Sleep(10 * time.Millisecond); return 0 } })},
		{Name: "it exits at once", Finds: finds("early-exit"), First: true,
			main: of(func(s *service) { s.first = func() { os.Exit(0) } })},
		{Name: "it panics at the signal", Finds: finds("early-exit"),
			main: of(func(s *service) { s.first = func() { panic("no") } })},
	}
}

// abort streams until the stop, if that comes after its beginning.
func (s *service) abort(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		s.answerSlowly(w, r)
		return
	}
	for range steps {
		http.NewResponseController(w).Flush()
		select {
		case <-s.stop:
			panic(http.ErrAbortHandler)
		case <-time.After(s.takes / steps):
		}
	}
}

// cutShort answers as HTTP/1.0 does, and ends early at the stop.
func (s *service) cutShort(w http.ResponseWriter, _ *http.Request) {
	began := s.stopping.Load()
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	out.WriteString("HTTP/1.0 200 OK\r\n\r\n")
	for range steps {
		out.WriteString("step\n")
		out.Flush()
		select {
		case <-s.stop:
			if !began {
				return
			}
			time.Sleep(s.takes / steps)
		case <-time.After(s.takes / steps):
		}
	}
}

func wrongExits() []Case {
	return []Case{
		{Name: "it never exits", Finds: finds("killed"), adjust: func(o *check.Options) { o.Budget = 3 * time.Second },
			main: of(func(s *service) { s.end = func() int { s.shutdown(); select {} } })},
		{Name: "it takes longer than the budget", Finds: finds("over-budget"),
			main: of(func(s *service) {
				s.end = func() int { code := s.shutdown(); time.Sleep(4 * time.Second); return code }
			})},
		{Name: "Shutdown has no deadline", Finds: finds("stuck-request-holds"), adjust: func(o *check.Options) { o.Budget = 4 * time.Second },
			main: of(func(s *service) { s.wait = 0 })},
		{Name: "the error of Shutdown is dropped", Finds: finds("stuck-request-exit-zero"), First: true,
			main: of(func(s *service) { s.code = func(int) int { return 0 } })},
		{Name: "a clean stop exits with 1", Finds: finds("exit-code"),
			main: of(func(s *service) { s.code = func(int) int { return 1 } })},
		{Name: "a clean stop ends by the signal", Finds: finds("exit-code"),
			main: of(func(s *service) { s.code = reraise })},
		{Name: "it panics after the last answer", Finds: finds("exit-code"),
			main: of(func(s *service) { s.code = func(int) int { panic("closed twice") } })},
		{Name: "a child has the listener", Finds: finds("port-held"),
			main: of(func(s *service) {
				s.begun = func() {
					file, err := s.ln.(*net.TCPListener).File()
					if err == nil {
						startHelper("sleep", file)
					}
				}
			})},
		{Name: "a child is left behind", Finds: finds("child-left"), First: true,
			main: of(func(s *service) { s.begun = func() { startHelper("sleep", nil) } })},
		{Name: "a server in Python does not wait for its threads", Finds: finds("early-exit"), needs: "python3",
			main:    func() int { return 2 },
			command: func(string) []string { return []string{"python3", "-c", pythonDropping} }},
	}
}

// reraise ends the process by SIGTERM.
func reraise(code int) int {
	if code == 0 {
		signal.Reset()
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Signal(syscall.SIGTERM)
		}
		time.Sleep(time.Minute)
	}
	return code
}

// startHelper starts another process of this binary, with a file to inherit.
func startHelper(name string, file *os.File) *exec.Cmd {
	self, _ := os.Executable()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), EnvName+"="+name)
	if file != nil {
		cmd.ExtraFiles = []*os.File{file}
	}
	_ = cmd.Start()
	return cmd
}
