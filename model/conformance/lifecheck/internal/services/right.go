package services

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

// right are services that stop as they should, in ways that a checker could
// take for mistakes.
func right() []Case {
	atOnce := func(o *check.Options) { o.Delay = 0 }
	noWork := func(o *check.Options) { o.Delay, o.Work = 0, []string{check.None} }
	return append(append(rightAnswers(), rightVarying()...), []Case{
		{Name: "plain, with a delay", First: true, main: of(func(*service) {})},
		{Name: "the delay is not known", main: of(func(*service) {}),
			adjust: func(o *check.Options) { o.Delay = check.DelayUnknown }},
		{Name: "no delay", First: true, adjust: atOnce, main: of(func(s *service) { s.delay = 0 })},
		{Name: "no requests, and an instant exit", adjust: noWork, main: of(func(s *service) { s.first = func() { os.Exit(0) } })},
		{Name: "answers that are too fast to be in flight", adjust: atOnce,
			main: of(func(s *service) { s.delay, s.takes = 0, 0 })},
		{Name: "a shell as parent that execs", main: of(func(*service) {}),
			command: func(self string) []string { return []string{"sh", "-c", `exec "$0"`, self} }},
		{Name: "a shell as parent that passes the signal on", main: of(func(*service) {}),
			command: func(self string) []string {
				return []string{"sh", "-c", `trap '[ -n "$!" ] || exit 0; kill -TERM $!' TERM INT; "$0" & while kill -0 $! 2>/dev/null; do wait $!; code=$?; done; exit $code`, self}
			}},
		{Name: "the exit code is 143", main: of(func(s *service) {
			s.code = func(code int) int { return max(code, 143*(1-code)) }
		}), adjust: func(o *check.Options) { o.Code = 143 }},
		{Name: "it ends by the signal, as asked", main: of(func(s *service) { s.code = reraise }),
			adjust: func(o *check.Options) { o.Code = 143 }},
		{Name: "it starts slowly", main: of(func(s *service) { s.before = func() { time.Sleep(1500 * time.Millisecond) } })},
		{Name: "probes have a port, and readiness ends with it", admin: true,
			adjust: func(o *check.Options) { o.Live = "" },
			main: of(func(s *service) {
				var probes *http.Server
				s.begun = func() { probes = s.probes(); go probes.Serve(listenOn(os.Getenv(EnvAdmin))) }
				s.first = func() { probes.Close(); s.srv.SetKeepAlivesEnabled(false) }
			})},
		{Name: "it logs megabytes", main: of(func(s *service) { s.begun = func() { io.Copy(os.Stderr, lines(4<<20)) } })},
		{Name: "it reads its input", main: of(func(s *service) {
			s.begun = func() {
				go func() {
					if n, err := os.Stdin.Read(make([]byte, 1)); err != nil || n > 0 {
						fmt.Fprintln(os.Stderr, "the input has ended")
						os.Exit(4)
					}
				}()
			}
		})},
		{Name: "children end in time", main: of(func(s *service) {
			s.code = func(code int) int { startHelper("nap", nil); return code }
		})},
		{Name: "a child with a session of its own ends in time", main: of(func(s *service) {
			var child *exec.Cmd
			s.begun = func() { child = startDetached() }
			s.code = func(code int) int { _ = child.Process.Kill(); _ = child.Wait(); return code }
		})},
		{Name: "a proxy in front", main: proxy, adjust: func(o *check.Options) { o.Budget = 8 * time.Second }},
		{Name: "mist", First: true, main: mist},
		{Name: "a shell without HTTP", main: func() int { return 2 },
			adjust: func(o *check.Options) {
				o.Ready, o.Live, o.Work, o.Delay = check.Output+"up", "", []string{check.None}, 0
			},
			command: func(string) []string {
				return []string{"sh", "-c", `trap 'exit 0' TERM INT; echo up; while :; do sleep 0.1; done`}
			}},
		{Name: "a server in Python that answers one request at a time", needs: "python3",
			main:    func() int { return 2 },
			command: func(string) []string { return []string{"python3", "-c", pythonSerial} }},
		{Name: "workers in Python", needs: "python3", main: func() int { return 2 },
			command: func(string) []string { return []string{"python3", "-c", pythonWorkers} }},
		{Name: "a server in Python that waits for its threads", adjust: func(o *check.Options) { o.Delay = 0 }, needs: "python3",
			main:    func() int { return 2 },
			command: func(string) []string { return []string{"python3", "-c", pythonWaiting} }},
	}...)
}

