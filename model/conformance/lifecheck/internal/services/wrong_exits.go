package services

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

func wrongExits() []Case {
	return []Case{
		{Name: "it never exits", Finds: finds("killed"), adjust: func(o *check.Options) { o.Budget = 3 * time.Second },
			main: of(func(s *service) { s.end = func() int { s.shutdown(); select {} } })},
		{Name: "it takes longer than the budget", Finds: finds("over-budget"), adjust: func(o *check.Options) { o.Budget = 10 * time.Second },
			main: of(func(s *service) {
				s.end = func() int { code := s.shutdown(); time.Sleep(10 * time.Second); return code }
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
		{Name: "it waits for the end of a request, and there is none", Finds: finds("killed"),
			adjust: func(o *check.Options) { o.Budget = 4 * time.Second },
			main: of(func(s *service) {
				asked := s.countWork()
				s.end = func() int {
					for asked.Load() == 0 {
						time.Sleep(time.Millisecond)
					}
					return s.shutdown()
				}
			})},
		{Name: "it exits with 1 when there was no request", Finds: finds("exit-code"),
			main: of(func(s *service) {
				asked := s.countWork()
				s.code = func(code int) int {
					if asked.Load() == 0 {
						return 1
					}
					return code
				}
			})},
		{Name: "a shell as parent passes the signal on, and does not wait", Finds: finds("port-held"),
			main: of(func(*service) {}),
			command: func(self string) []string {
				return []string{"sh", "-c", `trap 'kill $!; exit 0' TERM INT; "$0" & wait`, self}
			}},
		{Name: "a child has the listener", Finds: finds("port-held"),
			main: of(func(s *service) {
				s.begun = func() {
					file, err := s.ln.(*net.TCPListener).File()
					if err == nil {
						startHelper("sleep", file)
					}
				}
			})},
		{Name: "a child is left behind", Finds: finds("child-left"),
			main: of(func(s *service) { s.begun = func() { startHelper("sleep", nil) } })},
		{Name: "a child with a session of its own and an empty environment is left behind", Finds: finds("child-left"), needs: "setsid",
			main: of(func(s *service) { s.begun = func() { startDetached() } })},
		{Name: "a child is started at the stop and left behind", Finds: finds("child-left"), needs: "setsid",
			main: of(func(s *service) { s.first = func() { s.srv.SetKeepAlivesEnabled(false); startDetached() } })},
		{Name: "a server in Python does not wait for its threads", Finds: finds("early-exit"), needs: "python3",
			main:    func() int { return 2 },
			command: func(string) []string { return []string{"python3", "-c", pythonDropping} }},
	}
}

// countWork counts requests that are no probes.
func (s *service) countWork() *atomic.Int64 {
	asked := &atomic.Int64{}
	count := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			next(w, r)
		}
	}
	s.slow, s.upload = count(s.slow), count(s.upload)
	return asked
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

// startDetached starts a process that neither its session nor its environment shows
// to be a child of this one.
func startDetached() *exec.Cmd {
	cmd := exec.Command("setsid", "sleep", "60")
	cmd.Env = []string{}
	_ = cmd.Start()
	return cmd
}
