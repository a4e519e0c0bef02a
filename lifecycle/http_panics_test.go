package lifecycle_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// explosive is a listener that panics once it is closed.
type explosive struct{ *pipes }

func (e explosive) Accept() (net.Conn, error) {
	conn, err := e.pipes.Accept()
	if err != nil {
		panic("boom")
	}
	return conn, nil
}

// panicky is a listener that panics when it is closed.
type panicky struct{ *pipes }

func (p panicky) Close() error {
	_ = p.pipes.Close()
	panic("boom")
}

// RUN-6: no error is dropped.
func TestListenerPanicAtTheStopIsReported(t *testing.T) {
	for name, ln := range map[string]func() net.Listener{
		"in Accept": func() net.Listener { return explosive{newPipes()} },
		"in Close":  func() net.Listener { return panicky{newPipes()} },
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				err := w.run(func(ctx context.Context) error {
					time.AfterFunc(time.Second, func() { lifecycle.Stop(ctx, nil) })
					return lifecycle.Serve(ctx, &http.Server{}, ln())
				})
				expectBoom(t, err)
			})
		})
	}
}

func TestConnectionIsClosedWhenItsCallbackPanics(t *testing.T) {
	for name, srv := range map[string]*http.Server{
		"ConnState":   {ConnState: func(net.Conn, http.ConnState) { panic("boom") }},
		"ConnContext": {ConnContext: func(context.Context, net.Conn) context.Context { panic("boom") }},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(w *world) {
				ln := newPipes()
				err := w.run(func(ctx context.Context) error {
					go func() {
						conn, _ := ln.dial(ctx, "", "")
						defer conn.Close()
						_, err := conn.Read(make([]byte, 1))
						w.note("%v", err)
					}()
					return lifecycle.Serve(ctx, srv, ln)
				})
				expectBoom(t, err)
				synctest.Wait()
				w.note("Run returned")
				w.expect("0s EOF", "0s Run returned") // which does not wait for the connection
			})
		})
	}
}

func expectBoom(t *testing.T, err error) {
	t.Helper()
	var p *lifecycle.PanicError
	if !errors.As(err, &p) || p.Value != "boom" {
		t.Errorf("Run returned %v, want the panic", err)
	}
}
