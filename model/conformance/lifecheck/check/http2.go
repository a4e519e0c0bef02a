package check

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

const (
	wideOpen      = 1 << 30 // flow control never holds an answer up
	refusedStream = 7       // the error code of a stream that was not processed
)

// http2Conn is one connection that speaks HTTP/2, over TLS or with prior
// knowledge. It is written by hand, because GOAWAY, and the moment it comes, is
// not to be had from net/http's client.
type http2Conn struct {
	*client
	writing sync.Mutex

	mu      sync.Mutex
	next    uint32
	streams map[uint32]*stream
	goAway  time.Time
	going   chan struct{} // closed with goAway
	pong    time.Time     // when the answer to the first PING came
	ended   time.Time
	outcome Outcome // of the connection
	over    chan struct{}
}

// stream is one request on it.
type stream struct {
	answer
	id   uint32
	done chan struct{}
}

// dial2 connects and waits for the first frame, which says whether the service
// speaks HTTP/2.
func dial2(ctx context.Context, t target, timeout time.Duration) (*http2Conn, error) {
	c, err := dial(ctx, t, timeout, "h2")
	if err != nil {
		return nil, err
	}
	h := &http2Conn{client: c, next: 1, streams: map[uint32]*stream{}, over: make(chan struct{}), going: make(chan struct{})}
	hello := []byte(http2frame.Preface)
	hello = append(hello, http2frame.Encode(http2frame.Settings, 0, 0, append(setting(1, 0), setting(4, wideOpen)...))...)
	hello = append(hello, http2frame.Encode(http2frame.WindowUpdate, 0, 0, binary.BigEndian.AppendUint32(nil, wideOpen))...)
	c.conn.SetDeadline(time.Now().Add(timeout))
	if _, err := c.conn.Write(hello); err != nil {
		c.close()
		return nil, err
	}
	if head, err := c.in.Peek(http2frame.HeaderLen); err != nil || head[3] != http2frame.Settings || head[4]&http2frame.Ack != 0 {
		c.close()
		if err == nil {
			err = io.ErrNoProgress // it speaks, but not HTTP/2
		}
		return nil, err
	}
	c.conn.SetDeadline(time.Time{})
	go h.read()
	return h, nil
}

// hangUp closes the connection and waits for its reader.
func (h *http2Conn) hangUp() {
	h.close()
	<-h.over
}

func setting(id uint16, value uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, id), value)
}

func (h *http2Conn) write(b []byte) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	_, err := h.conn.Write(b)
	return err
}

// Methods, as indices of the static table.
const (
	methodGet  = 2
	methodPost = 3
)

// get sends a GET on a new stream.
func (h *http2Conn) get(path string) (*stream, error) {
	return h.open(methodGet, http2frame.EndStream, path)
}

// open sends the head of a request on a new stream.
func (h *http2Conn) open(method, flags byte, path string) (*stream, error) {
	s := &stream{done: make(chan struct{}), answer: answer{http2: true}}
	h.mu.Lock()
	s.id = h.next
	h.next += 2
	h.streams[s.id] = s
	h.mu.Unlock()
	fields := []byte{0x80 | method, 0x86} // :method, and :scheme http, from the static table
	if h.tls {
		fields[1] = 0x87
	}
	fields = appendField(fields, 1, h.host) // :authority
	fields = appendField(fields, 4, path)   // :path
	return s, h.write(http2frame.Encode(http2frame.Headers, flags|http2frame.EndHeaders, s.id, fields))
}

// data sends some of the body of a request.
func (h *http2Conn) data(s *stream, flags byte, text string) error {
	return h.write(http2frame.Encode(http2frame.Data, flags, s.id, []byte(text)))
}

// ping asks for an answer that proves that what was sent before has been read.
func (h *http2Conn) ping() error {
	return h.write(http2frame.Encode(http2frame.Ping, 0, 0, make([]byte, 8)))
}

// read reads frames until the connection ends.
func (h *http2Conn) read() {
	defer close(h.over)
	var err error
	for err == nil {
		err = h.readFrame()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended, h.outcome = time.Now(), outcome(err)
	for id := range h.streams {
		h.endStream(id, h.outcome)
	}
}

func (h *http2Conn) readFrame() error {
	f, err := http2frame.Read(h.in)
	if err != nil {
		return err
	}
	if reply := f.Reply(); reply != nil {
		return h.write(reply)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case f.Type == http2frame.GoAway:
		h.leave(f.Payload)
		return nil
	case f.Type == http2frame.Ping && h.pong.IsZero():
		h.pong = time.Now()
		return nil
	}
	s := h.streams[f.Stream]
	if s == nil {
		return nil
	}
	switch f.Type {
	case http2frame.Headers:
		if s.status == 0 || s.status >= 100 && s.status < 200 { // neither trailers nor 103 and its like are the status
			s.status, s.events = statusIn(f.Flags, f.Payload), isEvents(f.Flags, f.Payload)
		} else {
			s.trailer = grpcStatus(f.Flags, f.Payload)
		}
	case http2frame.Data:
		s.Write(unpadded(f.Flags, f.Payload))
	case http2frame.Reset:
		if len(f.Payload) == 4 && binary.BigEndian.Uint32(f.Payload) == refusedStream {
			h.endStream(f.Stream, Declined)
		} else {
			h.endStream(f.Stream, Reset)
		}
		return nil
	}
	if f.Ends() {
		h.endStream(f.Stream, Answered)
	}
	return nil
}

// leave takes a GOAWAY; the lock is held. Streams above the last one that it names
// were not processed and never will be: a client sends those requests elsewhere.
func (h *http2Conn) leave(payload []byte) {
	if h.goAway.IsZero() {
		h.goAway = time.Now()
		close(h.going)
	}
	if len(payload) < 4 {
		return
	}
	last := binary.BigEndian.Uint32(payload) & 0x7fffffff
	for id := range h.streams {
		if id > last {
			h.endStream(id, Declined)
		}
	}
}

func unpadded(flags byte, payload []byte) []byte {
	if flags&http2frame.Padded == 0 || len(payload) == 0 || int(payload[0]) >= len(payload) {
		return payload
	}
	return payload[1 : len(payload)-int(payload[0])]
}

// endStream ends a stream; the lock is held.
func (h *http2Conn) endStream(id uint32, o Outcome) {
	s := h.streams[id]
	delete(h.streams, id)
	s.outcome = o
	close(s.done)
}

// told is when GOAWAY came, or the zero time.
func (h *http2Conn) told() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.goAway
}

// pinged is when PING was answered, or the zero time.
func (h *http2Conn) pinged() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pong
}

// end is when and how the connection ended; how is empty if it has not.
func (h *http2Conn) end() (at time.Time, how Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended, h.outcome
}

// get2 is a whole GET over HTTP/2, on a connection of its own.
func get2(ctx context.Context, t target, timeout time.Duration) answer {
	h, err := dial2(ctx, t, timeout)
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	defer h.hangUp()
	s, err := h.get(t.path)
	if err != nil {
		return answer{outcome: outcome(err)}
	}
	return h.await(s, timeout)
}

// await waits for the end of a stream.
func (h *http2Conn) await(s *stream, timeout time.Duration) answer {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-s.done:
		a := s.answer
		a.told = !h.told().IsZero()
		return a
	case <-timer.C:
		return answer{outcome: TimedOut}
	}
}
