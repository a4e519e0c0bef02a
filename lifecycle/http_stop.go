package lifecycle

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"
)

// acceptLoop is net/http accepting from one listener.
type acceptLoop struct {
	ended   chan struct{}
	err     error
	crashed bool // by a panic or runtime.Goexit
}

// add adds a listener, unless the server has begun to stop.
func (s *server) add(ln *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stops {
		return false
	}
	s.listeners = append(s.listeners, ln)
	s.accepting++
	return true
}

func (s *server) accept(ln *listener, accept func(net.Listener) error) *acceptLoop {
	loop := &acceptLoop{ended: make(chan struct{}), crashed: true}
	go call(func() error {
		defer ln.Close() // net/http does not, if there is no certificate
		err := accept(ln)
		loop.crashed = false
		return err
	}, func(err error) {
		if err == http.ErrServerClosed {
			s.closed.Store(true)
		}
		loop.err = err
		s.endAccepting(loop.ended)
	})
	return loop
}

// endAccepting closes ended when no stop can be between the two.
func (s *server) endAccepting(ended chan struct{}) {
	s.mu.Lock()
	s.accepting--
	close(ended)
	s.mu.Unlock()
	s.conns.wake()
}

func (s *server) stillAccepting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepting > 0
}

// serve accepts until the server is to stop, and stops it: when the context that
// Serve was given or main's is cancelled (HTTP-1), or when no hook is left to
// run (HTTP-7).
func (s *server) serve(c *serveCall, accept func(net.Listener) error) error {
	loop := s.accept(c.ln, accept)
	given, main := c.ctx, s.run.ctx
	if s.cfg.untilStopped {
		given, main = s.base, s.base
		defer s.warnOfTasks(c.pc)()
	}
	select {
	case <-loop.ended:
	case <-s.stopping:
	case <-s.over:
	case <-given.Done():
	case <-main.Done():
	}
	if given.Err() == nil && main.Err() == nil && !isClosed(s.over) && !isClosed(s.stopping) {
		return s.failed(c, loop)
	}
	if s.beginStop(false) {
		s.stop()
	}
	<-s.stopped
	if isClosed(loop.ended) && loop.crashed {
		return s.crashed(c, "accepting", loop.err)
	}
	if crash := c.ln.crash.Load(); crash != nil {
		return s.crashed(c, "closing", *crash)
	}
	return nil
}