func lines(n int) io.Reader { return strings.NewReader(strings.Repeat("a line of the log\n", n/18)) }

func rightAnswers() []Case {
	answer := func(handler func(s *service) http.HandlerFunc) func() int {
		return of(func(s *service) { s.slow = handler(s) })
	}
	return []Case{
		{Name: "HTTP/2 without TLS, and nothing else", First: true, main: of(func(s *service) {
			s.srv.Protocols = new(http.Protocols)
			s.srv.Protocols.SetUnencryptedHTTP2(true)
		})},
		{Name: "HTTP/2 without TLS beside HTTP/1", main: of(func(s *service) {
			s.srv.Protocols = new(http.Protocols)
			s.srv.Protocols.SetUnencryptedHTTP2(true)
			s.srv.Protocols.SetHTTP1(true)
		})},
		{Name: "TLS with a certificate of its own", scheme: "https", main: of(func(s *service) { s.srv.TLSConfig = selfSigned() })},
		{Name: "a unix socket", unix: true, main: of(func(*service) {})},
		{Name: "IPv6", host: "[::1]", main: of(func(*service) {})},
		{Name: "not found", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { time.Sleep(s.takes); http.NotFound(w, r) }
		})},
		{Name: "no content", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { time.Sleep(s.takes); w.WriteHeader(http.StatusNoContent) }
		})},
		{Name: "a redirect", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(s.takes)
				http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
			}
		})},
		{Name: "gzip", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				time.Sleep(s.takes)
				packed := gzip.NewWriter(w)
				io.Copy(packed, bytes.NewReader(make([]byte, 1<<20)))
				packed.Close()
			}
		})},
		{Name: "each answer has another length", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(s.takes)
				w.Write(make([]byte, 1+rand.IntN(9000)))
			}
		})},
		{Name: "one answer in two is an error", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(s.takes)
				if rand.IntN(2) == 0 {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}
		})},
		{Name: "one answer in six is an error", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(s.takes)
				if rand.IntN(6) == 0 {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}
		})},
		{Name: "it takes eight requests at once", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				if s.inFlight.Load() > 8 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				time.Sleep(s.takes)
			}
		})},
		{Name: "early hints over HTTP/2", main: of(func(s *service) {
			s.srv.Protocols = new(http.Protocols)
			s.srv.Protocols.SetUnencryptedHTTP2(true)
			s.slow = func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				s.answerSlowly(w, r)
			}
		})},
		{Name: "trailers", main: answer(func(s *service) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "Checksum")
				s.answerSlowly(w, r)
				w.Header().Set("Checksum", "1")
			}
		})},
	}
}

// proxy is a service whose parent passes requests on to it, and stops it last.
func proxy() int {
	s := newService()
	backend := os.Getenv(EnvAdmin)
	addr := os.Getenv(EnvAddr)
	os.Setenv(EnvAddr, backend)
	child := startHelper("plain, with a delay", nil)
	os.Setenv(EnvAddr, addr)
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: backend})
	s.slow = pass.ServeHTTP
	s.upload = pass.ServeHTTP
	ready := s.ready
	s.ready = func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			ready(w, r)
			return
		}
		pass.ServeHTTP(w, r)
	}
	s.code = func(code int) int {
		_ = child.Process.Signal(syscall.SIGTERM)
		_ = child.Wait()
		return code
	}
	return s.run()
}

// mist is a service of this module's own library.
func mist() int {
	err := lifecycle.Run(func(ctx context.Context) error {
		h := health.New("mist", "1")
		h.Follow(ctx)
		s := newService()
		s.ready, s.live = h.Readiness(), h.Liveness()
		return lifecycle.Serve(ctx, &http.Server{Handler: s.routes()}, listenOn(os.Getenv(EnvAddr)))
	}, lifecycle.WithDrainDelay(Delay), lifecycle.WithDrainTimeout(deadline), lifecycle.WithShutdownTimeout(time.Second))
	return lifecycle.ExitCode(err)
}
