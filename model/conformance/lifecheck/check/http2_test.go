package check

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

// peer is the other end of a connection of HTTP/2, after the first settings.
func peer(t *testing.T) (h *http2Conn, service net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := ln.Accept()
		if err == nil {
			_, _ = c.Write(http2frame.Encode(http2frame.Settings, 0, 0, nil))
		}
		accepted <- c
	}()
	h, err = dial2(context.Background(), mustTarget("http://"+ln.Addr().String()+"/"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	service = <-accepted
	t.Cleanup(func() { service.Close(); h.hangUp() })
	return h, service
}

func word(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func TestAStreamThatTheServiceDidNotProcessIsDeclined(t *testing.T) {
	for _, c := range []struct {
		name          string
		frames        [][]byte
		first, second Outcome
	}{
		{"GOAWAY names the first as the last", [][]byte{http2frame.Encode(http2frame.GoAway, 0, 0, append(word(1), word(0)...))}, Closed, Declined},
		{"GOAWAY names both, then the first", [][]byte{
			http2frame.Encode(http2frame.GoAway, 0, 0, append(word(1<<31-1), word(0)...)), http2frame.Encode(http2frame.GoAway, 0, 0, append(word(1), word(0)...)),
		}, Closed, Declined},
		{"the second is refused", [][]byte{http2frame.Encode(http2frame.Reset, 0, 3, word(refusedStream))}, Closed, Declined},
		{"the second is reset", [][]byte{http2frame.Encode(http2frame.Reset, 0, 3, word(2))}, Closed, Reset},
		{"the connection ends", nil, Closed, Closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, service := peer(t)
			first, err := h.get("/")
			if err != nil {
				t.Fatal(err)
			}
			second, err := h.get("/")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range c.frames {
				if _, err := service.Write(f); err != nil {
					t.Fatal(err)
				}
			}
			// What was sent has to be read, or the end would be a reset.
			go func() { _, _ = io.Copy(io.Discard, service) }()
			_ = service.(*net.TCPConn).CloseWrite()
			<-first.done
			<-second.done
			if first.outcome != c.first || second.outcome != c.second {
				t.Errorf("they are %q and %q, want %q and %q", first.outcome, second.outcome, c.first, c.second)
			}
		})
	}
}

func TestTheStatusIsThatOfTheFinalAnswer(t *testing.T) {
	h, service := peer(t)
	s, err := h.get("/")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		flags byte
		block string
	}{{http2frame.EndHeaders, "\x48\x03103"}, {http2frame.EndHeaders, "\x8e"}, {http2frame.EndHeaders | http2frame.EndStream, "\x40\x01a\x01b"}} {
		if _, err := service.Write(http2frame.Encode(http2frame.Headers, f.flags, 1, []byte(f.block))); err != nil {
			t.Fatal(err)
		}
	}
	<-s.done
	if s.status != 500 || s.outcome != Answered {
		t.Errorf("after 103, 500 and trailers it is %d, %s; want 500, answered", s.status, s.outcome)
	}
}

func TestTheAnswerToAPingSaysThatTheStreamBeforeItWasRead(t *testing.T) {
	h, service := peer(t)
	if !h.pinged().IsZero() {
		t.Fatal("it is answered before it was sent")
	}
	if err := h.ping(); err != nil {
		t.Fatal(err)
	}
	answers := append(http2frame.Encode(http2frame.Ping, 0, 0, make([]byte, 8)), http2frame.Encode(http2frame.Ping, http2frame.Ack, 0, make([]byte, 8))...)
	if _, err := service.Write(answers); err != nil {
		t.Fatal(err)
	}
	_ = service.(*net.TCPConn).CloseWrite()
	<-h.over
	if h.pinged().IsZero() {
		t.Error("it was answered, and that was not seen")
	}
}

func TestFieldsOfHTTP2AreReadInEachOfTheirForms(t *testing.T) {
	const huffName = "\x9a\xca\xc8\xb2\x12\x34\xda\x8f"
	for _, c := range []struct {
		name, block, trailer string
		events               bool
	}{
		{"nothing", "", "", false},
		{"indexed", "\x88\xc0", "", false},
		{"a trailer in plain text", "\x00\x0bgrpc-status\x0214", "Grpc-Status: 14", false},
		{"after others, and after the size of the table", "\x20\x40\x01a\x01b\x0f\x10\x01x\x00\x0bgrpc-status\x010", "Grpc-Status: 0", false},
		{"in the code of RFC 7541", "\x00\x88" + huffName + "\x82\x0b\x5f", "Grpc-Status: 14", false},
		{"cut short", "\x00\x0bgrpc", "", false},
		{"a stream of events", "\x88\x0f\x10\x18text/event-stream; x=yyy", "", true},
		{"one in the code of RFC 7541", "\x88\x5f\x8c" + eventsCoded, "", true},
		{"another type", "\x88\x5f\x0atext/plain", "", false},
	} {
		if got := grpcStatus(0, []byte(c.block)); got != c.trailer {
			t.Errorf("%s: the trailer is %q, want %q", c.name, got, c.trailer)
		}
		if got := isEvents(0, []byte(c.block)); got != c.events {
			t.Errorf("%s: events: %v, want %v", c.name, got, c.events)
		}
	}
}
