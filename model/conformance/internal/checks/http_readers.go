package checks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/greynewell/mist-go/internal/loopback"
	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// SlowReaders checks HTTP-6. It has clients read an answer at a tenth of what a network
// could do, over a real one: the server is done long before they are. The stop comes when
// the handler has returned. A client of HTTP/2 has a second from then on, which a machine
// that has other things to do may take for itself.
func SlowReaders(c *Checker) {
	c.retried(c.slowReaders)
}

func (c *Checker) slowReaders() (failure string) {
	const size = 400_000
	ln, err := net.Listen("tcp", loopback.Addr())
	if err != nil {
		return fmt.Sprintf("cannot listen: %v", err)
	}
	var mu sync.Mutex
	fail := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		failure = fmt.Sprintf(format, args...)
	}
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	var written sync.WaitGroup
	written.Add(2)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer written.Done()
		w.Header().Set("Content-Length", fmt.Sprint(size))
		_, _ = io.WriteString(w, strings.Repeat("x", size))
	})
	var clients sync.WaitGroup
	client := func(what string, get func(conn net.Conn) (int, error)) {
		clients.Go(func() {
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				fail("%s: %v", what, err)
				written.Done()
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(2 * process.Soon))
			n, err := get(conn)
			if err != nil || n != size {
				fail("%s, a client that reads slowly gets %d of %d bytes, %v", what, n, size, err)
			}
		})
	}
	all := make(chan struct{})
	go func() { defer close(all); written.Wait() }()
	_ = c.run(func(ctx context.Context) error {
		client("over HTTP/1.1", func(conn net.Conn) (n int, err error) {
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: service\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 1<<12), nil)
			if err != nil {
				return 0, err
			}
			for part := make([]byte, 1<<15); err == nil; time.Sleep(60 * time.Millisecond) {
				var m int
				m, err = io.ReadFull(resp.Body, part)
				n += m
			}
			if err == io.EOF || err == io.ErrUnexpectedEOF && n == size {
				err = nil
			}
			return n, err
		})
		client("over HTTP/2", func(conn net.Conn) (int, error) {
			w, err := newWire2(conn, nil)
			if err != nil {
				return 0, err
			}
			// The server may send all of it at once: what is slow is the client.
			w.pause = 100 * time.Millisecond
			window := []byte{0x00, 0x0f, 0xff, 0xff}
			if err := w.send(http2frame.WindowUpdate, 0, 0, window); err != nil {
				return 0, err
			}
			stream, err := w.ask("")
			if err == nil {
				err = w.send(http2frame.WindowUpdate, 0, stream, window)
			}
			if err != nil {
				return 0, err
			}
			began := time.Now()
			n, err := w.answer(stream)
			if err != nil && time.Since(began) >= time.Second {
				return size, nil // the machine is busy, and the client has had its second
			}
			return n, err
		})
		go func() { play.Wait(all, process.Soon); stop() }()
		return c.Impl.Serve(ctx, &http.Server{Handler: handler, Protocols: unencryptedHTTP2()}, ln)
	}, subject.Settings{Parent: parent, Signals: make(chan os.Signal)})
	clients.Wait()
	return failure
}
