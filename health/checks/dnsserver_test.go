package checks_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"
)

// The codes of RFC 1035 that the test's server answers with.
const (
	noError       = 0
	serverFailure = 2
	nameError     = 3
)

// nameServer answers every question that comes over UDP on loopback with the
// code, and with 127.0.0.9 where it asks for an A record and the code is
// noError. It calls asked before, if that is not nil; with an asked that says
// false it does not answer.
func nameServer(t *testing.T, code byte, asked func() (answer bool)) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<10)
		for {
			n, from, err := conn.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil || asked != nil && !asked() {
				continue
			}
			_, _ = conn.WriteTo(answer(buf[:n], code), from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer is the answer to a query with one question (RFC 1035, section 4).
func answer(query []byte, code byte) []byte {
	const header, typeA = 12, 1
	end := header
	for query[end] != 0 { // the labels of the name
		end += 1 + int(query[end])
	}
	end++
	asked := binary.BigEndian.Uint16(query[end:])
	end += 4 // type and class

	m := append([]byte(nil), query[:end]...)
	m[2] |= 0x80                          // an answer
	m[3] = 0x80 | code                    // recursion is available
	copy(m[6:], []byte{0, 0, 0, 0, 0, 0}) // no records but the question
	if code == noError && asked == typeA {
		m[7] = 1
		m = append(m, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 9)
	}
	return m
}
