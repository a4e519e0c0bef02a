package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// The whole of run, from its first request to SIGTERM, in virtual time.

func TestAnEventThatIsUnderWayAtTheStopIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := start(t, &out)
		body, send := io.Pipe()
		answer := s.post(body) // an event whose body takes eight seconds
		synctest.Wait()
		s.signals <- syscall.SIGTERM
		time.Sleep(8 * time.Second)
		_ = send.Close()
		if code := <-answer; code != http.StatusAccepted {
			t.Errorf("the answer is %d", code)
		}
		if err := <-s.result; err != nil || out.String() != "1 events\n" {
			t.Errorf("the result is %v, and %q is written", err, out.String())
		}
	})
}

func TestAnEventThatTakesTooLongIsCutAndTheResultSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, io.Discard)
		body, send := io.Pipe()
		answer := s.post(body)
		synctest.Wait()
		began := time.Now()
		s.signals <- syscall.SIGTERM
		err := <-s.result
		if took := time.Since(began); took < 15*time.Second || took > 16*time.Second { // exact, but for the cut
			t.Errorf("the stop took %v", took)
		}
		if !errors.Is(err, lifecycle.ErrDrainTimeout) {
			t.Errorf("the result is %v", err)
		}
		_ = send.Close()
		<-answer
	})
}

// started is a run under test.
type started struct {
	signals chan os.Signal
	result  <-chan error
	client  *http.Client
}

// start begins run as main does, with a source of signals and a listener that
// need no operating system: real ones do not work in virtual time.
func start(t *testing.T, out io.Writer) *started {
	ln := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	result := make(chan error, 1)
	s := &started{signals: make(chan os.Signal, 1), result: result}
	transport := &http.Transport{DialContext: ln.dial, DisableKeepAlives: true}
	s.client = &http.Client{Transport: transport}
	go func() {
		result <- lifecycle.Run(func(ctx context.Context) error { return run(ctx, ln, out) },
			lifecycle.WithSignalSource(s.signals))
	}()
	synctest.Wait() // it serves
	return s
}

// post sends an event; the status of the answer, or 0, comes on the channel.
func (s *started) post(body io.Reader) <-chan int {
	answer := make(chan int, 1)
	go func() {
		resp, err := s.client.Post("http://digest/events", "text/plain", body)
		if err != nil {
			answer <- 0
			return
		}
		resp.Body.Close()
		answer <- resp.StatusCode
	}()
	return answer
}

// pipeListener is a net.Listener whose connections are made of net.Pipe.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "digest", Net: "pipe"} }
