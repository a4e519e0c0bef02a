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
	if s.stopBegun {
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

// endAccepting decrements accepting and closes ended under one lock.
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

// serve accepts connections until the server is to stop, and then stops it: when
// the context given to Serve or main's is cancelled (HTTP-1), or when no hook is
// left to run (HTTP-7).
func (s *server) serve(c *serveCall, accept func(net.Listener) error) error {
	loop := s.accept(c.ln, accept)
	given, main := c.ctx, s.run.ctx
	if s.cfg.untilStopped {
		given, main = s.base, s.base
		defer s.warnTasks(c.pc)()
	}
	select {
	case <-loop.ended:
	case <-s.stopping:
	case <-s.cutOff:
	case <-given.Done():
	case <-main.Done():
	}
	if given.Err() == nil && main.Err() == nil && !isClosed(s.cutOff) && !isClosed(s.stopping) {
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

// crashed logs a panic in a listener, or in a user function called while
// accepting, and returns the error for it, which names the server so that it is not
// mistaken for a panic in main.
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

// failed handles a listener that has failed, or a server that its owner has
// closed. With its last listener the server stops; its requests stay in-flight
// work.
func (s *server) failed(c *serveCall, loop *acceptLoop) error {
	err := loop.err
	if loop.crashed {
		err = s.crashed(c, "accepting", err)
	}
	if err == http.ErrServerClosed && c.ln.used.Load() {
		s.run.log.add(slog.LevelInfo, c.pc, "server closed by its owner", slog.String("listener", c.ln.address()))
	} else {
		c.requestStop(err)
	}
	if s.beginStop(true) {
		go s.stop()
	}
	return err
}

// beginStop reports whether the caller must call stop: false if another does, or
// with ifUnused if a listener is left.
func (s *server) beginStop(ifUnused bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopBegun || ifUnused && s.accepting > 0 {
		return false
	}
	s.stopBegun = true
	s.accepting++ // until closeListeners returns
	close(s.stopping)
	return true
}

// stop stops the server. It returns when the last connection has closed or was
// cut.
func (s *server) stop() {
	defer func() {
		s.done()
		close(s.stopped)
	}()
	s.conns.stop()
	s.inBackgroundIf(s.conns.open.Load() > 0, "turning keep-alives off", s.disableKeepAlives)
	s.closeListeners(s.listeners) // none is added any more
	shutDown := false
	for silentDeadline := time.Now().Add(silentWait); ; {
		waiting, due := s.conns.closeFinished()
		accepting := s.stillAccepting()
		if !shutDown && (due.IsZero() || due.After(silentDeadline)) {
			due = silentDeadline
		}
		if !shutDown && !waiting && (!accepting || !time.Now().Before(silentDeadline)) {
			shutDown = true
			s.shutDown()
			s.conns.shutDown()
			continue
		}
		if shutDown && !accepting && s.conns.open.Load() == 0 && !s.conns.busy() {
			return
		}
		if !s.await(due, s.cutOff) {
			s.cut(shutDown)
			return
		}
	}
}

// await waits for a connection to change, or for due. It returns false if over is
// closed.
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

// closeListeners closes the listeners, in the background if any is not one of
// package net: others may wait, in Close or in Accept, for connections to close.
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

// shutDown calls Shutdown, unless the owner has called Shutdown or Close: net/http
// then sends GOAWAY to HTTP/2 clients and calls the functions registered with
// RegisterOnShutdown. With a cancelled context, Shutdown waits for listeners that
// still accept, and for the Close of idle connections, but not for requests.
func (s *server) shutDown() {
	if s.closed.Load() {
		return
	}
	s.inBackgroundIf(s.conns.open.Load() > 0 || s.stillAccepting(), "Shutdown", func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.srv.Shutdown(ended)
	})
}

// inBackgroundIf calls fn, in the background if something is open, because closing
// that may block.
func (s *server) inBackgroundIf(open bool, what string, fn func()) {
	if open {
		s.conns.do(what, fn)
	} else {
		fn()
	}
}

// cut cancels the requests' contexts, closes every connection, and waits a moment
// for the handlers to return (HTTP-2).
func (s *server) cut(shutDown bool) {
	requests := s.conns.requests()
	s.cutRequests()
	// The requests' contexts must end with this cause, not because their connection
	// closes. This waits for the lock under which package context cancels them.
	_ = context.Cause(s.base)
	s.conns.cut()
	if !shutDown {
		s.shutDown()
	}
	if requests > 0 {
		s.run.log.add(slog.LevelWarn, 0, "requests were cut", slog.Int("requests", requests))
	}
	if !s.cfg.untilStopped {
		s.warnHangingListeners()
	}
	limit, cancel := context.WithTimeout(context.Background(), s.cutWait())
	defer cancel()
	for s.waitsForCut() && s.await(time.Time{}, limit.Done()) {
	}
}

// warnHangingListeners logs the listeners whose Close or Accept has not returned.
func (s *server) warnHangingListeners() {
	for _, ln := range s.listeners { // none is added any more
		if what := ln.hangs(); what != "" {
			s.run.log.add(slog.LevelWarn, 0, "a listener's "+what+" has not returned although it was closed", slog.String("listener", ln.address()))
		}
	}
}

// waitsForCut reports whether cut has something to wait for: open connections, or,
// with UntilStopped, listeners and calls of Close.
func (s *server) waitsForCut() bool {
	if s.cfg.untilStopped {
		return s.stillAccepting() || s.conns.busy()
	}
	return s.conns.open.Load() > 0
}
