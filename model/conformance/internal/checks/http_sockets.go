package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// socketService is a run that serves on a real socket, in real time. Of its requests, that
// of /lasts is under way until the service is let go of.
type socketService struct {
	network string
	addr    net.Addr
	stop    func() // requests the stop, and returns when main's context has ended
	release func() // ends the request that lasts
}

// onSockets has a run serve on a socket of each kind, and f say what is wrong with it.
// Kinds that this system does not have are left out.
func (c *Checker) onSockets(f func(s *socketService) (failure string)) {
	for _, network := range []string{"tcp", "unix"} {
		c.retried(func() (failure string) {
			address := loopback.Addr()
			if network == "unix" {
				dir, err := os.MkdirTemp("", "conformance-")
				if err != nil {
					return ""
				}
				defer os.RemoveAll(dir)
				address = filepath.Join(dir, "s")
			}
			ln, err := net.Listen(network, address)
			if err != nil {
				return ""
			}
			released, cancelled := make(chan struct{}), make(chan struct{})
			release := sync.OnceFunc(func() { close(released) })
			srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/lasts" {
					play.Wait(released, process.Soon)
				}
				_, _ = io.WriteString(w, "done")
			})}
			parent, cancel := context.WithCancel(context.Background())
			over := c.runs(func(ctx context.Context) error {
				context.AfterFunc(ctx, func() { close(cancelled) })
				return c.Impl.Serve(ctx, srv, ln)
			}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
			failure = f(&socketService{network, ln.Addr(), func() { cancel(); play.Wait(cancelled, process.Soon) }, release})
			release()
			cancel()
			play.Wait(over, process.Soon)
			_ = srv.Close()
			return failure
		})
	}
}

// dial makes a connection, and returns when it has been accepted: one that was made later
// has had an answer.
func (s *socketService) dial() (*wire, error) {
	w, err := s.connect()
	if err != nil {
		return nil, err
	}
	later, err := s.connect()
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	defer later.Close()
	_, _ = io.WriteString(later, "GET / HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
	_, _ = io.Copy(io.Discard, later)
	return w, nil
}

// connect makes a connection.
func (s *socketService) connect() (*wire, error) {
	conn, err := net.DialTimeout(s.network, s.addr.String(), process.Soon)
	if err != nil {
		return nil, err
	}
	w := newWire(conn)
	_ = w.SetDeadline(time.Now().Add(process.Soon))
	return w, nil
}

// SocketsClose checks HTTP-2: a listener closes at the cancel, whatever its kind, while a
// request is under way.
func SocketsClose(c *Checker) {
	c.onSockets(func(s *socketService) (failure string) {
		w, err := s.dial()
		if err != nil {
			return "" // for HTTP-1 to say
		}
		defer func() {
			s.release()
			_, _ = io.Copy(io.Discard, w) // a socket that is closed too early is a broken pipe
			_ = w.Close()
		}()
		_, _ = io.WriteString(w, "GET /lasts HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
		s.stop()
		const limit = 100 * time.Millisecond
		for began := time.Now(); time.Since(began) < limit; time.Sleep(time.Millisecond) {
			late, err := s.connect()
			if err != nil {
				return ""
			}
			_ = late.Close()
		}
		return fmt.Sprintf("a listener on a %s socket still accepts connections %v after the cancel", s.network, limit)
	})
}

// SilentOnSockets checks HTTP-6: a connection over a real socket, accepted just before the
// stop, whose request comes just after it.
func SilentOnSockets(c *Checker) {
	c.onSockets(func(s *socketService) (failure string) {
		began := time.Now()
		w, err := s.dial()
		if err != nil {
			return "" // for HTTP-1 to say
		}
		defer w.Close()
		s.stop()
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
		if time.Since(began) > 400*time.Millisecond {
			return "" // it came too late to be waited for
		}
		resp, err := http.ReadResponse(w.r, nil)
		if err != nil {
			return fmt.Sprintf("a request over a connection to a %s socket that was accepted just before the stop, sent 50ms after it: %v, want an answer", s.network, err)
		}
		_ = resp.Body.Close()
		return ""
	})
}
