package lifecycle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/greynewell/mist-go/lifecycle"
)

// shouter is a server with its own protocol: it answers each line in upper case. It
// does not use this package.
type shouter struct {
	ln    net.Listener
	conns sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool
}

// Serve accepts until the listener is closed.
func (s *shouter) Serve() error {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.conns.Go(func() { s.answer(conn) })
	}
}

func (s *shouter) answer(conn net.Conn) {
	defer conn.Close()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		fmt.Fprintln(conn, strings.ToUpper(lines.Text()))
	}
}

// Shutdown stops accepting, and waits until every client has disconnected.
func (s *shouter) Shutdown(ctx context.Context) error {
	err := s.ln.Close()
	gone := make(chan struct{})
	go func() { defer close(gone); s.conns.Wait() }()
	select {
	case <-gone:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close closes all connections.
func (s *shouter) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for conn := range s.open {
		if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// The server is not an http.Server. A client that is connected at the stop is served
// until it disconnects, and then the hook runs.
func ExampleServeFunc() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("the store is closed"); return nil })
		go func() {
			client, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				lifecycle.Stop(ctx, err)
				return
			}
			defer client.Close()
			answers := bufio.NewScanner(client)
			ask := func(line string) {
				fmt.Fprintln(client, line)
				answers.Scan()
				fmt.Println(answers.Text())
			}
			ask("before the stop")
			lifecycle.Stop(ctx, nil) // as SIGTERM would
			ask("after the stop")
		}()
		srv := &shouter{ln: ln, open: map[net.Conn]bool{}}
		return lifecycle.ServeFunc(ctx, srv.Serve, srv.Shutdown, srv.Close)
	})
	fmt.Println(err)
	// Output:
	// BEFORE THE STOP
	// AFTER THE STOP
	// the store is closed
	// <nil>
}
