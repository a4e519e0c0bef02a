// Package http2frame reads and writes frames of HTTP/2 (RFC 9113, sections 4 and
// 6). net/http's client does not show when GOAWAY comes, and retries what a server
// loses, so clients that have to see both are written by hand.
package http2frame

import (
	"encoding/binary"
	"io"
)

// Preface is what a client sends first; a Settings frame follows.
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// HeaderLen is the length of what precedes a frame's payload.
const HeaderLen = 9

// The types of frames.
const (
	Data         = 0
	Headers      = 1
	Reset        = 3
	Settings     = 4
	Ping         = 6
	GoAway       = 7
	WindowUpdate = 8
)

// The flags of frames. Ack is for Settings and Ping, EndStream for Data and Headers.
const (
	Ack        = 1
	EndStream  = 1
	EndHeaders = 4
	Padded     = 8
	Priority   = 32
)

// Frame is one frame.
type Frame struct {
	Type, Flags byte
	Stream      uint32
	Payload     []byte
}

// Read reads one frame. The error is io.EOF only between two frames.
func Read(r io.Reader) (Frame, error) {
	var head [HeaderLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Frame{}, err
	}
	const reserved = 1 << 31 // a bit that has no meaning
	f := Frame{Type: head[3], Flags: head[4], Stream: binary.BigEndian.Uint32(head[5:]) &^ reserved}
	f.Payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err := io.ReadFull(r, f.Payload)
	if err == io.EOF { // before the payload, which is not the end of a frame
		err = io.ErrUnexpectedEOF
	}
	return f, err
}

// Encode returns a frame as it is sent.
func Encode(kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	b := make([]byte, 0, HeaderLen+n)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	return append(b, payload...)
}

// Ends reports whether the frame is the last of its stream.
func (f Frame) Ends() bool {
	return (f.Type == Headers || f.Type == Data) && f.Flags&EndStream != 0
}

// Reply returns the acknowledgement that a Settings or Ping frame asks for, nil for
// any other.
func (f Frame) Reply() []byte {
	switch {
	case f.Type == Settings && f.Flags&Ack == 0:
		return Encode(Settings, Ack, 0, nil)
	case f.Type == Ping && f.Flags&Ack == 0:
		return Encode(Ping, Ack, 0, f.Payload)
	}
	return nil
}
