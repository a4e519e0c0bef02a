package main

import (
	"context"
	"fmt"
	"net"

	"github.com/greynewell/mist-go/lifecycle"
)

// The faults that -fault can ask for, to see what a stop that goes wrong looks
// like in the log.
const (
	faultPanic     = "panic"      // main panics on a connection that comes after panicAfter records
	faultHungHook  = "hung-hook"  // a hook does not come back; those behind it never run
	faultHungDrain = "hung-drain" // work does not come to its end
	faultBusyLoop  = "busy-loop"  // a goroutine uses a processor for good
)

const panicAfter = 10

func checkFault(fault string) error {
	switch fault {
	case "", faultPanic, faultHungHook, faultHungDrain, faultBusyLoop:
		return nil
	}
	return fmt.Errorf("matchspec: -fault %s: it is %s, %s, %s or %s", fault, faultPanic, faultHungHook, faultHungDrain, faultBusyLoop)
}

// misbehave arranges for the fault that was asked for, if any.
func (s *service) misbehave(ctx context.Context, ln net.Listener) net.Listener {
	switch s.fault {
	case faultPanic:
		return &panicking{Listener: ln, accepted: s.queue.Accepted}
	case faultHungHook:
		lifecycle.OnShutdown(ctx, func() error { select {} })
	case faultHungDrain:
		lifecycle.DrainGroup(ctx).Add(1) // and never Done
	case faultBusyLoop:
		go func() {
			for i := 0; ; i++ {
			}
		}()
	}
	return ln
}

// panicking is a listener whose Accept, which Serve calls in main's goroutine,
// panics.
type panicking struct {
	net.Listener
	accepted func() int64
}

func (l *panicking) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if l.accepted() >= panicAfter {
		panic("matchspec: -fault panic was asked for")
	}
	return conn, err
}