// crashed logs a panic of a listener, or of a function of the user's that is
// called to accept, and returns the error for it: what names the server, so that
// it is not taken for one of main.
func (s *server) crashed(c *serveCall, what string, err error) error {
	what += " on " + c.ln.address()
	s.run.log.panicked(c.pc, what, err)
	return c.failed(fmt.Errorf("%s: %w", what, err))
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// failed is what becomes of a server whose listener has failed, or whose owner
// has closed it. With its last listener it stops: the requests that are under
// way are work in flight.
func (s *server) failed(c *serveCall, loop *acceptLoop) error {
	err := loop.err
	if loop.crashed {
		err = s.crashed(c, "accepting", err)
	}
	if err == http.ErrServerClosed && c.ln.used.Load() {
		s.run.log.add(slog.LevelInfo, c.pc, "a server was closed by its owner", slog.String("listener", c.ln.address()))
	} else {
		c.requestStop(err)
	}
	if s.beginStop(true) {
		go call(func() error { s.stop(); return nil }, func(err error) {
			if err != nil {
				s.run.log.add(slog.LevelError, c.pc, "a server that no longer accepts could not be stopped", slog.Any("error", err))
			}
		})
	}
	return err
}

// beginStop reports whether the caller is to call stop. ifUnused: only if there
// is no listener left.
func (s *server) beginStop(ifUnused bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stops || ifUnused && s.accepting > 0 {
		return false
	}
	s.stops = true
	s.accepting++ // until closeListeners returns
	close(s.stopping)
	return true
}

// stop returns when the last connection has closed, or was cut.
func (s *server) stop() {
	defer func() {
		s.done()
		close(s.stopped)
	}()
	s.conns.stop()
	s.closing(s.conns.open.Load() > 0, "turning keep-alives off", s.endReuse)
	s.closeListeners(s.listeners) // none is added any more
	shutDown := false
	for grown := time.Now().Add(silentPatience); ; {
		waiting, due := s.conns.settle()
		accepting := s.stillAccepting()
		if !shutDown && (due.IsZero() || due.After(grown)) {
			due = grown
		}
		if !shutDown && !waiting && (!accepting || !time.Now().Before(grown)) {
			shutDown = true
			s.shutDown()
			s.conns.shutDown()
			continue
		}
		if shutDown && !accepting && s.conns.open.Load() == 0 && !s.conns.busy() {
			return
		}
		if !s.await(due, s.over) {
			s.cut(shutDown)
			return
		}
	}
}

// await waits for something to happen to the connections, or for the time to
// be due. It returns false if over is closed, whatever else.
func (s *server) await(due time.Time, over <-chan struct{}) bool {
	var timer <-chan time.Time
	if !due.IsZero() {
		timer = time.After(time.Until(due))
	}
	select {
	case <-over:
	case <-timer:
	case <-s.conns.changed:
	}
	return !isClosed(over)
}

// closeListeners closes the listeners, on a goroutine of its own if there are
// any besides those of package net: others may wait, in Close or in Accept, for
// connections to close.
func (s *server) closeListeners(listeners []*listener) {
	closeAll := func() {
		for _, ln := range listeners {
			ln.closeContained()
		}
		s.endAccepting(make(chan struct{}))
	}
	if slices.ContainsFunc(listeners, func(ln *listener) bool { return !ln.ofPackageNet() }) {
		s.conns.do("closing a listener", closeAll)
		return
	}
	closeAll()
}

// shutDown has net/http tell the clients of HTTP/2 to go away, and call what is
// registered with the server, unless its owner has called Shutdown or Close.
// With a context that has ended, Shutdown itself waits for listeners that still
// accept, and for the Close of idle connections, but for no connection.
func (s *server) shutDown() {
	if s.closed.Load() {
		return
	}
	s.closing(s.conns.open.Load() > 0 || s.stillAccepting(), "Shutdown", func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.srv.Shutdown(ended)
	})
}

// closing calls fn, which closes what is open and may have to wait for that.
func (s *server) closing(open bool, what string, fn func()) {
	if open {
		s.conns.do(what, fn)
	} else {
		fn()
	}
}

// cut closes every connection, and waits a moment for the handlers, which see
// their context end (HTTP-2).
func (s *server) cut(shutDown bool) {
	requests := s.conns.requests()
	s.cutRequests()
	// The requests' contexts are to end by that, not because their connection
	// closes. This waits for the lock under which package context ends them.
	_ = context.Cause(s.base)
	s.conns.cut()
	if !shutDown {
		s.shutDown()
	}
	if requests > 0 {
		s.run.log.add(slog.LevelWarn, 0, "requests are cut", slog.Int("requests", requests))
	}
	if !s.cfg.untilStopped {
		s.warnOfListeners()
	}
	patience, cancel := context.WithTimeout(context.Background(), s.patience())
	defer cancel()
	for s.waitsForCut() && s.await(time.Time{}, patience.Done()) {
	}
}

// warnOfListeners names those that have not let go.
func (s *server) warnOfListeners() {
	for _, ln := range s.listeners { // none is added any more
		if what := ln.hangs(); what != "" {
			s.run.log.add(slog.LevelWarn, 0, "a listener is to be closed, but its "+what+" has not returned", slog.String("listener", ln.address()))
		}
	}
}

// waitsForCut says whether handlers run that may heed their context, or, of a
// server that does not wait for them, whether it accepts or closes what is open.
func (s *server) waitsForCut() bool {
	if s.cfg.untilStopped {
		return s.stillAccepting() || s.conns.busy()
	}
	return s.conns.open.Load() > 0
}
