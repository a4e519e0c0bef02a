package main

import (
	"net"
	"sync"

	"github.com/valyala/fasthttp"
)

// connections are those that are open. fasthttp has no Close that cuts them.
type connections struct {
	mu  sync.Mutex
	all map[net.Conn]struct{}
}

// follow is for fasthttp.Server.ConnState.
func (c *connections) follow(conn net.Conn, state fasthttp.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case fasthttp.StateNew:
		if c.all == nil {
			c.all = map[net.Conn]struct{}{}
		}
		c.all[conn] = struct{}{}
	case fasthttp.StateClosed, fasthttp.StateHijacked:
		delete(c.all, conn)
	}
}

// close cuts all that are open.
func (c *connections) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.all {
		_ = conn.Close()
	}
	return nil
}
